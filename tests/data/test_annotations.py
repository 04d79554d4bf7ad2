import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image as PilImage
from safetensors.torch import save_file

from editgan.core.errors import EditGANError, InputError, LabelError, PhotoError
from editgan.core.label_pictures import save_label_map
from editgan.core.labels import IGNORED, LabelSchema
from editgan.data.annotations import load_annotations, load_schema
from editgan.data.labelme import load_labelme

SIDE = 40


def photo(folder: Path, name: str, color: int = 90) -> None:
    PilImage.new("RGB", (SIDE, SIDE), (color, color, color)).save(folder / name)


def square(schema: LabelSchema, class_id: int = 2) -> torch.Tensor:
    label_map = torch.zeros(SIDE, SIDE, dtype=torch.int64)
    label_map[10:30, 5:15] = class_id
    return label_map


def labelme(*shapes: dict[str, Any], side: int = SIDE) -> dict[str, Any]:
    return {"imageHeight": side, "imageWidth": side, "shapes": list(shapes)}


POLYGON = {"label": "mouth_interior", "shape_type": "polygon"}
SQUARE = POLYGON | {"points": [[5, 10], [15, 10], [15, 30], [5, 30]]}


def write(folder: Path, notes: Any, name: str = "a.json") -> Path:
    (folder / name).write_text(json.dumps(notes))
    return folder / name


def test_palette_labels_are_read_beside_their_photo(schema: LabelSchema, tmp_path: Path) -> None:
    photo(tmp_path, "b.jpg", 200)
    photo(tmp_path, "a.jpg", 10)
    photo(tmp_path, "unlabelled.jpg")
    for name in ("a", "b"):
        save_label_map(square(schema), schema, tmp_path / f"{name}.png")
    a, b = load_annotations(tmp_path, schema)
    assert (a.name, b.name) == ("a.jpg", "b.jpg")
    assert a.pixels.shape == (1, SIDE, SIDE, 3) and a.pixels.float().mean() < b.pixels.float().mean()
    assert torch.equal(a.label_map[0], square(schema))


def test_labelme_polygons_and_palette_agree(schema: LabelSchema, tmp_path: Path) -> None:
    photo(tmp_path, "a.jpg")
    write(tmp_path, labelme(SQUARE))
    (drawn,) = load_annotations(tmp_path, schema)
    wrong = (drawn.label_map[0] != square(schema)).sum().item()
    assert wrong <= 20 + 10 + 1  # at most one row and one column


def test_a_polygon_covers_what_lies_inside_it(schema: LabelSchema, tmp_path: Path) -> None:
    points = [[3.0, 4.0], [33.5, 8.0], [20.0, 36.0]]
    label_map = load_labelme(write(tmp_path, labelme(POLYGON | {"points": points})), schema)[0]
    ys, xs = (torch.arange(SIDE) + 0.5).reshape(-1, 1), torch.arange(SIDE) + 0.5
    distances = []
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        distances.append(((x1 - x0) * (ys - y0) - (y1 - y0) * (xs - x0)) / length)
    inside = torch.stack(distances).amin(0)  # signed distance to the outline, positive inside
    assert (label_map[inside > 0.75] == 2).all()
    assert (label_map[inside < -0.75] == 0).all()


def test_later_shapes_lie_over_earlier_ones(schema: LabelSchema, tmp_path: Path) -> None:
    dot = {"label": "iris", "shape_type": "circle", "points": [[10, 20], [13, 20]]}
    box = {"label": "brow", "shape_type": "rectangle", "points": [[30, 30], [20, 10]]}
    label_map = load_labelme(write(tmp_path, labelme(SQUARE, dot, box)), schema)[0]
    assert label_map[20, 10] == 4 and label_map[12, 6] == 2 and label_map[20, 25] == 3
    assert label_map[0, 0] == 0


