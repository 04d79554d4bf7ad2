import numpy as np
import pytest
import torch
from data.pictures import ADOBE, P3, PORTRAIT
from PIL import ImageCms

from editgan.core.images import from_pil, from_pixels, to_pixels
from editgan.data.colour import ColourSpace, grey_profile, kind_of, matrix_profile, png_profile

SRGB_NAMED = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
TO_XYZ = {  # published, for D65
    "adobe": [[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]],
    "srgb": [[0.41246, 0.35758, 0.18044], [0.21267, 0.71515, 0.07218], [0.01933, 0.11919, 0.95030]],
}


def of(*values: int) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.uint8).reshape(1, 1, 1, 3)


@pytest.mark.parametrize("colour", [(200, 100, 50), (128, 128, 128), (60, 90, 120), (230, 180, 160)])
def test_a_profiles_colours_are_what_the_textbook_says(colour: tuple[int, int, int]) -> None:
    light = np.array(TO_XYZ["adobe"]) @ (np.array(colour) / 255) ** 2.2
    linear = np.linalg.solve(np.array(TO_XYZ["srgb"]), light)
    wanted = 255 * np.where(linear < 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    found = ColourSpace(ADOBE).to_srgb(of(*colour))
    assert np.abs(found.flatten().numpy() - wanted).max() <= 1


@pytest.mark.parametrize("profile", [P3, ADOBE, grey_profile(1.0)])
def test_what_is_drawn_comes_back_into_the_space_it_is_shown_from(profile: bytes) -> None:
    is_grey = kind_of(profile) == "GRAY"
    own = from_pil(PORTRAIT.convert("L") if is_grey else PORTRAIT.point(lambda v: 60 + v // 2))
    space = ColourSpace(profile, is_grey)
    shown = space.to_srgb(own)
    assert (shown.int() - own.int()).abs().max() > 5
    back = to_pixels(space.from_srgb(from_pixels(shown)))
    far = (back.int() - own.int()).abs().float()
    assert far.mean() < 1 and far.max() <= (
        16 if is_grey else 2
    )  # linear grey has 8 bits for all its shadows


def test_srgb_under_another_name_is_not_converted() -> None:
    pixels, image = from_pil(PORTRAIT), from_pixels(from_pil(PORTRAIT))
    for profile in (None, SRGB_NAMED):
        space = ColourSpace(profile)
        assert space.is_srgb and space.to_srgb(pixels) is pixels and space.from_srgb(image) is image


def test_a_grey_space_draws_grey() -> None:
    for profile in (None, SRGB_NAMED, P3, grey_profile(1.8)):
        drawn = ColourSpace(profile, is_grey=True).from_srgb(from_pixels(from_pil(PORTRAIT)))
        assert drawn.shape == (1, 3, 48, 64) and torch.equal(drawn[:, :1].expand_as(drawn), drawn)
        assert drawn.std() > 0.1


def test_what_a_pngs_chunks_say_is_a_profile_unless_it_is_srgb() -> None:
    srgb = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
    assert png_profile(1 / 2.2, None) is None and png_profile(0.45455, srgb) is None
    assert png_profile(None, srgb) is None
    linear = png_profile(1.0, None)
    assert linear is not None
    shown = ColourSpace(linear).to_srgb(of(128, 55, 10)).flatten().tolist()
    assert shown == pytest.approx([188, 128, 56], abs=1)  # of light 0.5, 0.22, 0.04
    assert kind_of(png_profile(1.0, None, is_grey=True) or b"") == "GRAY"


@pytest.mark.parametrize("gamma", [0.0, -1.0, 1000.0, float("nan")])
def test_a_nonsensical_gamma_is_passed_over(gamma: float) -> None:
    assert png_profile(gamma, None) is None
    assert png_profile(1.0, (0.3, 0.3, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3)) is None  # primaries on one line
    assert png_profile(1.0, (0.3, 0.0, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3)) is None


def test_equal_profiles_are_equal_bytes() -> None:
    assert matrix_profile((0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06), 2.2) == P3
