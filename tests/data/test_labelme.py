"""LabelMe's shapes, each as its program draws it; what covers nothing is left out, and counted."""

import base64
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PilImage
from skimage.draw import polygon2mask

from editgan.core.errors import LabelError
from editgan.core.labels import IGNORED, LabelClass, LabelSchema
from editgan.data import labelme, painting
from editgan.data.labelme import load_labelme

SIDE = 40
NAMES = ("background", "skin", "iris", "Augenbraue-\u00fc")
SCHEMA = LabelSchema(tuple(LabelClass(i, name, (i, i, 9)) for i, name in enumerate(NAMES)))
SKIN: dict[str, Any] = {"label": "skin", "points": [[5, 10], [25, 10], [25, 30], [5, 30]]}


def read(tmp_path: Path, *shapes: dict[str, Any], **notes: Any) -> np.ndarray:
    """[h, w] ids."""
    notes = {"imageHeight": SIDE, "imageWidth": SIDE, "shapes": list(shapes)} | notes
    size, left_out = notes.pop("size", None), notes.pop("left_out", None)
    (tmp_path / "a.json").write_text(json.dumps(notes))
    return load_labelme(tmp_path / "a.json", SCHEMA, size, left_out)[0].numpy()


def mask_shape(mask: np.ndarray, corner: tuple[float, float], mode: str = "1") -> dict[str, Any]:
    PilImage.fromarray(mask).convert(mode).save(buffer := io.BytesIO(), "PNG")
    png = base64.b64encode(buffer.getvalue()).decode()
    opposite = [corner[0] + mask.shape[1] - 1, corner[1] + mask.shape[0] - 1]
    return {"label": "iris", "shape_type": "mask", "points": [list(corner), opposite], "mask": png}


def test_an_outline_holds_the_pixels_whose_centres_are_in_it(tmp_path: Path) -> None:
    found = read(tmp_path, SKIN)
    assert (found[10:30, 5:25] == 1).all() and (found == 1).sum() == 400
    rng = np.random.default_rng(0)
    for _ in range(5):
        points = rng.uniform(-10, SIDE + 10, (9, 2)).round(2)
        wanted = polygon2mask((SIDE, SIDE), points[:, ::-1] - 0.5)
        assert np.array_equal(read(tmp_path, SKIN | {"points": points.tolist()}) == 1, wanted)


@pytest.mark.parametrize(
    "shape",
    [
        {"shape_type": "rectangle", "points": [[25, 30], [5, 10]]},
        {"shape_type": "rectangle"},
        {"shape_type": "oriented_rectangle"},
        {"shape_type": "rotation"},
        {"shape_type": None},
    ],
)
def test_rectangles_of_all_kinds_are_the_same(shape: dict[str, Any], tmp_path: Path) -> None:
    assert np.array_equal(read(tmp_path, SKIN | shape), read(tmp_path, SKIN))


def test_an_oriented_rectangle_is_turned(tmp_path: Path) -> None:
    points = [[20, 5], [35, 20], [20, 35], [5, 20]]
    found = read(tmp_path, SKIN | {"shape_type": "oriented_rectangle", "points": points})
    assert found[20, 20] == 1 and found[7, 7] == 0 and abs((found == 1).sum() - 450) < 20


def test_a_circle_has_its_area(tmp_path: Path) -> None:
    found = read(tmp_path, SKIN | {"shape_type": "circle", "points": [[20, 20], [26, 28]]})
    assert abs((found == 1).sum() - np.pi * 100) < 8 and found[20, 20] == 1 and found[20, 31] == 0


@pytest.mark.parametrize("mode", ["1", "L"])
def test_a_mask_is_laid_at_its_corner_and_cut_at_the_edge(mode: str, tmp_path: Path) -> None:
    mask = np.ones((6, 4), bool)
    mask[0, 0] = False
    found = read(tmp_path, SKIN, mask_shape(mask, (24.0, 12.0), mode))
    assert (found == 2).sum() == 23 and found[12, 24] == 1 and found[17, 27] == 2
    for corner, seen in (((38.0, 38.0), 3), ((-2.0, -3.0), 6), ((70.0, 0.0), 0), ((-9.0, 0.0), 0)):
        assert (read(tmp_path, mask_shape(mask, corner, mode)) == 2).sum() == seen


