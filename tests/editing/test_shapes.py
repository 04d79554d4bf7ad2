import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from editgan.core.errors import LabelError
from editgan.core.labels import isin
from editgan.editing.shapes import bend, open_between, scale, slide, spread

SIDE = 10
SKIN, UPPER, INSIDE, LOWER, SCLERA, IRIS = 1, 2, 3, 4, 5, 6
maps = arrays(np.int64, (1, SIDE, SIDE), elements=st.integers(0, 3)).map(torch.from_numpy)
quick = settings(max_examples=25, deadline=None)


def painted(*boxes: tuple[int, int, int, int, int], side: int = 21) -> torch.Tensor:
    """Skin with boxes of (class, top, bottom, left, right), last rows and columns left out."""
    label_map = torch.full((1, side, side), SKIN)
    for class_id, top, bottom, left, right in boxes:
        label_map[0, top:bottom, left:right] = class_id
    return label_map


def box_of(label_map: torch.Tensor, *classes: int) -> tuple[int, int, int, int]:
    """top, bottom, left, right of the classes, as in `painted`."""
    rows, columns = isin(label_map, classes)[0].nonzero().unbind(1)
    return int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1


def lips(gap: int = 0) -> torch.Tensor:
    """Upper lip in rows 8 and 9, lower lip in 10 and 11 or lower, skin between them."""
    return painted((UPPER, 8, 10, 5, 16), (LOWER, 10 + gap, 12 + gap, 5, 16))


def eyes() -> torch.Tensor:
    whites = [(SCLERA, 5, 8, 1, 8), (SCLERA, 5, 8, 12, 19)]
    return painted(*whites, (IRIS, 5, 8, 3, 6), (IRIS, 5, 8, 14, 17))


@quick
@given(maps, st.floats(0.1, 4), st.floats(0.1, 4), st.floats(-5, 5))
def test_a_new_shape_uses_the_pictures_classes_and_changes_no_input(
    label_map: torch.Tensor, sx: float, sy: float, px: float
) -> None:
    copy = label_map.clone()
    for result in (scale(label_map, [1, 2], sx, sy), bend(label_map, [1], px)):
        assert result.dtype == label_map.dtype and result.shape == label_map.shape
        assert set(result.unique().tolist()) <= set(copy.unique().tolist())
    assert torch.equal(label_map, copy)


@quick
@given(maps)
def test_no_change_of_shape_is_no_change(label_map: torch.Tensor) -> None:
    assert torch.equal(scale(label_map, [1, 2], 1, 1), label_map)
    assert torch.equal(bend(label_map, [1, 2], 0), label_map)


@pytest.mark.parametrize(("sx", "sy", "height", "width"), [(2, 1, 4, 12), (0.5, 1, 4, 3), (1.2, 1.25, 5, 7)])
def test_a_part_is_scaled_to_whole_pixels_without_holes(
    sx: float, sy: float, height: int, width: int
) -> None:
    top, bottom, left, right = box_of(scaled := scale(painted((2, 8, 12, 7, 13)), [2], sx, sy), 2)
    assert (bottom - top, right - left) == (height, width)
    assert (scaled[0, top:bottom, left:right] == 2).all()
    assert abs(top + bottom - 20) <= 1 and abs(left + right - 20) <= 1


def test_pieces_side_by_side_are_scaled_each_about_its_own_centre() -> None:
    scaled = scale(eyes(), [SCLERA, IRIS], 1, 5 / 3)
    assert box_of(scaled, SCLERA, IRIS) == (4, 9, 1, 19)
    assert torch.equal(scaled[:, 4], eyes()[:, 5])  # the irises are still where they were


def test_pieces_one_above_the_other_are_scaled_as_one() -> None:
    scaled = scale(painted((UPPER, 6, 8, 5, 16), (LOWER, 12, 14, 6, 15)), [UPPER, LOWER], 1, 1.5)
    assert box_of(scaled, UPPER) == (4, 7, 5, 16) and box_of(scaled, LOWER) == (13, 16, 6, 15)


