"""Exports of annotation programs, made here in small, become our own layout with the same labels."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image as PilImage

from editgan.core.errors import LabelError
from editgan.core.labels import IGNORED
from editgan.data.annotations import load_annotations, load_schema
from editgan.data.formats.class_files import voc_color
from editgan.data.formats.convert import Converted, convert_annotations
from editgan.data.formats.run_lengths import mask_of

SIDE = 40
IDS = np.zeros((SIDE, SIDE), np.uint8)
IDS[5:20, 5:20], IDS[10:15, 10:15] = 1, 2


def photo(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    PilImage.new("RGB", (SIDE, SIDE), (90, 90, 90)).save(path)


def picture(path: Path, ids: np.ndarray, colors: list[tuple[int, int, int]], mode: str = "P") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = PilImage.fromarray(ids)
    image.putpalette([channel for color in colors for channel in color])
    image.convert(mode).save(path)


def converted(source: Path, **asked: Any) -> tuple[Converted, torch.Tensor]:
    """What became of it, and the first label map as a training reads it."""
    out = source.parent / "out"
    result = convert_annotations(source, out, **asked)
    return result, load_annotations(out, load_schema(out))[0].label_map[0]


@pytest.mark.parametrize("mode", ["P", "RGB"])
def test_cvats_list_says_which_colour_is_which_class(mode: str, tmp_path: Path) -> None:
    root = tmp_path / "task"
    photo(root / "JPEGImages" / "deep" / "a.jpg")
    photo(root / "JPEGImages" / "unlabelled.jpg")
    colors = [(0, 0, 0), (0, 255, 0), (255, 0, 0)]
    picture(root / "SegmentationClass" / "deep" / "a.png", IDS, colors, mode)
    picture(root / "SegmentationObject" / "deep" / "a.png", IDS, colors)
    lines = "# label:color_rgb:parts:actions\nhair:0,255,0::\nbackground:0,0,0::\nskin:255,0,0::\n"
    (root / "labelmap.txt").write_text(lines)
    found, label_map = converted(root)
    assert (found.kind, found.photos, found.schema.names) == ("voc", 1, ["background", "hair", "skin"])
    assert np.array_equal(label_map, IDS) and found.dropped == {"photo without labels": 1}
    assert (tmp_path / "out" / "deep-a.jpg").exists()


def test_labelmes_own_conversion_is_read_with_its_ignored_pixels(tmp_path: Path) -> None:
    root = tmp_path / "voc"
    photo(root / "JPEGImages" / "a.jpg")
    ids = IDS.copy()
    ids[:3] = IGNORED
    picture(root / "SegmentationClassPNG" / "a.png", ids, [voc_color(i) for i in range(256)])
    (root / "SegmentationClass").mkdir()
    (root / "class_names.txt").write_text("_background_\nskin\niris")
    found, label_map = converted(root)
    assert found.schema.names == ["_background_", "skin", "iris"] and np.array_equal(label_map, ids)
    assert found.ignored == pytest.approx(3 / SIDE) and found.remark is None


def test_voc_itself_has_no_names(tmp_path: Path) -> None:
    root = tmp_path / "VOCdevkit"
    photo(root / "VOC2012" / "JPEGImages" / "a.jpg")
    picture(root / "VOC2012" / "SegmentationClass" / "a.png", IDS * 7, [voc_color(i) for i in range(256)])
    found, label_map = converted(root, classes="voc-21")
    assert found.schema.names[7] == "car" and np.array_equal(label_map, IDS * 7)
    again = convert_annotations(root, tmp_path / "numbered")
    assert again.schema.names[7] == "part_7" and again.remark is not None and "voc-21" in again.remark
    assert again.schema.classes[7].color == (128, 128, 128)


def test_a_palette_that_is_not_the_lists_is_refused(tmp_path: Path) -> None:
    photo(tmp_path / "task" / "a.jpg")
    picture(tmp_path / "task" / "SegmentationClass" / "a.png", IDS, [(0, 0, 0), (1, 2, 3), (255, 0, 0)])
    (tmp_path / "task" / "labelmap.txt").write_text("skin:255,0,0::\nhair:0,255,0::")
    with pytest.raises(LabelError, match=r"1 shows \[1, 2, 3\]"):
        convert_annotations(tmp_path / "task", tmp_path / "out")


@pytest.mark.parametrize(
    "text", ["skin\n", "skin:1,2::", "skin:1,2,300::", ":1,2,3::", "a:1,1,1::\na:2,2,2::"]
)
def test_a_list_that_is_none_is_one_sentence(text: str, tmp_path: Path) -> None:
    photo(tmp_path / "task" / "a.jpg")
    picture(tmp_path / "task" / "SegmentationClass" / "a.png", IDS, [(0, 0, 0), (1, 2, 3), (255, 0, 0)])
    (tmp_path / "task" / "labelmap.txt").write_text(text)
    with pytest.raises(LabelError, match=r"labelmap\.txt"):
        convert_annotations(tmp_path / "task", tmp_path / "out")


def runs(mask: np.ndarray) -> list[int]:
    """COCO's run lengths, down the columns, the first of them outside."""
    flat = np.concatenate([[False], mask.T.ravel(), [not mask.T.ravel()[-1]]])
    ends = np.flatnonzero(flat[1:] != flat[:-1])
    return np.diff(ends, prepend=0).tolist()


