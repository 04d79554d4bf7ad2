"""What a label picture means: its colours, its indices where nothing speaks against them, or a refusal."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage

from editgan.core.errors import LabelError
from editgan.core.label_pictures import (
    load_label_map,
    load_own_label_map,
    palette_png,
    read_label_map,
    save_label_map,
)
from editgan.core.labels import IGNORED, IGNORED_COLOR, LabelClass, LabelSchema, resize_label_map

COLORS = ((0, 0, 0), (200, 60, 60), (255, 255, 255), (90, 60, 20), (40, 90, 200))
SCHEMA = LabelSchema(tuple(LabelClass(i, f"part {i}", color) for i, color in enumerate(COLORS)))


def random_map(classes: int = len(SCHEMA), side: int = 12) -> torch.Tensor:
    return torch.randint(classes, (1, side, side), generator=torch.Generator().manual_seed(1))


def saved(picture: PilImage.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def shuffled(label_map: torch.Tensor, order: list[int], unused: int = 0) -> PilImage.Image:
    """The same colours under other indices; unused ones first."""
    index_of = {old: new + unused for new, old in enumerate(order)}
    indices = np.vectorize(index_of.get)(label_map[0].numpy()).astype(np.uint8)
    picture = PilImage.fromarray(indices)
    picture.putpalette([7, 7, 9] * unused + [channel for old in order for channel in COLORS[old]])
    return picture


@given(st.permutations(range(len(SCHEMA))), st.integers(0, 100))
@settings(derandomize=True, max_examples=30, deadline=None)
def test_a_palette_in_any_order_is_read_by_its_colours(order: list[int], unused: int) -> None:
    label_map = random_map()
    data = saved(shuffled(label_map, order, unused))
    assert torch.equal(read_label_map(data, SCHEMA, "a"), label_map)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "BMP", "TIFF"])
def test_a_picture_saved_anew_says_the_same(kind: str) -> None:
    label_map = random_map()
    label_map[label_map == 1] = 4  # an optimiser drops the colour that nothing has
    rgb = palette_png(label_map[0], SCHEMA).convert("RGB")
    for picture in (palette_png(label_map[0], SCHEMA), rgb.quantize(256), rgb.quantize(4, 2)):
        optimised = {"optimize": True} if kind in ("GIF", "PNG") else {}
        assert torch.equal(read_label_map(saved(picture, kind, **optimised), SCHEMA, "a"), label_map)


def test_a_palette_of_other_colours_is_refused_with_what_differs() -> None:
    picture = shuffled(random_map(), [0, 1, 2, 3, 4])
    picture.putpalette([0, 0, 0, 1, 2, 3, 9, 9, 9, 90, 60, 20, 40, 90, 200])
    with pytest.raises(
        LabelError, match=r"1 shows \[1, 2, 3\], not \[200, 60, 60\], 2 shows \[9, 9, 9\], not"
    ):
        read_label_map(saved(picture), SCHEMA, "a")


def test_a_colour_of_two_classes_means_an_index_or_nothing() -> None:
    twins = LabelSchema((*SCHEMA.classes, LabelClass(5, "twin", COLORS[1])))
    label_map = random_map(6)
    assert torch.equal(read_label_map(saved(palette_png(label_map[0], twins)), twins, "a"), label_map)
    for picture in (shuffled(random_map(), [1, 0, 2, 3, 4]), palette_png(label_map[0], twins).convert("RGB")):
        with pytest.raises(LabelError, match="200, 60, 60"):
            read_label_map(saved(picture), twins, "a")


def test_grey_steps_are_ids_whether_as_palette_or_not() -> None:
    label_map = random_map()
    grey = PilImage.fromarray(label_map[0].numpy().astype(np.uint8))
    stepped = grey.copy()
    stepped.putpalette([value for value in range(256) for _ in range(3)])
    deep = PilImage.fromarray(label_map[0].numpy().astype(np.uint16))
    for picture in (grey, stepped, deep):
        assert torch.equal(read_label_map(saved(picture), SCHEMA, "a"), label_map)


def test_greys_of_the_schema_are_its_classes() -> None:
    label_map = random_map(2) * 2  # black and white: what an optimiser saves without palette
    grey = palette_png(label_map[0], SCHEMA).convert("L")
    assert torch.equal(read_label_map(saved(grey), SCHEMA, "a"), label_map)


def test_a_mask_is_no_label_map() -> None:
    plain = LabelSchema(SCHEMA.classes[:2])
    mask = PilImage.fromarray(random_map(2)[0].numpy().astype(np.uint8) * 255)
    with pytest.raises(LabelError, match="black and white"):
        read_label_map(saved(mask), plain, "a", with_ignored=True)


def test_ignored_pixels_come_back_from_our_own_files(tmp_path: Path) -> None:
    label_map = random_map()
    label_map[:, :3] = IGNORED
    save_label_map(label_map[0], SCHEMA, tmp_path / "a.png")
    assert torch.equal(load_label_map(tmp_path / "a.png", SCHEMA, with_ignored=True), label_map)
    with PilImage.open(tmp_path / "a.png") as picture:
        assert picture.convert("RGB").getpixel((0, 0)) == IGNORED_COLOR
        again = saved(picture.convert("RGB").quantize(256), "GIF")
    assert torch.equal(read_label_map(again, SCHEMA, "a", with_ignored=True), label_map)
    assert (SCHEMA.colorize(label_map)[0, 0, 0] == torch.tensor(IGNORED_COLOR)).all()
    with pytest.raises(LabelError, match="255"):  # a person's target has no such pixels
        load_label_map(tmp_path / "a.png", SCHEMA)


def test_other_programs_ignored_pixels_may_have_any_colour() -> None:
    label_map = random_map()
    label_map[:, :3] = IGNORED
    picture = palette_png(label_map[0], SCHEMA)
    picture.putpalette([c for color in COLORS for c in color] + [0, 0, 0] * 250 + [1, 99, 2])
    assert torch.equal(read_label_map(saved(picture), SCHEMA, "a", with_ignored=True), label_map)


def test_own_files_are_read_although_the_colours_have_changed(tmp_path: Path) -> None:
    label_map = random_map()
    save_label_map(label_map[0], SCHEMA, tmp_path / "a.png")
    recoloured = LabelSchema(tuple(LabelClass(c.id, c.name, (c.id, 200, 7)) for c in SCHEMA.classes))
    assert torch.equal(load_own_label_map(tmp_path / "a.png", recoloured), label_map)
    with pytest.raises(LabelError, match="other colours"):
        load_label_map(tmp_path / "a.png", recoloured)


def test_resizing_by_majority_keeps_what_is_ignored() -> None:
    label_map = torch.zeros(1, 8, 8, dtype=torch.int64)
    label_map[:, :, 4:] = IGNORED
    label_map[:, 0, 7] = 3
    assert resize_label_map(label_map, 4, 5).tolist() == [[[0, 0, IGNORED, IGNORED]] * 4]


def test_a_picture_that_asks_for_much_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(LabelError, match="20 px"):
        read_label_map(saved(PilImage.new("L", (21, 5))), SCHEMA, "a", max_side=20)
    header = saved(PilImage.new("1", (1, 1)))
    huge = header.replace((1).to_bytes(4, "big") * 2, (100_000).to_bytes(4, "big") * 2)
    with pytest.raises(LabelError, match=r"a label map is|megapixels"):
        read_label_map(huge, SCHEMA, "a")
