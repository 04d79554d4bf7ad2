from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage

from editgan.core.errors import InputError, LabelError
from editgan.core.label_pictures import load_label_map, save_label_map
from editgan.core.labels import LabelClass, LabelSchema, at_side, isin, resize_label_map


def random_map(schema: LabelSchema, side: int = 12) -> torch.Tensor:
    return torch.randint(len(schema), (1, side, side))


def test_a_palette_png_comes_back_as_it_was(schema: LabelSchema, tmp_path: Path) -> None:
    label_map = random_map(schema)
    save_label_map(label_map[0], schema, tmp_path / "parts.png")
    assert torch.equal(load_label_map(tmp_path / "parts.png", schema), label_map)


def test_the_palette_shows_the_schemas_colours(schema: LabelSchema, tmp_path: Path) -> None:
    label_map = random_map(schema)
    save_label_map(label_map[0], schema, tmp_path / "parts.png")
    with PilImage.open(tmp_path / "parts.png") as picture:
        assert picture.mode == "P"
        shown = np.asarray(picture.convert("RGB"))
    assert np.array_equal(shown, schema.colorize(label_map)[0].numpy())


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_picture_in_the_schemas_colours_is_a_label_map(
    mode: str, schema: LabelSchema, tmp_path: Path
) -> None:
    label_map = random_map(schema)
    PilImage.fromarray(schema.colorize(label_map)[0].numpy()).convert(mode).save(tmp_path / "colors.png")
    assert torch.equal(load_label_map(tmp_path / "colors.png", schema), label_map)


def test_a_grey_picture_of_ids_is_a_label_map(schema: LabelSchema, tmp_path: Path) -> None:
    label_map = random_map(schema)
    PilImage.fromarray(label_map[0].numpy().astype(np.uint8)).save(tmp_path / "ids.png")
    assert torch.equal(load_label_map(tmp_path / "ids.png", schema), label_map)


def test_a_colour_of_no_class_is_refused_by_name(schema: LabelSchema, tmp_path: Path) -> None:
    PilImage.new("RGB", (8, 8), (1, 2, 3)).save(tmp_path / "colors.png")
    with pytest.raises(LabelError, match=r"\[1, 2, 3\]"):
        load_label_map(tmp_path / "colors.png", schema)


def test_an_id_of_no_class_is_refused_by_number(schema: LabelSchema, tmp_path: Path) -> None:
    PilImage.new("L", (8, 8), 9).save(tmp_path / "ids.png")
    with pytest.raises(LabelError, match=r"\[9\].*0 to 4"):
        load_label_map(tmp_path / "ids.png", schema)


