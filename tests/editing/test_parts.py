import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from editgan.core.errors import LabelError
from editgan.core.labels import LabelSchema, isin
from editgan.editing.parts import (
    OPERATIONS,
    apply_operation,
    erase,
    grow,
    move,
    repaint,
    replace,
    shrink,
)
from editgan.editing.shapes import bend, open_between, scale, slide, spread

SIDE = 10
maps = arrays(np.int64, (1, SIDE, SIDE), elements=st.integers(0, 3)).map(torch.from_numpy)
parts = st.sets(st.integers(0, 3), min_size=1, max_size=2).map(sorted)
quick = settings(max_examples=40, deadline=None)


def disc() -> torch.Tensor:
    """Class 2 in the middle of class 1."""
    label_map = torch.ones(1, 21, 21, dtype=torch.int64)
    ys, xs = torch.arange(21).reshape(-1, 1) - 10, torch.arange(21) - 10
    label_map[0][ys**2 + xs**2 <= 16] = 2
    return label_map


@quick
@given(maps, parts, st.integers(0, 4))
def test_growing_keeps_the_part_and_takes_only_what_is_near(
    label_map: torch.Tensor, part: list[int], px: int
) -> None:
    grown = grow(label_map, part, px)
    was, now = isin(label_map, part), isin(grown, part)
    assert now[was].all() and torch.equal(grown[was], label_map[was])
    assert torch.equal(grown[~now], label_map[~now])
    for row, column in (now & ~was)[0].nonzero().tolist():
        near = was[0].nonzero() - torch.tensor([row, column])
        assert near.abs().sum(1).min() <= px


@quick
@given(maps, parts, st.integers(0, 4))
def test_shrinking_leaves_a_subset_and_the_rest_as_it_was(
    label_map: torch.Tensor, part: list[int], px: int
) -> None:
    shrunk = shrink(label_map, part, px)
    was, now = isin(label_map, part), isin(shrunk, part)
    assert was[now].all() and torch.equal(shrunk[~was], label_map[~was])
    assert set(shrunk.unique().tolist()) <= set(label_map.unique().tolist())


@quick
@given(maps, parts, st.integers(-12, 12), st.integers(-12, 12))
def test_moving_shifts_the_part_exactly(label_map: torch.Tensor, part: list[int], dx: int, dy: int) -> None:
    moved = move(label_map, part, dx, dy)
    was = isin(label_map, part)
    landed = torch.zeros_like(was)
    for row, column in was[0].nonzero().tolist():
        if 0 <= row + dy < SIDE and 0 <= column + dx < SIDE:
            landed[0, row + dy, column + dx] = True
            assert moved[0, row + dy, column + dx] == label_map[0, row, column]
    assert torch.equal(moved[~was & ~landed], label_map[~was & ~landed])
    if not was.all():
        assert torch.equal(isin(moved, part), landed)


@quick
@given(maps, parts)
def test_erasing_leaves_none_and_the_rest_as_it_was(label_map: torch.Tensor, part: list[int]) -> None:
    was = isin(label_map, part)
    if was.all():
        with pytest.raises(LabelError, match="nothing to fill"):
            erase(label_map, part)
        return
    erased = erase(label_map, part)
    assert not isin(erased, part).any() and torch.equal(erased[~was], label_map[~was])


@quick
@given(maps, parts, st.integers(0, 3))
def test_replacing_turns_every_pixel_of_the_part(label_map: torch.Tensor, part: list[int], by: int) -> None:
    replaced, was = replace(label_map, part, by), isin(label_map, part)
    assert (replaced[was] == by).all() and torch.equal(replaced[~was], label_map[~was])


@quick
@given(maps, parts, st.integers(0, 3))
def test_no_operation_changes_its_input(label_map: torch.Tensor, part: list[int], px: int) -> None:
    copy = label_map.clone()
    for result in (
        grow(label_map, part, px),
        shrink(label_map, part, px),
        move(label_map, part, px, -px),
        replace(label_map, part, 0),
    ):
        assert result.dtype == label_map.dtype and result.shape == label_map.shape
    assert torch.equal(label_map, copy)


def test_a_disc_grows_and_shrinks_by_its_pixels() -> None:
    assert (grow(disc(), [2], 2)[0, 10] == 2).sum() == 13
    assert (shrink(disc(), [2], 2)[0, 10] == 2).sum() == 5
    assert (shrink(disc(), [2], 9) == 1).all()


def test_zero_pixels_change_nothing() -> None:
    assert torch.equal(grow(disc(), [2], 0), disc())
    assert torch.equal(shrink(disc(), [2], 0), disc())
    assert torch.equal(move(disc(), [2], 0, 0), disc())


