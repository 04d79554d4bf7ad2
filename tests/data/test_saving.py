"""An edited photo's file says what its original's said."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from data.pictures import P3, PORTRAIT, TURNED, camera_notes, cut_out, decoded, encoded, packet
from PIL import Image as PilImage
from PIL import JpegImagePlugin

from editgan.core.errors import InputError
from editgan.data.colour import grey_profile
from editgan.data.opening import read_original
from editgan.data.original import Original
from editgan.data.saving import photo_bytes, save_photo
from editgan.data.xmp import PACKET, notes_in, with_note

EXACT = ("PNG", "TIFF", "WEBP")
NOTE = {"software": "editgan 1", "vectors": [{"name": '<سلام> & "more"]]>\x07', "strength": -0.5}]}


def saved(original: Original, format_: str, **more: object) -> PilImage.Image:
    return decoded(photo_bytes(original.pixels, format_, original.notes, **more))


@pytest.mark.parametrize("format_", EXACT)
@pytest.mark.parametrize("picture", [PORTRAIT, cut_out(), PORTRAIT.convert("L"), cut_out().convert("LA")])
def test_the_exact_formats_keep_every_byte_also_below_what_is_clear(
    format_: str, picture: PilImage.Image
) -> None:
    made = saved(read_original(encoded(picture, "PNG")), format_)
    assert made.mode == picture.mode or format_ == "WEBP"  # which has no grey
    assert np.array_equal(np.asarray(made.convert("RGBA")), np.asarray(picture.convert("RGBA")))


@pytest.mark.parametrize("format_", [*EXACT, "JPEG", "AVIF"])
def test_profile_exif_xmp_and_resolution_are_kept_unless_they_are_stripped(format_: str) -> None:
    exif = camera_notes(6).tobytes()
    original = read_original(encoded(PORTRAIT, "JPEG", exif=exif, xmp=TURNED, icc_profile=P3, dpi=(300, 300)))
    made = read_original(photo_bytes(original.pixels, format_, original.notes))
    kept, wanted = made.notes, original.notes
    assert made.pixels.shape == (1, 64, 48, 3) and kept.space.profile == P3
    assert kept.xmp == wanted.xmp is not None and kept.exif is not None and b"somebody" in kept.exif
    if format_ in ("PNG", "TIFF", "JPEG"):
        assert kept.dpi == pytest.approx((300, 300), abs=0.1)
    bare = read_original(photo_bytes(original.pixels, format_, original.notes, NOTE, strip=True)).notes
    assert bare.space.profile == P3 and bare.exif is bare.xmp is bare.dpi is None


@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_a_jpeg_is_written_as_its_original_was(subsampling: int) -> None:
    before = decoded(encoded(PORTRAIT, "JPEG", quality=71, subsampling=subsampling))
    after = saved(read_original(encoded(PORTRAIT, "JPEG", quality=71, subsampling=subsampling)), "JPEG")
    assert after.quantization == before.quantization  # type: ignore[attr-defined]
    assert JpegImagePlugin.get_sampling(after) == subsampling


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_other_photos_become_jpegs_of_quality_95_in_full_colour(mode: str) -> None:
    picture = PORTRAIT.convert(mode)
    after = saved(read_original(encoded(picture, "PNG")), "JPEG")
    wanted = decoded(encoded(picture, "JPEG", quality=95, subsampling=0))
    assert after.mode == mode
    assert after.quantization == wanted.quantization  # type: ignore[attr-defined]
    assert JpegImagePlugin.get_sampling(after) == JpegImagePlugin.get_sampling(wanted)


def test_a_jpeg_has_what_is_transparent_on_white() -> None:
    original = read_original(encoded(cut_out(), "PNG"))
    assert "JPEG" in original.notes.remarks[0]
    made = np.asarray(saved(original, "JPEG"))
    assert made[:, -8:].min() > 250


def test_an_edit_of_a_transparent_photo_looks_as_it_was_made_and_leaves_the_rest() -> None:
    original = read_original(encoded(cut_out(), "PNG"))
    edited = original.pixels.clone()
    edited[:, 10:20] = torch.tensor([180, 160, 170], dtype=torch.uint8)
    made = decoded(photo_bytes(edited, "PNG", original.notes))
    before, after = np.asarray(cut_out()), np.asarray(made)
    assert np.array_equal(after[..., 3], before[..., 3])
    outside = np.delete(after, np.s_[10:20], axis=0)
    assert np.array_equal(outside, np.delete(before, np.s_[10:20], axis=0))
    assert np.array_equal(after[:, -16:], before[:, -16:])  # nothing shows there
    white = PilImage.new("RGBA", made.size, "white")
    shown = np.asarray(PilImage.alpha_composite(white, made).convert("RGB"))[10:20, :48]
    assert np.abs(shown.astype(int) - (180, 160, 170)).max() <= 1


@pytest.mark.parametrize("format_", ["WEBP", "AVIF"])
def test_a_grey_profile_does_not_go_where_there_is_no_grey(format_: str) -> None:
    original = read_original(encoded(PORTRAIT.convert("L"), "PNG", icc_profile=grey_profile(1.0)))
    made = read_original(photo_bytes(original.pixels, format_, original.notes))
    assert made.notes.space.profile is None
    assert (made.pixels.int() - original.srgb.int()).abs().max() <= (0 if format_ == "WEBP" else 12)


def test_the_suffix_says_the_format_and_what_a_format_cannot_hold_is_one_sentence(tmp_path: Path) -> None:
    original = read_original(encoded(PORTRAIT, "PNG", icc_profile=P3))
    for name, kind in (("a.jfif", "JPEG"), ("a.TIF", "TIFF"), ("a.webp", "WEBP"), ("a.bmp", "BMP")):
        save_photo(original.pixels, tmp_path / name, original.notes)
        with PilImage.open(tmp_path / name) as made:
            assert made.format == kind
    with PilImage.open(tmp_path / "a.bmp") as made:  # which has no place for the profile
        assert np.array_equal(np.asarray(made), original.srgb[0].numpy())
    with pytest.raises(InputError, match=r"17000x32 px cannot be saved as WEBP.*save it as PNG"):
        photo_bytes(torch.zeros(1, 32, 17_000, 3, dtype=torch.uint8), "WEBP")
    with pytest.raises(InputError, match=r"\.png"):
        save_photo(original.pixels, tmp_path / "a.xyz")


def test_more_than_a_jpeg_holds_is_left_out_of_it() -> None:
    original = read_original(encoded(PORTRAIT, "PNG"))
    long = with_note(packet("<!-- -->" + " " * 70_000), NOTE)
    assert saved(Original(original.pixels, replace(original.notes, xmp=long)), "JPEG").info.get("xmp") is None


@pytest.mark.parametrize("format_", [*EXACT, "JPEG", "AVIF"])
def test_a_file_tells_of_every_edit_and_equal_edits_are_equal_bytes(format_: str) -> None:
    original = read_original(encoded(PORTRAIT, "JPEG", xmp=TURNED))
    first = photo_bytes(original.pixels, format_, original.notes, NOTE)
    assert first == photo_bytes(original.pixels, format_, original.notes, NOTE)
    again = read_original(first)
    assert notes_in(again.notes.xmp) == [NOTE] and b"tiff:Orientation" in (again.notes.xmp or b"")
    second = read_original(photo_bytes(again.pixels, format_, again.notes, {"bundle": "b", "seed": 3}))
    assert notes_in(second.notes.xmp) == [NOTE, {"bundle": "b", "seed": 3}]
    assert (second.notes.xmp or b"").count(b"DigitalSourceType=") == 1


def test_a_damaged_packet_or_a_strangers_note_costs_nothing() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x xmlns:e="urn:editgan:1:"><e:edits>&a;</e:edits></x>'
    strange = packet('<rdf:Description xmlns:e="urn:editgan:1:" e:edits="[1, {&quot;a&quot;: 2}]"/>')
    for damaged in (b"\xff\xfe", b"<x", bomb, b"urn:editgan:1:", packet("<e:edits/>"), None):
        assert notes_in(damaged) == [] and notes_in(with_note(damaged, NOTE)) == [NOTE]
    assert notes_in(strange) == [{"a": 2}]
    deep = "[" * 100_000
    assert (
        notes_in(
            packet(f'<rdf:Description xmlns:e="urn:editgan:1:"><e:edits>{deep}</e:edits></rdf:Description>')
        )
        == []
    )
    assert notes_in(with_note(PACKET.encode(), NOTE)) == [NOTE]