def test_what_is_no_picture_of_ids_is_refused(schema: LabelSchema, tmp_path: Path) -> None:
    path = tmp_path / "parts.png"
    path.write_text("no picture")
    with pytest.raises(LabelError, match="palette PNG"):
        load_label_map(path, schema)
    save_label_map(random_map(schema, 64)[0], schema, path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(LabelError, match="palette PNG"):
        load_label_map(path, schema)
    PilImage.new("CMYK", (8, 8)).save(tmp_path / "ink.tif")
    with pytest.raises(LabelError, match="CMYK"):
        load_label_map(tmp_path / "ink.tif", schema)
    with pytest.raises(LabelError, match="missing"):
        load_label_map(tmp_path / "missing.png", schema)


def test_a_schema_comes_back_as_it_was(schema: LabelSchema, tmp_path: Path) -> None:
    schema.save(tmp_path / "schema.json")
    assert LabelSchema.load(tmp_path / "schema.json") == schema


def test_a_group_names_all_its_classes(schema: LabelSchema) -> None:
    assert schema.ids("mouth") == [1, 2]
    assert schema.ids("mouth", "upper_lip", "iris") == [1, 2, 4]


def test_an_unknown_part_is_refused_with_the_known_ones(schema: LabelSchema) -> None:
    with pytest.raises(LabelError, match=r"'nose'.*upper_lip.*mouth"):
        schema.ids("nose")


RED = (255, 0, 0)


@pytest.mark.parametrize(
    ("classes", "groups"),
    [
        ((), {}),
        ((LabelClass(1, "a", RED),), {}),
        ((LabelClass(1, "a", RED), LabelClass(0, "b", RED)), {}),
        ((LabelClass(0, "a", RED), LabelClass(1, "a", RED)), {}),
        ((LabelClass(0, "a", RED),), {"a": ("a",)}),
        ((LabelClass(0, "a", RED),), {"g": ("b",)}),
    ],
)
def test_a_schema_that_contradicts_itself_is_refused(
    classes: tuple[LabelClass, ...], groups: dict[str, tuple[str, ...]]
) -> None:
    with pytest.raises(LabelError):
        LabelSchema(classes, groups)


@pytest.mark.parametrize(
    "values",
    [
        [],
        {},
        {"classes": [{"id": 0, "name": "a"}]},
        {"classes": [{"id": "x", "name": "a", "color": [0, 0, 0]}]},
        {"classes": [{"id": 0, "name": "a", "color": [0, 0]}]},
        {"classes": [{"id": 0, "name": "a", "color": [0, 0, 256]}]},
        {"classes": [{"id": 0, "name": "a", "color": [0, 0, 0]}], "groups": ["a"]},
    ],
)
def test_json_that_is_no_schema_is_refused(values: object) -> None:
    with pytest.raises(LabelError, match="a schema needs"):
        LabelSchema.from_json(values)


def test_a_schema_file_that_is_missing_or_no_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="missing"):
        LabelSchema.load(tmp_path / "schema.json")
    (tmp_path / "schema.json").write_text("<html>")
    with pytest.raises(InputError, match="JSON"):
        LabelSchema.load(tmp_path / "schema.json")


def test_resizing_keeps_ids_and_takes_the_majority(schema: LabelSchema) -> None:
    label_map = torch.zeros(1, 8, 8, dtype=torch.int64)
    label_map[:, :, 4:] = 4
    label_map[:, 0, 0] = 2  # a quarter of its new pixel
    small = resize_label_map(label_map, 4, len(schema))
    assert small.tolist() == [[[0, 0, 4, 4]] * 4]
    assert set(resize_label_map(label_map, 13, len(schema)).unique().tolist()) <= {0, 2, 4}
    assert resize_label_map(label_map, 8, len(schema)) is label_map


def test_at_another_side_every_pixel_has_the_value_in_which_its_centre_lies() -> None:
    label_map = torch.arange(16).reshape(1, 4, 4)
    assert at_side(label_map, 4) is label_map
    assert torch.equal(at_side(label_map, 8), label_map.repeat_interleave(2, 1).repeat_interleave(2, 2))
    assert at_side(label_map, 6)[0, 0].tolist() == [0, 1, 1, 2, 3, 3]  # centres at 1/3, 1, 5/3, ...
    for side in (5, 7, 13):
        centres = [int((i + 0.5) * 4 / side) for i in range(side)]
        assert at_side(label_map, side)[0, 0].tolist() == centres
        assert torch.equal(at_side(at_side(label_map, side), 4), label_map)  # and back
    region = torch.zeros(2, 1, 4, 4, dtype=torch.bool)
    region[1, 0, 3, 0] = True
    wide = at_side(region, 8)
    assert wide.dtype == torch.bool and wide.shape == (2, 1, 8, 8)
    assert wide.sum() == 4 and wide[1, 0, 6:, :2].all()


def test_isin_marks_the_pixels_of_any_of_the_classes() -> None:
    label_map = torch.tensor([[[0, 1], [2, 3]]])
    assert isin(label_map, [1, 3]).tolist() == [[[False, True], [False, True]]]
    assert not isin(label_map, []).any()
