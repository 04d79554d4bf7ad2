import torch

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.reading import read_parts
from editgan.core.rng import sample_z


def _latents(bundle: ModelBundle, seeds: list[int]) -> torch.Tensor:
    z = sample_z(seeds, bundle.generator.config.z_dim)
    return bundle.generator.broadcast(bundle.generator.mapping(z, 0.7)).clone()


def test_at_the_bundles_own_size_the_reading_is_its_label_map(bundle: ModelBundle) -> None:
    w_plus = _latents(bundle, [0, 1])
    reading = read_parts(bundle, w_plus, 32)
    # The members' mean is taken after their last layer here, before it there: ties may break differently
    assert (reading.label_map == bundle.render(w_plus).label_map).float().mean() > 0.999


def test_enlarged_the_parts_keep_their_places_and_outlines_become_smooth(bundle: ModelBundle) -> None:
    w_plus = _latents(bundle, [0])
    small, large = read_parts(bundle, w_plus, 32), read_parts(bundle, w_plus, 128)
    blocks = small.label_map.repeat_interleave(4, 1).repeat_interleave(4, 2)
    assert large.label_map.shape == (1, 128, 128)
    assert 0.8 < (large.label_map == blocks).float().mean() < 1


def test_doubt_is_where_the_members_differ(bundle: ModelBundle) -> None:
    doubt = read_parts(bundle, _latents(bundle, [0, 1]), 64).disagreement
    assert doubt.shape == (2, 32, 32)
    assert 0 <= doubt.min() < doubt.max() <= 1
