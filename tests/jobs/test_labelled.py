from dataclasses import replace

import pytest
import torch

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.facts import DataFacts, Facts
from editgan.core.errors import LabelError
from editgan.core.images import to_pixels
from editgan.core.types import WPlus
from editgan.data.annotations import AnnotatedPhoto
from editgan.evaluation.segmentation import at_bundle_size
from editgan.jobs.labelled import labelled_pictures


@pytest.fixture
def boxed(bundle: ModelBundle) -> ModelBundle:
    """As if its pictures had bars of an eighth above and below."""
    return replace(bundle, facts=Facts(data=DataFacts(letter_box=0.125)))


def annotated(width: int, height: int) -> AnnotatedPhoto:
    pixels = torch.full((1, height, width, 3), 200, dtype=torch.uint8)
    return AnnotatedPhoto("car.jpg", pixels, torch.full((1, height, width), 3))


def test_wide_photos_get_the_bars_of_their_class(boxed: ModelBundle) -> None:
    photos, label_maps = at_bundle_size(boxed, [annotated(64, 48), annotated(32, 32)], 5, 32)
    assert photos.shape == (2, 3, 32, 32) and label_maps.shape == (2, 32, 32)
    assert (photos[0, :, :3] < -0.9).all() and (photos[0, :, 6:26] > 0.5).all() and (photos[1] > 0.5).all()
    assert (
        (label_maps[0, :4] == 0).all()
        and (label_maps[0, 4:28] == 3).all()
        and (label_maps[0, 28:] == 0).all()
    )


def test_photos_of_another_shape_are_refused(bundle: ModelBundle, boxed: ModelBundle) -> None:
    for odd, width, height, words in (
        (bundle, 64, 48, "pictures are square"),
        (boxed, 64, 40, "0.75 times as high as wide"),
        (boxed, 48, 64, "0.75 times as high as wide"),
    ):
        with pytest.raises(LabelError, match=words):
            at_bundle_size(odd, [annotated(width, height)], 5, 32)


def test_known_latents_are_kept_and_only_the_others_are_mirrored_and_embedded(bundle: ModelBundle) -> None:
    w_plus, photos = known(bundle, 3)
    has = [w_plus[:1], None, w_plus[2:]]
    given = [replace(photo, w_plus=w) for photo, w in zip(photos, has, strict=True)]
    found = labelled_pictures(bundle, given, 5, 32, mirror=True)
    assert len(found.photos) == len(found.w_plus) == len(found.label_maps) == 4
    assert torch.equal(found.w_plus[:2], w_plus[[0, 2]])
    torch.testing.assert_close(found.photos[3], found.photos[2].flip(2))
    assert torch.equal(found.label_maps[3], found.label_maps[2].flip(1))


def test_a_latent_of_another_generator_is_refused(bundle: ModelBundle) -> None:
    w_plus, (photo, *_) = known(bundle, 3)
    with pytest.raises(LabelError, match=r"\[7, 16\].*\[8, 16\]"):
        labelled_pictures(bundle, [replace(photo, w_plus=w_plus[:1, :7])], 5, 32, mirror=False)
    with pytest.raises(LabelError, match="another picture"):
        labelled_pictures(bundle, [replace(photo, w_plus=-3 * w_plus[1:2])], 5, 32, mirror=False)


def known(bundle: ModelBundle, count: int) -> tuple[WPlus, list[AnnotatedPhoto]]:
    """Samples, labelled at random, and their latents."""
    z = torch.randn(count, bundle.generator.config.z_dim)
    w_plus = bundle.generator.broadcast(bundle.generator.mapping(z, 0.8)).clone()
    pixels = to_pixels(bundle.generator.synthesis(w_plus).image)
    label_maps = torch.randint(0, 5, (count, 32, 32))
    return w_plus, [
        AnnotatedPhoto(f"{i}.jpg", pixels[i : i + 1], label_maps[i : i + 1]) for i in range(count)
    ]
