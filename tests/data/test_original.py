"""What a photo's file says is read, whatever the format."""

import io
import sys

import cv2
import numpy as np
import pytest
import torch
from data.pictures import ADOBE, P3, PORTRAIT, TURNED, camera_notes, cut_out, encoded, packet
from PIL import EpsImagePlugin, ImageCms
from PIL import Image as PilImage
from PIL.PngImagePlugin import PngInfo

from editgan.core.errors import PhotoError
from editgan.core.images import from_pil
from editgan.data import opening
from editgan.data.opening import FORMATS, read_original, read_photo
from editgan.data.photos import SUFFIXES, is_photo, load_photos

LOSSLESS = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}}
OTHERS = {"JPEG": {"quality": 95}, "AVIF": {"quality": 95}, "HEIF": {"quality": 95}}


def means(pixels: torch.Tensor) -> list[float]:
    return pixels.float().mean((0, 1, 2)).tolist()


@pytest.fixture(autouse=True, scope="module")
def _with_heif() -> None:
    read_photo(PORTRAIT)
    opening._formats()


@pytest.mark.parametrize("format_", [*LOSSLESS, *OTHERS])
def test_a_photo_keeps_its_bytes_and_its_profile_and_is_shown_in_srgb(format_: str) -> None:
    original = read_original(encoded(PORTRAIT, format_, icc_profile=P3, **(LOSSLESS | OTHERS)[format_]))
    assert original.notes.space.profile == P3 and not original.notes.remarks
    if format_ in LOSSLESS:
        assert torch.equal(original.pixels, from_pil(PORTRAIT))
    plain = means(original.pixels)
    red, _, blue = (s - p for s, p in zip(means(original.srgb), plain, strict=True))
    assert red > 2 and blue < red  # P3's skin is redder than sRGB's of the same bytes


def test_a_training_set_sees_what_networks_see_of_an_opened_photo(tmp_path) -> None:
    deep = np.linspace(9000, 40000, 48 * 48 * 3).reshape(48, 48, 3).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "deep.png"), deep)
    square = PORTRAIT.resize((48, 48))
    square.save(tmp_path / "p3.jpg", icc_profile=P3)
    square.convert("CMYK").save(tmp_path / "cmyk.tif")
    cut_out(square).save(tmp_path / "alpha.avif", quality=90)
    square.convert("L").save(tmp_path / "grey.jp2", "JPEG2000")
    square.save(tmp_path / "phone.HEIC", "HEIF")
    square.save(tmp_path / "web.jfif", "JPEG")
    photos = load_photos(tmp_path, 48)
    assert photos.names == sorted(path.name for path in tmp_path.iterdir()) and not photos.skipped
    for name, pixels in zip(photos.names, photos.pixels, strict=True):
        assert torch.equal(pixels, read_photo(tmp_path / name)[0]), name