def letters(numbers: list[int]) -> str:
    """As `rleToString` of COCO's maskApi.c writes them."""
    text = ""
    for index, number in enumerate(numbers):
        value = number - (numbers[index - 2] if index > 2 else 0)
        while True:
            bits, value = value & 31, value >> 5
            is_more = value != (-1 if bits & 16 else 0)
            text += chr(48 + bits + 32 * is_more)
            if not is_more:
                break
    return text


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=40)))
@settings(derandomize=True, max_examples=60, deadline=None)
def test_run_lengths_come_back_as_the_mask_they_were(mask: np.ndarray) -> None:
    for counts in (runs(mask), letters(runs(mask))):
        notes = {"size": list(mask.shape), "counts": counts}
        assert np.array_equal(mask_of(notes, (mask.shape[0], mask.shape[1]), "a"), mask)


def test_run_lengths_of_cocos_own_code() -> None:
    """What pycocotools 2.0 writes for a picture of 5x4 with a ring in it."""
    ring = np.array([[0, 1, 1, 0], [0, 1, 0, 1], [0, 1, 0, 1], [0, 1, 1, 1], [0, 0, 0, 0]], bool)
    assert letters(runs(ring)) == "541M1002O"
    assert np.array_equal(mask_of({"size": [5, 4], "counts": "541M1002O"}, (5, 4), "a"), ring)


def coco(
    folder: Path, *outlines: Any, name: str = "annotations/instances_default.json", **image: Any
) -> None:
    photo(folder / "images" / "a.jpg")
    things = [{"image_id": 3, "category_id": 2 + i % 2, "segmentation": o} for i, o in enumerate(outlines)]
    notes = {
        "images": [{"id": 3, "file_name": "a.jpg", "height": SIDE, "width": SIDE} | image],
        "annotations": things,
        "categories": [{"id": 3, "name": "iris"}, {"id": 2, "name": "skin"}],
    }
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(notes))


SQUARE = [[5, 5, 20, 5, 20, 20, 5, 20]]


@pytest.mark.parametrize("name", ["annotations/instances_default.json", "_annotations.coco.json"])
@pytest.mark.parametrize(
    "image", [{}, {"height": None, "width": None}, {"file_name": "C:\\x\\images\\A.JPG"}]
)
def test_cocos_polygons_and_run_lengths_are_painted_in_turn(
    name: str, image: dict[str, Any], tmp_path: Path
) -> None:
    inner = {"size": [SIDE, SIDE], "counts": letters(runs(IDS == 2))}
    coco(tmp_path / "task", SQUARE, inner, name=name, **image)
    found, label_map = converted(tmp_path / "task")
    assert (found.kind, found.schema.names) == ("coco", ["background", "skin", "iris"])
    assert np.array_equal(label_map, IDS) and found.dropped == {}


def test_cocos_boxes_and_photos_that_are_not_there_are_counted(tmp_path: Path) -> None:
    coco(tmp_path / "task", SQUARE, [], [[1, 1, 2, 2]])
    path = tmp_path / "task" / "annotations" / "instances_default.json"
    notes = json.loads(path.read_text())
    notes["images"] += [{"id": 4, "file_name": "gone.jpg"}, {"id": 5, "file_name": "b.jpg"}]
    path.write_text(json.dumps(notes))
    photo(tmp_path / "task" / "images" / "b.jpg")
    found, _ = converted(tmp_path / "task")
    assert found.photos == 1 and found.dropped == {
        "thing without an outline": 1,
        "polygon of 2 points": 1,
        "labels without a photo": 1,
        "photo without labels": 1,
    }


@pytest.mark.parametrize(
    ("outline", "reason"),
    [
        ({"size": [SIDE, SIDE], "counts": [5]}, "do not fill"),
        ({"size": [SIDE, SIDE], "counts": [-1, SIDE * SIDE + 1]}, "do not fill"),
        ({"size": [10**6, 10**6], "counts": [10**12]}, "but the picture is"),
        ({"size": [SIDE, SIDE], "counts": "~~~"}, "letter|text"),
        ({"size": [SIDE], "counts": [5]}, "as COCO has it"),
        ([[1, 2, 3, 4, 5]], "as COCO has it"),
        ([["x"] * 6], "as COCO has it"),
        ([[1e300] * 6], "px away"),
        (5, "as COCO has it"),
    ],
)
def test_outlines_that_are_none_are_one_sentence(outline: Any, reason: str, tmp_path: Path) -> None:
    coco(tmp_path / "task", outline)
    with pytest.raises(LabelError, match=reason):
        convert_annotations(tmp_path / "task", tmp_path / "out")


def test_cvats_xml_is_named_with_what_to_export_instead(tmp_path: Path) -> None:
    (tmp_path / "task").mkdir()
    (tmp_path / "task" / "annotations.xml").write_text("<annotations/>")
    with pytest.raises(LabelError, match="segmentation mask"):
        convert_annotations(tmp_path / "task", tmp_path / "out")


def test_two_photos_of_one_name_are_not_written_over_each_other(tmp_path: Path) -> None:
    for suffix in (".jpg", ".webp"):
        photo(tmp_path / "task" / f"a{suffix}")
    picture(tmp_path / "task" / "a.png", IDS, [(0, 0, 0), (1, 2, 3), (255, 0, 0)])
    with pytest.raises(ValueError, match="two photos called a"):
        convert_annotations(tmp_path / "task", tmp_path / "out")
