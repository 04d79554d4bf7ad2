"""A folder as people have them, forty-odd files of every kind: each row of the report says what is right."""

import csv
import io
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PilImage
from PIL import ImageCms
from skimage.data import astronaut, coffee

from editgan.core.pictures import MAX_MEGAPIXELS

Run = Callable[..., tuple[int, str, str]]
FACE = astronaut()[20:260, 105:345]  # 240 px
X, Y, SIDE = 119.5, 104.0, 100.0  # its aligned frame, by the eyes
NEAR = 0.15  # sides: what is near enough for an aligner, which this bundle has not learnt


@dataclass(frozen=True)
class Case:
    """A file, and what its row has to say."""

    data: bytes
    faces: list[tuple[float, float, float]] = field(default_factory=lambda: [(X, Y, 0.0)])  # x, y, degrees
    error: str | None = None  # part of it
    remark: str | None = None
    output: str | None = None  # if it is not called after the photo


def saved(picture: np.ndarray | PilImage.Image, format_: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture = PilImage.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    picture.save(buffer, format_, **options)
    return buffer.getvalue()


def formats() -> dict[str, Case]:
    """A face in each."""
    made = {
        **{f"plain.{suffix}": saved(FACE, "JPEG", quality=95) for suffix in ("jpg", "jpeg", "jfif")},
        **{f"plain.{suffix}": saved(FACE, "TIFF") for suffix in ("tif", "tiff")},
        "lossless.webp": saved(FACE, "WEBP", lossless=True),
        "lossy.webp": saved(FACE, "WEBP"),
        "windows.bmp": saved(FACE, "BMP"),
        "one frame.gif": saved(FACE, "GIF"),
        "raw.ppm": saved(FACE, "PPM"),
        "film.jp2": saved(FACE, "JPEG2000"),
        "game.tga": saved(FACE, "TGA"),
        "phone.mpo": saved(FACE, "MPO", save_all=True, append_images=[PilImage.fromarray(FACE[::2, ::2])]),
        "SHOUTED.PNG": saved(FACE, "PNG"),
    }
    made["thumbnail.tif"] = saved(
        FACE, "TIFF", save_all=True, append_images=[PilImage.fromarray(FACE[::4, ::4])]
    )
    if "AVIF" in PilImage.SAVE:
        made["small.avif"] = saved(FACE, "AVIF", quality=90)
    try:
        import pillow_heif

        pillow_heif.register_heif_opener()
        made["phone.heic"] = saved(FACE, "HEIF", quality=90)
    except ImportError:
        pass  # an extra
    stems = [Path(name).stem for name in made]
    return {
        name: Case(data, output=_told_apart(name) if stems.count(Path(name).stem) > 1 else None)
        for name, data in made.items()
    }


def _told_apart(name: str) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"{stem}-{suffix}.png"


def colours() -> dict[str, Case]:
    """A face in other colours than 8-bit RGB, or with more to it."""
    grey = PilImage.fromarray(FACE).convert("L")
    deep = np.asarray(grey).astype(np.uint16) * 257
    cut_out = PilImage.fromarray(np.dstack([FACE, np.full((240, 240, 1), 255, np.uint8)]))
    cut_out.putpixel((0, 0), (10, 20, 30, 0))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return {
        "grey.png": Case(saved(grey, "PNG"), remark="is grey"),
        "deep.png": Case(saved(PilImage.fromarray(deep), "PNG"), remark="more than 8 bits"),
        "print.jpg": Case(saved(PilImage.fromarray(FACE).convert("CMYK"), "JPEG"), remark="is CMYK"),
        "clear.png": Case(saved(cut_out, "PNG"), remark="transparent in places"),
        "profile.png": Case(saved(FACE, "PNG", icc_profile=srgb)),
        "bad profile.png": Case(saved(FACE, "PNG", icc_profile=b"nonsense"), remark="profile is damaged"),
    }


def poses() -> dict[str, Case]:
    """Turned faces, turned by EXIF alone, and several."""
    sideways = PilImage.Exif()
    sideways[0x0112] = 6  # to be turned clockwise
    turned = {1: (Y, 240 - X, -90.0), 2: (240 - X, 240 - Y, 180.0), 3: (240 - Y, X, 90.0)}
    small = np.asarray(PilImage.fromarray(FACE).resize((160, 160)))
    two = np.full((260, 460, 3), 128, np.uint8)
    two[10:250, 10:250], two[60:220, 280:440] = FACE, small[::-1, ::-1]
    cases = {f"turned {k}.png": Case(saved(np.rot90(FACE, k), "PNG"), [at]) for k, at in turned.items()}
    return cases | {
        "camera.jpg": Case(saved(np.rot90(FACE), "JPEG", quality=95, exif=sideways)),
        "two.png": Case(
            saved(two, "PNG"),
            [(10 + X, 10 + Y, 0.0), (440 - X * 2 / 3, 220 - Y * 2 / 3, 180.0)],
        ),
    }


def left_out() -> dict[str, Case]:
    """What has no face, or is no photo."""
    whole = saved(FACE, "PNG")
    frames = [PilImage.fromarray(FACE), PilImage.fromarray(FACE[::-1].copy())]
    huge = PilImage.new("1", (10_000, int(MAX_MEGAPIXELS * 1000) // 10 + 500))
    files = {
        "coffee.png": (saved(coffee()[::2, ::2].copy(), "PNG"), "no face was found"),
        "wall.jpg": (saved(PilImage.new("RGB", (200, 150), "grey"), "JPEG"), "no face was found"),
        "cut.png": (whole[: len(whole) // 2], "damaged or truncated"),
        "empty.jpg": (b"", "not an image"),
        "words.jpg": (b"<html>", "not an image"),
        "script.png": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
        "moving.gif": (saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), "has 2 frames"),
        "tiny.png": (saved(FACE[:16, :16].copy(), "PNG"), "at least 32 px"),
        "floats.tif": (saved(PilImage.fromarray(FACE[..., 0].astype(np.float32)), "TIFF"), "floating point"),
        "huge.png": (saved(huge, "PNG"), "megapixels"),
    }
    return {name: Case(data, [], error) for name, (data, error) in files.items()}


def names() -> dict[str, Case]:
    """A face under names that are trouble somewhere."""
    data = saved(FACE, "PNG")
    odd = ("two [draft] [bold].png", "שלום עולם.png", "é.png", " .png", "50% {x}.png", "-v.png")
    cases = {name: Case(data) for name in odd}
    cases[f"{'n' * 241}.png"] = Case(data)
    return cases


def test_every_row_of_a_mixed_folder_is_right(editgan: Run, equipped: Path) -> None:
    cases = formats() | colours() | poses() | left_out() | names()
    assert len(cases) >= 40
    Path("in").mkdir()
    for name, case in cases.items():
        Path("in", name).write_bytes(case.data)
    for name in ("._plain.jpg", ".hidden.png", "notes.txt", "Thumbs.db"):
        Path("in", name).write_bytes(b"no photo")
    how = ("-v", "wink", "--embed-steps", "0", "--paste", "replace", "--all-faces")
    code, out, err = editgan("apply", "in", *how, "-b", equipped, "-o", "out")
    assert code == 3 and out == "", err
    with Path("out/report.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["photo"].rpartition("/")[2]: row for row in csv.DictReader(file)}
    entries = {
        e["photo"].rpartition("/")[2]: e for e in json.loads(Path("out/report.json").read_text())["photos"]
    }
    assert set(rows) == set(entries) == set(cases)
    for name, case in cases.items():
        try:
            _check(name, case, rows[name], entries[name])
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}; the row is {rows[name]}") from error
    outputs = {row["output"] for row in rows.values()} - {""}
    assert {path.name for path in Path("out").iterdir()} == outputs | {"report.json", "report.csv"}
    edited = sum(case.error is None for case in cases.values())
    assert len(outputs) == edited and f"applied to {edited} of {len(cases)} photos" in err


def _check(name: str, case: Case, row: dict[str, str], entry: dict[str, Any]) -> None:
    if case.error is not None:
        assert case.error in row["error"] and case.error in entry["error"]
        assert row["output"] == "" and "output" not in entry and entry["subjects"] == []
        assert row["number"] == row["frame_side"] == row["verdict"] == ""
        return
    assert row["error"] == "" and "error" not in entry
    assert row["output"] == entry["output"] == (case.output or f"{Path(name).stem}.png")
    with PilImage.open(Path("out", row["output"])) as result, PilImage.open(io.BytesIO(case.data)) as photo:
        size = photo.size[::-1] if name == "camera.jpg" else photo.size
        assert result.size == size and float(row["seconds"]) > 0
    said = " ".join(entry.get("remarks", []))
    assert case.remark in said if case.remark else not said
    assert len(entry["found"]) == len(entry["faces"]) == len(case.faces)
    subjects = entry["subjects"]
    for number, ((x, y, degrees), subject) in enumerate(zip(case.faces, subjects, strict=True), 1):
        frame = subject["frame"]
        assert subject["number"] == number and subject["detection_score"] > 1
        assert math.hypot(frame["centre_x"] - x, frame["centre_y"] - y) < NEAR * SIDE
        assert abs(math.remainder(frame["angle_degrees"] - degrees, 360)) < 15
    for column, part in (("number", "number"), ("detection_score", "detection_score")):
        assert [float(cell) for cell in row[column].split(" | ")] == pytest.approx(
            [subject[part] for subject in subjects], rel=1e-4
        )
    sides = [float(cell) for cell in row["frame_side"].split(" | ")]
    assert sides == pytest.approx([subject["frame"]["side"] for subject in subjects], rel=1e-4)
