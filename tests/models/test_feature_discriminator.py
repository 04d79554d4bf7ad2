from dataclasses import replace

import pytest
import torch
from torch import Tensor

from editgan.core.errors import InputError
from editgan.models.feature_discriminator import FeatureDiscriminator, FeatureDiscriminatorConfig

CONFIG = FeatureDiscriminatorConfig(
    channels_in=(6, 10), sides=(8, 4), projected=(5, 7), channel_base=64, channel_max=16, picture_side=8
)


def maps(n: int = 4, scale: float = 1.0) -> list[Tensor]:
    return [scale * torch.randn(n, 6, 8, 8), torch.randn(n, 10, 4, 4)]


def test_each_map_and_the_picture_have_a_judgement_of_their_own() -> None:
    d = FeatureDiscriminator(CONFIG)
    seen = d.looked(maps(), torch.randn(4, 3, 32, 32))
    assert [tuple(x.shape[1:]) for x in seen] == [(5, 8, 8), (7, 4, 4), (48, 8, 8)]
    assert d(seen).shape == (4, 3)
    without = FeatureDiscriminator(replace(CONFIG, picture_side=0))
    assert without(without.looked(maps(), torch.randn(4, 3, 32, 32))).shape == (4, 2)


def test_a_folded_picture_keeps_every_pixel() -> None:
    image = torch.randn(2, 3, 32, 32)
    folded = FeatureDiscriminator(CONFIG).looked(maps(2), image)[-1]
    assert torch.equal(folded.flatten().sort().values, image.flatten().sort().values)


def test_the_projection_is_never_trained() -> None:
    d = FeatureDiscriminator(CONFIG)
    assert not any("projection" in name for name, _ in d.named_parameters())
    assert sum("projection" in name for name in d.state_dict()) == 4  # two across, one to finer, the scales


def test_calibrated_maps_have_unit_deviation_however_strong_the_features() -> None:
    d = FeatureDiscriminator(CONFIG)
    photos = maps(16, scale=50.0)
    d.projection.calibrate(photos)
    assert [x.std().item() for x in d.projection(photos)] == pytest.approx([1, 1], abs=1e-4)


def test_coarse_maps_are_mixed_into_fine_ones_and_not_the_other_way() -> None:
    d = FeatureDiscriminator(CONFIG)
    fine, coarse = maps()
    before = d.projection([fine, coarse])
    assert not torch.equal(d.projection([fine, coarse + 1])[0], before[0])
    assert torch.equal(d.projection([fine + 1, coarse])[1], before[1])


def test_a_saved_one_judges_alike() -> None:
    d, other = FeatureDiscriminator(CONFIG), FeatureDiscriminator(CONFIG)
    image, seen = torch.randn(4, 3, 32, 32), maps()
    other.load_state_dict(d.state_dict())
    assert torch.equal(other(other.looked(seen, image)), d(d.looked(seen, image)))


@pytest.mark.parametrize(
    ("change", "says"),
    [({"sides": (8,)}, "as many channels as sides"), ({"sides": (12, 4)}, "powers of two from 4 px")],
)
def test_shapes_that_cannot_be_are_refused(change: dict[str, tuple[int, ...]], says: str) -> None:
    with pytest.raises(InputError, match=says):
        replace(CONFIG, **change)  # type: ignore[arg-type]