def test_a_groups_inner_arrangement_is_stretched_with_it() -> None:
    mouth = painted((UPPER, 8, 9, 6, 14), (INSIDE, 9, 11, 6, 14), (LOWER, 11, 12, 6, 14))
    scaled = scale(mouth, [UPPER, INSIDE, LOWER], 1, 2)
    assert scaled[0, 6:14, 10].tolist() == [UPPER] * 2 + [INSIDE] * 4 + [LOWER] * 2


def test_a_speck_stays_where_it_is() -> None:
    label_map = painted((2, 8, 12, 7, 13), (2, 1, 2, 9, 10))
    scaled = scale(label_map, [2], 2, 2)
    assert scaled[0, 1, 9] == 2
    scaled[0, 1, 9] = SKIN
    assert box_of(scaled, 2) == (6, 14, 4, 16)


def test_what_a_smaller_part_leaves_takes_the_nearest_other_class() -> None:
    label_map = painted((0, 0, 21, 0, 10), (2, 8, 12, 6, 14))
    scaled = scale(label_map, [2], 0.25, 1)
    assert (scaled[0, 8:12, 6:9] == 0).all() and (scaled[0, 8:12, 11:14] == SKIN).all()


def test_under_a_lip_that_rises_comes_the_mouth_and_not_the_skin() -> None:
    label_map = painted((UPPER, 8, 10, 0, 21), (INSIDE, 10, 14, 0, 21))
    assert bend(label_map, [UPPER], 2)[0, 5:11, 0].tolist() == [SKIN] + [UPPER] * 2 + [INSIDE] * 3


@pytest.mark.parametrize("px", [3, -3, 1.5])
def test_bending_lifts_the_ends_and_leaves_the_middle(px: float) -> None:
    bent = bend(painted((2, 9, 11, 5, 16)), [2], px)
    tops = [box_of(bent[:, :, x : x + 1], 2)[0] for x in range(5, 16)]
    assert tops == tops[::-1] and tops[5] == 9
    assert tops[0] == 9 - math.floor(px + 0.5)
    assert (bent == 2).sum() == 22


def test_each_brow_is_bent_by_itself() -> None:
    bent = bend(painted((2, 9, 11, 1, 8), (2, 9, 11, 12, 19)), [2], 2)
    tops = [box_of(bent[:, :, x : x + 1], 2)[0] for x in (1, 4, 7, 12, 15, 18)]
    assert tops == [7, 9, 7, 7, 9, 7]


def test_closed_lips_open_as_a_lens_and_the_lower_one_keeps_its_height() -> None:
    opened = open_between(lips(), INSIDE, [UPPER], [LOWER], 3)
    heights = (opened[0] == INSIDE).sum(0)[5:16].tolist()
    assert heights[5] == 3 and heights == heights[::-1] and heights[:6] == sorted(heights[:6])
    assert heights[0] <= 1
    assert opened[0, 8:16, 10].tolist() == [UPPER] * 2 + [INSIDE] * 3 + [LOWER] * 2 + [SKIN]
    assert ((opened == LOWER).sum(1) == (lips() == LOWER).sum(1)).all()
    assert torch.equal(opened == UPPER, lips() == UPPER)


def test_an_open_mouth_opens_further() -> None:
    mouth = painted((UPPER, 6, 8, 5, 16), (INSIDE, 8, 12, 5, 16), (LOWER, 12, 14, 5, 16))
    opened = open_between(mouth, INSIDE, [UPPER], [LOWER], 2)
    assert opened[0, 6:17, 10].tolist() == [UPPER] * 2 + [INSIDE] * 6 + [LOWER] * 2 + [SKIN]


def test_a_little_skin_between_the_lips_becomes_the_opening() -> None:
    opened = open_between(lips(gap=1), INSIDE, [UPPER], [LOWER], 2)
    assert opened[0, 8:16, 10].tolist() == [UPPER] * 2 + [INSIDE] * 3 + [LOWER] * 2 + [SKIN]


def test_an_opening_at_the_pictures_edge_pushes_the_lower_part_out() -> None:
    edge = painted((UPPER, 17, 19, 5, 16), (LOWER, 19, 21, 5, 16))
    opened = open_between(edge, INSIDE, [UPPER], [LOWER], 9)
    assert opened[0, 17:, 10].tolist() == [UPPER, UPPER, INSIDE, INSIDE]