def test_what_is_uncovered_takes_the_nearest_other_part() -> None:
    label_map = torch.zeros(1, 1, 9, dtype=torch.int64)
    label_map[0, 0] = torch.tensor([1, 1, 1, 2, 2, 2, 3, 3, 3])
    assert erase(label_map, [2])[0, 0].tolist() in ([1, 1, 1, 1, a, 3, 3, 3, 3] for a in (1, 3))


def test_the_pictures_edge_is_not_the_parts_edge() -> None:
    label_map = torch.ones(1, 8, 8, dtype=torch.int64)
    label_map[:, :, :4] = 2
    assert (shrink(label_map, [2], 1)[0, :, :3] == 2).all()


def face(schema: LabelSchema) -> torch.Tensor:
    label_map = torch.zeros(1, 16, 16, dtype=torch.int64)
    label_map[:, 8:10, 4:12] = schema.ids("upper_lip")[0]
    label_map[:, 10:12, 4:12] = schema.ids("mouth_interior")[0]
    return label_map


def test_operations_are_said_in_words(schema: LabelSchema) -> None:
    before = face(schema)
    before[0, 10, 6] = schema.ids("iris")[0]
    for kind, text, wanted in (
        ("slide", "iris=mouth:+1,0", slide(before, [4], [1, 2], 1, 0)),
        ("spread", "iris=mouth:0,-2", spread(before, [4], [1, 2], 0, -2)),
        ("scale", "mouth:1.5,.5", scale(before, [1, 2], 1.5, 0.5)),
        ("bend", "mouth:-2", bend(before, [1, 2], -2)),
        ("bend", "mouth:1.5", bend(before, [1, 2], 1.5)),
        ("open", "brow=upper_lip,mouth_interior:2", open_between(before, 3, [1], [2], 2)),
        ("grow", "mouth:2", grow(before, [1, 2], 2)),
        ("shrink", " upper_lip:1 ", shrink(before, [1], 1)),
        ("move", "mouth:-1,2", move(before, [1, 2], -1, 2)),
        ("replace", "mouth_interior=upper_lip", replace(before, [2], 1)),
        ("erase", "mouth", erase(before, [1, 2])),
    ):
        assert torch.equal(apply_operation(before, schema, kind, text), wanted), kind
        assert kind in OPERATIONS


def test_several_operations_follow_one_another(schema: LabelSchema) -> None:
    said = [("bend", "mouth:2"), ("grow", "mouth:1"), ("erase", "upper_lip")]
    wanted = erase(grow(bend(face(schema), [1, 2], 2), [1, 2], 1), [1])
    assert torch.equal(repaint(face(schema), schema, said), wanted)


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("grow", "upper_lip", "grow takes PART:PIXELS"),
        ("grow", "upper_lip:-2", "grow takes"),
        ("shrink", "upper_lip:two", "shrink takes"),
        ("move", "upper_lip:2", "move takes PART:DX,DY"),
        ("replace", "upper_lip", "replace takes PART=OTHER"),
        ("erase", "upper_lip:1", "erase takes PART"),
        ("erase", "", "erase takes PART"),
        ("grow", "upper_lip:99999", "grow takes"),
        ("slide", "iris:1,0", "slide takes PART=AROUND:DX,DY"),
        ("scale", "upper_lip:2", "scale takes PART:SX,SY"),
        ("scale", "upper_lip:nan,1", "scale takes"),
        ("scale", "upper_lip:0,1", "can be scaled"),
        ("bend", "upper_lip:1e9", "bend takes PART:PIXELS"),
        ("bend", "upper_lip:100", "bent by at most"),
        ("open", "brow=upper_lip:2", "open takes NEW=UPPER,LOWER:PIXELS"),
        ("open", "brow=upper_lip,mouth_interior:99", "opened by at most"),
        ("open", "brow=upper_lip,nose:2", "no part 'nose'"),
        ("open", "brow=upper_lip,iris:2", "no iris in this picture to open"),
        ("open", "mouth=upper_lip,mouth_interior:2", "mouth is a group; pick one of upper_lip"),
        ("replace", "upper_lip=mouth", "mouth is a group"),
        ("slide", "upper_lip=brow:1,0", "nothing is around"),
        ("spread", "upper_lip:0,-1", "spread takes PART=OVER:DX,DY"),
        ("spread", "upper_lip=brow:0,-1", "no brow in this picture to spread"),
        ("spread", "upper_lip=mouth_interior:0,-2", "nothing to spread over"),
        ("spread", "upper_lip=mouth_interior:0,9", "leaves nothing of what is covered"),
        ("warp", "upper_lip", "no operation 'warp'; there are erase"),
        ("grow", "nose:2", "no part 'nose'; there are"),
        ("replace", "upper_lip=nose", "no part 'nose'"),
        ("erase", "iris", "no iris in this picture to erase"),
        ("move", "eye:1,1", "no eye in this picture to move"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(
    kind: str, text: str, says: str, schema: LabelSchema
) -> None:
    with pytest.raises(LabelError, match=says):
        apply_operation(face(schema), schema, kind, text)