def test_what_has_other_channels_or_deeper_ones_becomes_srgb_and_is_said_so(tmp_path) -> None:
    deep = np.full((40, 48, 3), (10_000, 30_000, 50_000), np.uint16)  # cv2: blue, green, red
    for name in ("x.png", "x.tif"):
        cv2.imwrite(str(tmp_path / name), deep)
        original = read_original(tmp_path / name)
        assert "more than 8 bits" in original.notes.remarks[0]
        assert means(original.pixels) == pytest.approx([50_000 / 257, 30_000 / 257, 10_000 / 257], abs=1)
    lab = ImageCms.profileToProfile(
        PORTRAIT, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab is not None
    original = read_original(encoded(lab, "TIFF"))
    assert "Lab" in original.notes.remarks[0] and original.notes.space.profile is None
    assert (original.pixels.int() - from_pil(PORTRAIT).int()).abs().float().mean() < 2
    assert "CMYK" in read_original(encoded(PORTRAIT.convert("CMYK"), "TIFF")).notes.remarks[0]


def test_a_profile_of_other_pictures_or_a_damaged_one_is_left_out_and_said_so() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for profile, said in ((lab, "for Lab pictures"), (b"nonsense", "damaged"), (P3[:200], "damaged")):
        original = read_original(encoded(PORTRAIT, "JPEG", icc_profile=profile))
        assert said in original.notes.remarks[0] and original.notes.space.is_srgb
        assert torch.equal(original.srgb, original.pixels)


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_exif_turns_a_photo_and_xmp_alone_does_not(format_: str) -> None:
    exif = camera_notes(3)
    lying = read_original(encoded(PORTRAIT, format_, exif=exif if format_ == "TIFF" else exif.tobytes()))
    assert (lying.pixels.int() - from_pil(PORTRAIT.rotate(180)).int()).abs().float().mean() < 12
    if format_ == "HEIF":
        return  # whose writer turns such a picture itself
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", TURNED.decode())
    others = {"TIFF": {"tiffinfo": {700: TURNED}}, "PNG": {"pnginfo": info}}
    upright = read_original(encoded(PORTRAIT, format_, **others.get(format_, {"xmp": TURNED})))
    assert (upright.pixels.int() - from_pil(PORTRAIT).int()).abs().float().mean() < 12
    assert b'tiff:Orientation="1"' in (upright.notes.xmp or b"")


def test_camera_notes_are_kept_upright_and_without_the_old_picture() -> None:
    exif = camera_notes(6)
    blob = encoded(PORTRAIT, "JPEG", exif=exif, dpi=(240, 240))
    notes = read_original(blob).notes
    kept = PilImage.Exif()
    kept.load(notes.exif or b"")
    details = kept.get_ifd(0x8769)
    assert kept[0x8298] == "(c) somebody" and 0x0112 not in kept
    assert (details[0xA002], details[0xA003]) == (48, 64)  # it stands upright now
    assert kept.get_ifd(0x8825)[1] == "N" and notes.dpi == (240, 240)


def test_a_thumbnail_of_the_unedited_photo_is_not_kept() -> None:
    thumbnail = encoded(PORTRAIT.resize((16, 12)), "JPEG")
    block = camera_notes().tobytes()  # the first directory's end says where the next one is
    tiff = block[6:]
    start = int.from_bytes(tiff[4:8], "big" if tiff[:2] == b"MM" else "little")
    order = "big" if tiff[:2] == b"MM" else "little"
    end = start + 2 + 12 * int.from_bytes(tiff[start : start + 2], order)
    where = len(tiff)
    entries = [(0x0201, 4, 1, where + 2 + 24 + 4), (0x0202, 4, 1, len(thumbnail))]
    second = (2).to_bytes(2, order) + b"".join(
        tag.to_bytes(2, order) + kind.to_bytes(2, order) + n.to_bytes(4, order) + value.to_bytes(4, order)
        for tag, kind, n, value in entries
    )
    tiff = tiff[:end] + where.to_bytes(4, order) + tiff[end + 4 :] + second + bytes(4) + thumbnail
    blob = encoded(PORTRAIT, "JPEG", exif=b"Exif\0\0" + tiff)
    assert thumbnail[:200] in blob
    kept = read_original(blob).notes.exif
    assert kept is not None and b"somebody" in kept and thumbnail[20:60] not in kept


def test_what_lay_behind_the_photo_is_not_promised_by_its_xmp() -> None:
    inside = (
        '<rdf:Description dc:title="x" GCamera:MicroVideo="1" hdrgm:Version="1" xmpNote:HasExtendedXMP="A">'
        "<xmp:Thumbnails><rdf:Alt>AAAA</rdf:Alt></xmp:Thumbnails>"
        "<Container:Directory><rdf:Seq/></Container:Directory></rdf:Description>"
    )
    kept = read_original(encoded(PORTRAIT, "JPEG", xmp=packet(inside))).notes.xmp
    assert kept == packet('<rdf:Description dc:title="x"></rdf:Description>')


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_thumbnail_page_of_a_tiff_is_not_the_photo(order: tuple[int, int]) -> None:
    small = PORTRAIT.resize((16, 12))
    pages = [[PORTRAIT, small][i] for i in order]
    blob = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert torch.equal(read_photo(blob), from_pil(PORTRAIT))
    two = encoded(PORTRAIT, "TIFF", save_all=True, append_images=[PORTRAIT.rotate(180)])
    with pytest.raises(PhotoError, match="2 frames"):
        read_photo(two)


@pytest.mark.parametrize("format_", ["TGA", "PNG", "TIFF", "BMP"])
def test_an_alpha_channel_of_zeros_means_nothing(format_: str) -> None:
    empty = PORTRAIT.copy()
    empty.putalpha(0)
    if format_ == "BMP":  # with a version 4 header, whose masks name alpha; Pillow writes older ones
        rows = np.asarray(empty)[::-1, :, [2, 1, 0, 3]].tobytes()
        masks = b"".join(m.to_bytes(4, "little") for m in (0xFF0000, 0xFF00, 0xFF, 0xFF000000))
        head = b"".join(
            n.to_bytes(4, "little") for n in (108, 64, 48, 1 | 32 << 16, 3, len(rows), 0, 0, 0, 0)
        )
        info = (head + masks).ljust(108, b"\0")
        blob = b"BM" + (14 + 108 + len(rows)).to_bytes(4, "little") + bytes(4) + (122).to_bytes(4, "little")
        blob += info + rows
    else:
        blob = encoded(empty, format_)
    original = read_original(blob)
    assert original.notes.rgba is None and torch.equal(original.pixels, from_pil(PORTRAIT))


def test_heic_without_its_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    (tmp_path / "phone.heic").write_bytes(encoded(PORTRAIT, "HEIF"))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.delitem(PilImage.OPEN, "HEIF")
    opening._formats.cache_clear()
    try:
        with pytest.raises(PhotoError, match=r"phone\.heic is a HEIC photo.*pip install 'editgan\[heif\]'"):
            read_photo(tmp_path / "phone.heic")
    finally:
        opening._formats.cache_clear()


def test_a_training_photo_never_starts_another_program(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    started: list[object] = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *args: started.append(args))
    (tmp_path / "a.png").write_bytes(encoded(PORTRAIT, "EPS"))
    PORTRAIT.save(tmp_path / "b.png")
    assert load_photos(tmp_path, 16).skipped == ["a.png"] and not started


def test_every_name_of_a_format_that_opens_is_taken_from_a_folder_but_not_hidden_ones() -> None:
    PilImage.init()
    known = {suffix for suffix, kind in PilImage.registered_extensions().items() if kind in FORMATS}
    assert known <= SUFFIXES
    assert all(map(is_photo, ("a.JFIF", "b/c.heic", "d.avif", "e.jp2")))
    assert not any(map(is_photo, ("._a.jpg", ".a.png", "__MACOSX/._b.jpg", ".thumbnails/a.png", "notes.txt")))


def test_pillows_own_pictures_are_left_as_they_were() -> None:
    picture = PilImage.open(io.BytesIO(encoded(PORTRAIT, "JPEG", xmp=TURNED, icc_profile=ADOBE)))
    before = dict(picture.info)
    original = read_original(picture)
    assert (
        picture.info == before and original.notes.space.profile == ADOBE and original.notes.jpeg is not None
    )