@pytest.mark.parametrize(
    "notes",
    [
        [],
        {"shapes": []},
        labelme({"label": "iris"}),
        labelme(SQUARE | {"points": [["x", 1], [2, 3], [4, 5]]}),
        labelme(SQUARE | {"points": [[1, 2, 3]] * 3}),
        labelme(SQUARE | {"label": "nose"}),
        labelme("iris"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_labelme_json_is_refused(notes: Any, schema: LabelSchema, tmp_path: Path) -> None:
    with pytest.raises(LabelError):
        load_labelme(write(tmp_path, notes), schema)


def test_labels_of_another_size_are_refused(schema: LabelSchema, tmp_path: Path) -> None:
    photo(tmp_path, "a.jpg")
    write(tmp_path, labelme(SQUARE, side=SIDE + 1))
    with pytest.raises(LabelError, match=r"41.*40"):
        load_annotations(tmp_path, schema)
    save_label_map(square(schema)[1:], schema, tmp_path / "a.png")
    with pytest.raises(LabelError, match=r"40.*39"):
        load_annotations(tmp_path, schema)


def test_a_broken_photo_is_refused_by_name(schema: LabelSchema, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no photo")
    save_label_map(square(schema), schema, tmp_path / "a.png")
    with pytest.raises(PhotoError, match=r"a\.jpg"):
        load_annotations(tmp_path, schema)


def test_a_png_photo_may_have_labelme_labels(schema: LabelSchema, tmp_path: Path) -> None:
    photo(tmp_path, "a.png")
    write(tmp_path, labelme(SQUARE))
    (found,) = load_annotations(tmp_path, schema)
    assert found.name == "a.png" and (found.label_map == 2).sum() > 150


def test_a_broken_picture_without_labels_is_passed_over(schema: LabelSchema, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no photo")
    photo(tmp_path, "b.jpg")
    save_label_map(square(schema), schema, tmp_path / "b.png")
    assert [a.name for a in load_annotations(tmp_path, schema)] == ["b.jpg"]


def test_a_folder_without_annotations_is_refused(schema: LabelSchema, tmp_path: Path) -> None:
    photo(tmp_path, "a.jpg")
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(LabelError):
            load_annotations(folder, schema)


def test_the_schema_lies_in_the_folder_or_above(schema: LabelSchema, tmp_path: Path) -> None:
    inner = tmp_path / "train"
    inner.mkdir()
    with pytest.raises(LabelError, match=r"classes\.json"):
        load_schema(inner)
    schema.save(tmp_path / "classes.json")
    assert load_schema(inner) == schema
    (inner / "classes.json").write_text("<html>")
    with pytest.raises(EditGANError):
        load_schema(inner)


def test_labels_that_are_no_json_are_refused(schema: LabelSchema, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("<html>")
    with pytest.raises(InputError, match="JSON"):
        load_labelme(tmp_path / "a.json", schema)


def test_an_embedding_beside_the_photo_is_read_with_it(schema: LabelSchema, tmp_path: Path) -> None:
    for name in ("a", "b"):
        photo(tmp_path, f"{name}.jpg")
        save_label_map(square(schema), schema, tmp_path / f"{name}.png")
    w_plus = torch.randn(1, 8, 16)
    for value in (w_plus, w_plus[0]):
        save_file({"w_plus": value.contiguous()}, tmp_path / "a.safetensors")
        a, b = load_annotations(tmp_path, schema)
        assert a.w_plus is not None and torch.equal(a.w_plus, w_plus) and b.w_plus is None


@pytest.mark.parametrize(
    "tensors",
    [
        {"delta": torch.zeros(8, 16)},
        {"w_plus": torch.zeros(2, 8, 16)},
        {"w_plus": torch.full((8, 16), torch.nan)},
    ],
)
def test_an_embedding_that_is_none_is_one_sentence(
    tensors: dict[str, torch.Tensor], schema: LabelSchema, tmp_path: Path
) -> None:
    photo(tmp_path, "a.jpg")
    save_label_map(square(schema), schema, tmp_path / "a.png")
    save_file(tensors, tmp_path / "a.safetensors")
    with pytest.raises(LabelError, match="w_plus"):
        load_annotations(tmp_path, schema)


@pytest.mark.parametrize(
    ("picture", "labels"), [("a.JPG", "a.PNG"), ("a.jpg", "a.gif"), ("\u00fc.jpg", "u\u0308.png")]
)
def test_labels_are_found_whatever_the_spelling_of_their_name(
    picture: str, labels: str, schema: LabelSchema, tmp_path: Path
) -> None:
    photo(tmp_path, picture)
    (tmp_path / "._a.png").write_bytes(b"what macOS leaves on other disks")
    save_label_map(square(schema), schema, tmp_path / "a.tmp")
    with PilImage.open(tmp_path / "a.tmp") as saved:
        saved.save(tmp_path / labels)
    (found,) = load_annotations(tmp_path, schema)
    assert found.name == picture and torch.equal(found.label_map[0], square(schema))


def test_a_png_photo_with_labelme_labels_may_have_an_upper_case_suffix(
    schema: LabelSchema, tmp_path: Path
) -> None:
    photo(tmp_path, "a.PNG")
    write(tmp_path, labelme(SQUARE), "a.JSON")
    (found,) = load_annotations(tmp_path, schema)
    assert found.name == "a.PNG" and (found.label_map == 2).sum() == 200


def test_labels_with_nothing_to_learn_are_refused(schema: LabelSchema, tmp_path: Path) -> None:
    photo(tmp_path, "a.jpg")
    write(tmp_path, labelme(SQUARE, SQUARE | {"label": "__ignore__", "points": [[0, 0], [9, 0], [9, 9]]}))
    left_out = Counter[str]()
    (found,) = load_annotations(tmp_path, schema, left_out)
    assert (found.label_map == IGNORED).any() and not left_out
    frame = [[0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE]]
    write(tmp_path, labelme(SQUARE | {"label": "__ignore__", "points": frame}))
    with pytest.raises(LabelError, match="every pixel"):
        load_annotations(tmp_path, schema)


def test_classes_are_made_from_labelmes_labels_where_there_is_no_list(tmp_path: Path) -> None:
    for name, label in (("a", "skin"), ("b", "hair"), ("c", "_background_"), ("d", "__ignore__")):
        photo(tmp_path, f"{name}.jpg")
        write(tmp_path, labelme(SQUARE | {"label": label}), f"{name}.json")
    made = load_schema(tmp_path)
    assert made.names == ["background", "hair", "skin"]
    assert [a.label_map.max().item() for a in load_annotations(tmp_path, made)[:3]] == [2, 1, 0]
    made.save(tmp_path / "classes.json")
    assert load_schema(tmp_path) == made


def test_classes_are_made_from_palettes_where_there_is_no_list(schema: LabelSchema, tmp_path: Path) -> None:
    for name, class_id in (("a", 2), ("b", 4)):
        photo(tmp_path, f"{name}.jpg")
        save_label_map(square(schema, class_id), schema, tmp_path / f"{name}.png")
    made = load_schema(tmp_path)
    assert made.names == ["background", *(f"part_{i}" for i in range(1, 5))]
    assert made.classes[4].color == schema.classes[4].color
    with PilImage.open(tmp_path / "a.png") as picture:  # the same colours in another order
        picture.convert("RGB").quantize(2).save(tmp_path / "a.gif")
    (tmp_path / "a.png").unlink()
    assert [a.label_map.max().item() for a in load_annotations(tmp_path, made)] == [2, 4]
    photo(tmp_path, "c.jpg")
    write(tmp_path, labelme(SQUARE), "c.json")
    with pytest.raises(LabelError, match="which number is which name"):
        load_schema(tmp_path)


def test_classes_may_be_listed_as_other_programs_do(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_bytes(
        "__ignore__\n_background_\nskin\nBraue-\u00fc\n".encode("utf-8-sig")
    )
    assert load_schema(tmp_path).names == ["_background_", "skin", "Braue-\u00fc"]
    (tmp_path / "labelmap.txt").write_text("# c\nskin:1,2,3::\nhair:4,5,6:a,b:c\n")
    found = load_schema(tmp_path)
    assert found.names == ["background", "skin", "hair"] and found.classes[2].color == (4, 5, 6)
