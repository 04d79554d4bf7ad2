import pytest
import torch

from editgan.core.errors import LabelError
from editgan.editing.region import (
    dilate,
    edit_region,
    edited_classes,
    margin_px,
    region_iou,
    region_windows,
)

SKIN, LIP, BROW = 1, 2, 3


def face(side: int = 24) -> torch.Tensor:
    label_map = torch.zeros(1, side, side, dtype=torch.int64)
    label_map[:, 2:22, 2:22] = SKIN
    label_map[:, 16:18, 8:16] = LIP
    label_map[:, 5:6, 8:16] = BROW
    return label_map


def bigger_lip() -> torch.Tensor:
    target = face()
    target[:, 15:19, 7:17] = LIP
    return target


def test_a_region_is_the_union_of_before_and_after_and_a_margin() -> None:
    before, target = face(), bigger_lip()
    moved = target.clone()
    moved[:, 5:6, 8:16], moved[:, 8:9, 8:16] = SKIN, BROW
    region = edit_region(before, moved, [LIP, BROW], margin=2)
    touched = (before == LIP) | (moved == LIP) | (before == BROW) | (moved == BROW)
    for row in range(24):
        for column in range(24):
            near = touched[0, max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3].any()
            assert region[0, 0, row, column] == near


def test_every_repainted_pixel_is_in_the_region_whatever_the_classes() -> None:
    before, target = face(), bigger_lip()
    region = edit_region(before, target, [BROW], margin=0)
    assert region[0, 0][(before != target)[0]].all()


def test_dilating_by_nothing_changes_nothing_and_by_much_fills_all() -> None:
    mask = torch.zeros(1, 1, 9, 9, dtype=torch.bool)
    assert not dilate(mask, 3).any()
    mask[..., 4, 4] = True
    assert torch.equal(dilate(mask, 0), mask)
    assert dilate(mask, 1).sum() == 9 and dilate(mask, 8).all()


def test_edited_classes_leave_out_big_neighbours() -> None:
    assert edited_classes(face(), bigger_lip()) == [LIP]


def test_a_small_change_of_a_big_class_is_about_somebody() -> None:
    target = face()
    target[:, 2, 2] = 0  # a corner of the skin becomes background
    assert edited_classes(face(), target) in ([0], [SKIN])


def test_a_target_equal_to_the_present_is_refused() -> None:
    with pytest.raises(LabelError, match="repaint something"):
        edited_classes(face(), face())


@pytest.mark.parametrize(
    ("resolution", "margin"), [(32, 2), (64, 2), (128, 2), (256, 2), (512, 5), (1024, 10)]
)
def test_the_margin_is_the_papers_at_512_px_and_never_under_2(resolution: int, margin: int) -> None:
    assert margin_px(resolution) == margin


def test_region_iou_counts_the_edited_classes_inside_the_region_only() -> None:
    before, target = face(), bigger_lip()
    region = edit_region(before, target, [LIP], margin=1)
    assert region_iou(target, target, [LIP], region) == 1
    assert region_iou(before, target, [LIP], region) == pytest.approx(16 / 40)
    elsewhere = target.clone()
    elsewhere[:, 20:22, 2:22] = LIP  # outside the region
    assert region_iou(elsewhere, target, [LIP], region) == 1
    assert region_iou(before, target, [LIP, BROW], region | True) == pytest.approx((16 / 40 + 1) / 2)
    assert region_iou(before, target, [9], region) == 1


def test_windows_hold_every_pixel_of_the_region_once() -> None:
    region = torch.rand(3, 1, 40, 40, generator=torch.Generator().manual_seed(1)) > 0.99
    seen = torch.zeros(40, 40)
    for window, mask in region_windows(region):
        window.of(seen).add_(mask)
    assert torch.equal(seen, region.any(0)[0].float())


def test_parts_far_apart_are_read_in_windows_of_their_own() -> None:
    region = torch.zeros(1, 1, 64, 64, dtype=torch.bool)
    region[..., 20:26, 10:18] = region[..., 20:26, 44:52] = True
    region[..., 20:26, 19] = True  # near the first
    (left, _), (right, mask) = region_windows(region)
    assert (left.left, left.right, right.left, right.right) == (10, 20, 44, 52)
    assert mask.all() and region_windows(region & False) == []
