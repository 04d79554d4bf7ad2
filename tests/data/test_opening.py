import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from skimage.data import astronaut

from editgan.core.errors import PhotoError
from editgan.data.opening import read_photo

RED, GREEN = (255, 0, 0), (0, 255, 0)


def encoded(picture: PilImage.Image, format_: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format_, **options)
    return buffer.getvalue()


def plain(mode: str = "RGB", colour: object = RED, size: tuple[int, int] = (48, 40)) -> PilImage.Image:
    return PilImage.new(mode, size, colour)  # type: ignore[arg-type]


def portrait(size: tuple[int, int] = (64, 48)) -> PilImage.Image:
    return PilImage.fromarray(astronaut()).resize(size)


def test_a_lossless_photo_keeps_its_bytes(tmp_path: Path) -> None:
    portrait().save(tmp_path / "a.png")
    for source in (tmp_path / "a.png", encoded(portrait(), "PNG"), portrait()):
        pixels = read_photo(source)
        assert pixels.shape == (1, 48, 64, 3) and pixels.dtype == torch.uint8
        assert np.array_equal(pixels[0].numpy(), np.asarray(portrait()))


def test_cmyk_becomes_rgb() -> None:
    pixels = read_photo(encoded(plain().convert("CMYK"), "JPEG", quality=95))
    assert (pixels[0].float().mean((0, 1)) - torch.tensor([255.0, 0, 0])).abs().max() < 12


@pytest.mark.parametrize("format_", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_not_clipped(format_: str) -> None:
    ramp = np.linspace(0, 65535, 48 * 40).reshape(40, 48).astype(np.uint16)
    pixels = read_photo(encoded(PilImage.fromarray(ramp), format_))
    assert (pixels[0, :, :, 1].numpy() - ramp / 257).__abs__().max() <= 0.5


@pytest.mark.parametrize("mode", ["L", "1", "P"])
def test_grey_and_palette_pictures_work(mode: str) -> None:
    picture = portrait().convert("L").convert(mode)
    pixels = read_photo(encoded(picture, "PNG"))
    assert np.array_equal(pixels[0].numpy(), np.asarray(picture.convert("RGB")))


def test_what_is_transparent_becomes_white() -> None:
    picture = plain("RGBA", (*RED, 0))
    picture.paste((*GREEN, 255), (0, 0, 24, 40))
    picture.paste((0, 0, 0, 51), (0, 0, 1, 1))  # a fifth of black
    pixels = read_photo(encoded(picture, "PNG"))[0]
    assert pixels[20, 40].tolist() == [255, 255, 255]
    assert pixels[20, 10].tolist() == list(GREEN)
    assert pixels[0, 0].tolist() == [204, 204, 204]


def test_a_transparent_palette_entry_becomes_white() -> None:
    picture = plain("P", 0)
    picture.putpalette([*RED, *GREEN])
    picture.paste(1, (0, 0, 24, 40))
    pixels = read_photo(encoded(picture, "PNG", transparency=0))[0]
    assert pixels[20, 40].tolist() == [255, 255, 255]
    assert pixels[20, 10].tolist() == list(GREEN)


def test_a_photo_taken_sideways_comes_out_upright() -> None:
    upright = portrait()
    exif = PilImage.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    stored = upright.transpose(PilImage.Transpose.ROTATE_90)
    pixels = read_photo(encoded(stored, "PNG", exif=exif))
    assert np.array_equal(pixels[0].numpy(), np.asarray(upright))


def test_the_second_picture_behind_a_phone_photo_is_ignored() -> None:
    blob = encoded(plain(), "MPO", save_all=True, append_images=[plain(colour=GREEN)])
    assert PilImage.open(io.BytesIO(blob)).format == "MPO"
    red, green, _ = read_photo(blob)[0].float().mean((0, 1)).tolist()
    assert red > 240 and green < 15


def test_what_is_not_an_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("hello")
    with pytest.raises(PhotoError, match=r"a\.jpg .* not an image"):
        read_photo(tmp_path / "a.jpg")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="does not exist"):
        read_photo(tmp_path / "a.jpg")
    with pytest.raises(PhotoError, match="reading it failed"):
        read_photo(tmp_path)


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.9])
def test_a_truncated_photo_is_refused(format_: str, share: float) -> None:
    blob = encoded(portrait((96, 96)), format_)
    with pytest.raises(PhotoError):
        read_photo(blob[: int(len(blob) * share)])


@pytest.mark.parametrize("size", [(10_000, 5_001), (10_000, 10_000), (20_000, 20_000)])
def test_over_fifty_megapixels_is_refused_before_decoding(size: tuple[int, int]) -> None:
    blob = encoded(plain(), "PNG")
    header = b"IHDR" + struct.pack(">II", *size) + blob[24:29]
    # No pixels follow: decoding it would say "truncated"
    damaged = blob[:12] + header + struct.pack(">I", zlib.crc32(header)) + blob[33 : blob.index(b"IDAT") + 8]
    with pytest.raises(PhotoError, match="megapixels"):
        read_photo(damaged)


def test_the_megapixels_a_photo_may_have_are_a_choice() -> None:
    assert read_photo(plain(size=(80, 80)), max_megapixels=0.0064).shape == (1, 80, 80, 3)
    with pytest.raises(PhotoError, match=r"at most 0\.0064 megapixels"):
        read_photo(plain(size=(80, 81)), max_megapixels=0.0064)


def test_formats_that_start_other_programs_are_no_photos() -> None:
    with pytest.raises(PhotoError, match="not an image"):
        read_photo(encoded(plain(), "EPS"))  # which Pillow would hand to Ghostscript


def test_a_side_under_32_px_is_refused() -> None:
    assert read_photo(plain(size=(32, 32))).shape == (1, 32, 32, 3)
    with pytest.raises(PhotoError, match=r"32 px.*31x400"):
        read_photo(plain(size=(31, 400)))


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WEBP"])
def test_animated_pictures_are_refused(format_: str) -> None:
    blob = encoded(plain(), format_, save_all=True, append_images=[plain(colour=GREEN)])
    with pytest.raises(PhotoError, match="2 frames"):
        read_photo(blob)