def test_what_covers_nothing_is_left_out_and_counted(tmp_path: Path) -> None:
    left_out = Counter[str]()
    strays = [
        SKIN | {"shape_type": "line", "points": [[1, 1], [5, 5]]},
        SKIN | {"shape_type": "point", "points": [[1, 1]]},
        SKIN | {"shape_type": "points"},
        SKIN | {"shape_type": "linestrip", "label": "whoever"},
        SKIN | {"points": [[1, 1], [2, 2]]},
        SKIN | {"points": []},
        SKIN | {"shape_type": "rectangle", "points": [[1, 1]]},
        SKIN | {"shape_type": "mask", "mask": None},
    ]
    found = read(tmp_path, SKIN, *strays, left_out=left_out)
    assert np.array_equal(found, read(tmp_path, SKIN)) and left_out.total() == len(strays)
    assert left_out["line of 2 points"] == left_out["polygon of 2 points"] == 1


def test_background_and_ignored_pixels_have_names_of_their_own(tmp_path: Path) -> None:
    hole = SKIN | {"label": "_background_", "points": [[10, 10], [12, 10], [12, 12], [10, 12]]}
    doubt = SKIN | {"label": "__ignore__", "points": [[20, 20], [22, 20], [22, 22], [20, 22]]}
    found = read(tmp_path, SKIN, hole, doubt)
    assert found[11, 11] == 0 and found[21, 21] == IGNORED and (found == IGNORED).sum() == 4


@pytest.mark.parametrize("label", ["Augenbraue-\u00fc", "Augenbraue-u\u0308"])
def test_letters_with_accents_are_the_same_however_put_together(label: str, tmp_path: Path) -> None:
    assert (read(tmp_path, SKIN | {"label": label}) == 3).sum() == 400


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_any_unicode_encoding_is_read(encoding: str, tmp_path: Path) -> None:
    notes = {"imageHeight": SIDE, "imageWidth": SIDE, "shapes": [SKIN | {"label": NAMES[3]}]}
    (tmp_path / "a.json").write_bytes(json.dumps(notes, ensure_ascii=False).encode(encoding))
    assert (load_labelme(tmp_path / "a.json", SCHEMA) == 3).sum() == 400


def test_a_file_without_sizes_is_of_its_photos(tmp_path: Path) -> None:
    for sizes in ({"imageHeight": None, "imageWidth": None}, {"imageHeight": SIDE, "imageWidth": None}):
        assert read(tmp_path, SKIN, size=(SIDE, 50), **sizes).shape == (SIDE, 50)
        with pytest.raises(LabelError, match="null"):
            read(tmp_path, SKIN, **sizes)


@pytest.mark.parametrize(
    ("shape", "notes"),
    [
        ({"points": [[1e300, 1], [2, 3], [4, 5]]}, {}),
        ({"points": [["nan", 1], [2, 3], [4, 5]]}, {}),
        ({"shape_type": "circle", "points": [[0, 0], [1e6, 0]]}, {}),
        ({"shape_type": "mask", "mask": "no base64!"}, {}),
        ({"shape_type": "mask", "mask": base64.b64encode(b"no PNG").decode()}, {}),
        ({"label": "nose"}, {}),
        ({}, {"imageHeight": 10**9}),
        ({}, {"imageHeight": -1}),
        ({}, {"imageHeight": "40"}),
    ],
)
def test_what_contradicts_itself_is_one_sentence(
    shape: dict[str, Any], notes: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(LabelError) as raised:
        read(tmp_path, SKIN | shape, **notes)
    assert len(str(raised.value)) < 300


def test_there_is_an_end_to_shapes_and_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelme, "MOST_SHAPES", 2)
    with pytest.raises(LabelError, match="at most 2 shapes, got 3"):
        read(tmp_path, SKIN, SKIN, SKIN)
    monkeypatch.setattr(painting, "MOST_POINTS", 3)
    with pytest.raises(LabelError, match="outline of 4 points"):
        read(tmp_path, SKIN)