@pytest.mark.parametrize(
    "label_map",
    [lips(gap=4), painted((UPPER, 10, 12, 5, 16), (LOWER, 8, 10, 5, 16))],
    ids=["apart", "swapped"],
)
def test_what_does_not_meet_cannot_be_opened(label_map: torch.Tensor) -> None:
    with pytest.raises(LabelError, match="no border to open"):
        open_between(label_map, INSIDE, [UPPER], [LOWER], 2)


def test_a_part_cannot_be_opened_against_itself() -> None:
    with pytest.raises(LabelError, match="two different parts"):
        open_between(lips(), INSIDE, [UPPER, LOWER], [LOWER], 2)


def test_irises_slide_inside_their_eyes_only() -> None:
    slid = slide(eyes(), [IRIS], [SCLERA, IRIS], 1, 0)
    row = [SKIN] + [SCLERA] * 3 + [IRIS] * 3 + [SCLERA] + [SKIN] * 4
    assert slid[0, 6].tolist() == row + [SCLERA] * 3 + [IRIS] * 3 + [SCLERA] + [SKIN] * 2
    around = isin(eyes(), [SCLERA, IRIS])
    for dx, dy in ((3, 0), (-2, 1), (0, -2)):
        slid = slide(eyes(), [IRIS], [SCLERA], dx, dy)  # naming the iris again is not needed
        assert torch.equal(isin(slid, [SCLERA, IRIS]), around)
        assert torch.equal(slid[~around], eyes()[~around])
        assert not torch.equal(slid, eyes())


def test_an_iris_never_lands_in_the_other_eye() -> None:
    with pytest.raises(LabelError, match="leaves nothing of the part"):
        slide(eyes(), [IRIS], [SCLERA], 11, 0)


def test_without_room_around_it_a_part_does_not_slide() -> None:
    with pytest.raises(LabelError, match="nothing is around the part"):
        slide(painted((IRIS, 5, 8, 3, 6), (SCLERA, 12, 14, 3, 6)), [IRIS], [SCLERA], 1, 0)


@pytest.mark.parametrize("factor", [0.0, -1.0, 11.0, math.nan, math.inf])
def test_absurd_factors_are_refused(factor: float) -> None:
    with pytest.raises(LabelError, match=r"can be scaled 0\.1 to 10 times"):
        scale(lips(), [UPPER], 1.0, factor)
    with pytest.raises(LabelError, match="can be scaled"):
        scale(lips(), [UPPER], factor, 1.0)


@pytest.mark.parametrize("px", [22, -1e9, math.nan, math.inf])
def test_bending_by_more_than_the_picture_is_refused(px: float) -> None:
    with pytest.raises(LabelError, match="bent by at most the picture's 21 px"):
        bend(lips(), [UPPER], px)


@pytest.mark.parametrize("px", [-1, 22])
def test_opening_by_more_than_the_picture_is_refused(px: int) -> None:
    with pytest.raises(LabelError, match="opened by at most the picture's 21 px"):
        open_between(lips(), INSIDE, [UPPER], [LOWER], px)


def test_skin_spreads_up_over_hair_and_over_nothing_else() -> None:
    hair, background = 7, 0
    before = painted((background, 0, 2, 0, 21), (hair, 2, 6, 4, 17))
    after = spread(before, [SKIN], [hair], 0, -2)
    assert torch.equal(after, painted((background, 0, 2, 0, 21), (hair, 2, 4, 4, 17)))
    assert torch.equal(spread(before, [SKIN], [hair], 0, 0), before)


def test_a_third_part_is_not_jumped_over() -> None:
    before = painted((UPPER, 9, 10, 0, 21), (LOWER, 0, 9, 0, 21))
    with pytest.raises(LabelError, match="nothing to spread over"):
        spread(before, [SKIN], [LOWER], 0, -3)
    with pytest.raises(LabelError, match="leaves nothing"):
        spread(before, [SKIN], [UPPER], 0, -3)
