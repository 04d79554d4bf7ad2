import math

import pytest
import torch
from PIL import Image as PilImage

from editgan.core.images import (
    at_once,
    from_pil,
    from_pixels,
    grid,
    psnr_db,
    resize,
    save_picture,
    to_pil,
    to_pixels,
    to_unit,
)


def test_large_pictures_go_one_by_one_and_small_ones_as_ever():
    assert [at_once(side, 25) for side in (32, 128, 256, 512, 1024)] == [25, 25, 6, 1, 1]
    assert at_once(64, 3) == 3 and at_once(1024, 0) == 1


def test_every_byte_survives_the_way_to_the_networks_range_and_back():
    pixels = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16, 1).repeat(1, 1, 1, 3)
    image = from_pixels(pixels)
    assert (image.min(), image.max()) == (-1, 1)
    assert image.shape == (1, 3, 16, 16)
    assert torch.equal(to_pixels(image), pixels)


def test_values_outside_the_range_are_clamped_not_wrapped():
    image = torch.tensor([-1.5, 0.0, 3.0]).reshape(1, 3, 1, 1)
    assert to_pixels(image).flatten().tolist() == [0, 128, 255]
    assert to_unit(image).flatten().tolist() == [0, 0.5, 1]


def test_channels_keep_their_order():
    red = PilImage.new("RGB", (2, 2), (255, 0, 0))
    assert from_pixels(from_pil(red))[0, :, 0, 0].tolist() == [1, -1, -1]
    assert to_pil(from_pil(red)).getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".bmp"])
def test_a_picture_is_saved_in_the_format_of_its_suffix(tmp_path, suffix):
    save_picture(PilImage.new("RGB", (8, 8), (10, 200, 30)), tmp_path / f"x{suffix}")
    with PilImage.open(tmp_path / f"x{suffix}") as picture:
        assert all(abs(a - b) < 8 for a, b in zip(picture.getpixel((4, 4)), (10, 200, 30), strict=True))
    assert len(list(tmp_path.iterdir())) == 1


def test_a_grid_reads_row_by_row():
    images = torch.linspace(-1, 1, 5).reshape(5, 1, 1, 1).expand(5, 3, 2, 2)
    sheet = grid(images, columns=3)
    assert sheet.size == (6, 4)
    corners = [sheet.getpixel((x, y))[0] for y in (0, 2) for x in (0, 2, 4)]
    assert corners == [0, 64, 128, 191, 255, 0]  # the sixth place stays black


def test_shrinking_averages_and_the_same_size_is_left_alone():
    image = torch.zeros(1, 3, 8, 8)
    image[:, :, ::2] = 1
    assert resize(image, 8) is image
    torch.testing.assert_close(resize(image, 2).mean(), torch.tensor(0.5), atol=1e-3, rtol=0)
    assert resize(image, (4, 16)).shape == (1, 3, 4, 16)


def test_psnr_follows_its_definition():
    a = torch.zeros(1, 3, 4, 4)
    assert psnr_db(a, a + 0.2) == pytest.approx(-20 * math.log10(0.1), abs=1e-3)
    assert psnr_db(a, a) == math.inf


def test_psnr_looks_only_where_told():
    a, b = torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4)
    b[..., 0] = 1
    where = torch.ones(1, 1, 4, 4, dtype=torch.bool)
    where[..., 0] = False
    assert psnr_db(a, b, where) == math.inf
    assert psnr_db(a, b, ~where) == pytest.approx(-20 * math.log10(0.5), abs=1e-3)
    assert psnr_db(a, b, torch.zeros_like(where)) == math.inf
