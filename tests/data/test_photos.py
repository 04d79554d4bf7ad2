import io
import zipfile
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage

from editgan.core.errors import InputError
from editgan.data.opening import read_photo
from editgan.data.photos import PhotoSet, joined, last_photos, letter_box, load_photos, shuffled


def encoded(picture: PilImage.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def plain(value: int, size: tuple[int, int] = (16, 16)) -> PilImage.Image:
    return PilImage.new("RGB", size, (value, value, value))


def zipped(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, blob in members.items():
            archive.writestr(name, blob)
    return path


def test_a_folder_and_a_zip_of_the_same_photos_are_the_same(tmp_path):
    members = {"b.png": encoded(plain(200)), "a/c.jpg": encoded(plain(90), "JPEG"), "notes.txt": b"no photo"}
    folder = tmp_path / "folder"
    for name, blob in members.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(blob)
    from_folder = load_photos(folder, 8)
    from_zip = load_photos(zipped(tmp_path / "x.zip", members), 8)
    assert from_folder.names == from_zip.names == ["a/c.jpg", "b.png"]
    assert torch.equal(from_folder.pixels, from_zip.pixels)
    assert from_folder.pixels.shape == (2, 8, 8, 3)
    assert from_folder.pixels[:, 4, 4, 0].tolist() == [90, 200]
    assert from_folder.skipped == from_zip.skipped == []


def test_the_last_photos_come_one_by_one_at_their_own_size(tmp_path):
    members = {
        "0.png": encoded(plain(1)),
        "1.png": encoded(plain(2, (20, 12))),
        "2.png": b"not a picture",
        "3.png": encoded(plain(3, (9, 9))),
    }
    photos = list(last_photos(zipped(tmp_path / "x.zip", members), 3))
    assert [(name, tuple(pixels.shape)) for name, pixels in photos] == [
        ("1.png", (1, 12, 20, 3)),
        ("3.png", (1, 9, 9, 3)),
    ]
    assert [pixels.unique().tolist() for _, pixels in photos] == [[2], [3]]


def test_label_maps_beside_a_folder_of_photos_are_no_photos(tmp_path):
    members = {f"{folder}/0.png": encoded(plain(1)) for folder in ("labels", "photos")}
    assert [name for name, _ in last_photos(zipped(tmp_path / "x.zip", members), 3)] == ["photos/0.png"]


def test_broken_members_are_skipped_and_counted(tmp_path):
    good = encoded(plain(50))
    members = {
        "0.png": good,
        "1.png": b"not a picture",
        "2.png": good[: len(good) // 2],
        "3.png": b"",
        "4.png": good,
    }
    photos = load_photos(zipped(tmp_path / "x.zip", members), 16)
    assert photos.names == ["0.png", "4.png"]
    assert photos.skipped == ["1.png", "2.png", "3.png"]
    assert len(photos) == 2


@pytest.mark.parametrize(
    "compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_member_damaged_on_disk_is_skipped_however_it_was_packed(tmp_path, compression):
    noise = PilImage.fromarray(np.random.default_rng(0).integers(0, 8, (32, 32, 3), dtype=np.uint8))
    path = zipped(
        tmp_path / "x.zip", {"a.bmp": encoded(noise, "BMP"), "b.bmp": encoded(plain(1), "BMP")}, compression
    )
    blob = path.read_bytes()
    for place in range(50, 450, 23):  # wherever it hits: the stream's head or its middle
        path.write_bytes(blob[:place] + bytes(255 - b for b in blob[place : place + 5]) + blob[place + 5 :])
        photos = load_photos(path, 16)
        assert photos.names == ["b.bmp"]
        assert photos.skipped == ["a.bmp"]


def test_what_is_not_a_zip_is_refused(tmp_path):
    path = tmp_path / "x.zip"
    path.write_text("hello")
    with pytest.raises(InputError, match=r"x\.zip should be a folder or a zip of photos"):
        load_photos(path, 8)


def test_a_missing_source_is_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        load_photos(tmp_path / "nowhere", 8)


@pytest.mark.parametrize("members", [{}, {"a.txt": b"x"}, {"a.png": b"x"}])
def test_nothing_to_read_is_refused(tmp_path, members):
    with pytest.raises(InputError, match="none could be read"):
        load_photos(zipped(tmp_path / "x.zip", members), 8)


def test_a_photo_that_is_not_square_gives_its_centre(tmp_path):
    wide = plain(0, (30, 10))
    wide.paste((255, 255, 255), (10, 0, 20, 10))
    wide.save(tmp_path / "wide.png")
    wide.transpose(PilImage.Transpose.ROTATE_90).save(tmp_path / "tall.png")
    photos = load_photos(tmp_path, 10)
    assert photos.pixels.min() == 255


def test_a_photo_stands_upright_as_its_exif_says(tmp_path):
    picture = plain(0, (16, 16))
    picture.paste((255, 255, 255), (0, 0, 16, 8))  # white above
    exif = PilImage.Exif()
    exif[0x0112] = 3  # taken upside down
    picture.rotate(180).save(tmp_path / "x.png", exif=exif)
    pixels = load_photos(tmp_path, 16).pixels[0]
    assert pixels[:8].min() == 255
    assert pixels[8:].max() == 0


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1"])
def test_every_colour_mode_becomes_rgb(tmp_path, mode):
    picture = plain(255).convert(mode)
    picture.save(tmp_path / ("x.tif" if mode == "CMYK" else "x.png"))
    assert load_photos(tmp_path, 16).pixels.min() == 255


def test_progress_ends_at_the_number_of_files(tmp_path):
    members = {f"{i:03}.png": encoded(plain(1, (2, 2))) for i in range(300)}
    seen = []
    load_photos(
        zipped(tmp_path / "x.zip", members), 2, on_progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(256, 300), (300, 300)]


def test_the_last_photos_can_be_set_aside(tmp_path):
    members = {f"{i}.png": encoded(plain(i)) for i in range(5)}
    photos = load_photos(zipped(tmp_path / "x.zip", members), 16)
    training, held_out = photos.part(0, -2), photos.part(-2, None)
    assert training.names == ["0.png", "1.png", "2.png"]
    assert held_out.names == ["3.png", "4.png"]
    assert held_out.pixels[:, 0, 0, 0].tolist() == [3, 4]


def test_each_epoch_shows_each_photo_once_in_its_own_order():
    indices = torch.cat(list(islice(shuffled(10, 5, seed=0, start=0), 6))).split(10)
    for epoch in indices:
        assert sorted(epoch.tolist()) == list(range(10))
    assert not torch.equal(indices[0], indices[1])


@pytest.mark.parametrize("start", [4, 12, 20, 44])
def test_a_resumed_run_sees_the_photos_an_uninterrupted_one_would_have_seen(start):
    whole = torch.cat(list(islice(shuffled(10, 4, seed=3, start=0), 20)))
    rest = torch.cat(list(islice(shuffled(10, 4, seed=3, start=start), 5)))
    assert torch.equal(rest, whole[start : start + 20])


def test_a_letter_box_is_what_is_black_in_nearly_all_photos_above_and_as_much_below():
    pixels = torch.randint(0, 256, (40, 32, 32, 3), dtype=torch.uint8)
    pixels[:, :4] = torch.randint(
        0, 20, (40, 4, 32, 3), dtype=torch.uint8
    )  # what compressing leaves of black
    pixels[:, 26:] = 0
    pixels[0] = 255  # one photo out of the ordinary
    names = [str(i) for i in range(40)]
    assert letter_box(PhotoSet(pixels, names, [])) == 4 / 32
    assert letter_box(PhotoSet(pixels[:, :26], names, [])) == 0  # black on one side is a dark sky
    assert letter_box(PhotoSet(torch.zeros_like(pixels), names, [])) == 0


def test_sixteen_bits_and_transparency_are_read_as_when_a_photo_is_opened(tmp_path):
    ramp = np.linspace(0, 65535, 32 * 32).reshape(32, 32)
    grey = PilImage.fromarray((0.3 * ramp + 26_000).astype(np.uint16))
    half_clear = plain(200, (32, 32)).convert("RGBA")
    half_clear.putalpha(PilImage.new("L", (32, 32), 64))
    dyed = half_clear.convert("RGB").quantize(4)
    dyed.info["transparency"] = 0  # the palette's only colour in use
    pictures = {"16 bit": grey, "alpha": half_clear, "grey alpha": half_clear.convert("LA"), "palette": dyed}
    for name, picture in pictures.items():
        picture.save(tmp_path / f"{name}.png")
    photos = load_photos(tmp_path, 32)
    for name, pixels in zip(photos.names, photos.pixels, strict=True):
        assert torch.equal(pixels, read_photo(tmp_path / name)[0]), name
    means = photos.pixels.float().mean((1, 2, 3)).tolist()
    mean = {Path(name).stem: value for name, value in zip(photos.names, means, strict=True)}
    assert mean["16 bit"] == pytest.approx((0.3 * 65535 / 2 + 26_000) / 257, abs=0.5)  # not white
    assert mean["alpha"] == mean["grey alpha"] == pytest.approx(255 - 55 * 64 / 255, abs=1)
    assert mean["palette"] == 255


def test_photos_can_be_chosen_and_sets_joined(tmp_path):
    members = {f"{i}.png": encoded(plain(i)) for i in range(5)} | {"x.png": b"no picture"}
    photos = load_photos(zipped(tmp_path / "x.zip", members), 16)
    some = photos.only([3, 1])
    assert some.names == ["3.png", "1.png"] and some.pixels[:, 0, 0, 0].tolist() == [3, 1]
    both = joined([some.named("a/"), photos.part(0, 1).named("b/")])
    assert both.names == ["a/3.png", "a/1.png", "b/0.png"] and both.skipped == ["a/x.png"]
    assert both.pixels[:, 0, 0, 0].tolist() == [3, 1, 0]
