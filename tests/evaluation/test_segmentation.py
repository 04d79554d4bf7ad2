import math

import pytest
import torch

from editgan.core.labels import IGNORED
from editgan.evaluation.segmentation import IoU


def test_equal_maps_agree_fully_and_disjoint_ones_not_at_all() -> None:
    label_map = torch.randint(3, (2, 8, 8))
    iou = IoU(3)
    iou.add(label_map, label_map)
    assert iou.per_class == [1, 1, 1] and iou.miou == 1
    other = IoU(3)
    other.add(label_map, (label_map + 1) % 3)
    assert other.miou == 0


def test_iou_is_intersection_over_union() -> None:
    found, truth = torch.tensor([[[0, 0, 1, 1]]]), torch.tensor([[[0, 1, 1, 1]]])
    iou = IoU(2)
    iou.add(found, truth)
    assert iou.per_class == pytest.approx([1 / 2, 2 / 3])
    assert iou.miou == pytest.approx(7 / 12)


def test_pictures_count_together_whatever_the_batches() -> None:
    found, truth = torch.randint(4, (6, 8, 8)), torch.randint(4, (6, 8, 8))
    at_once, one_by_one = IoU(4), IoU(4)
    at_once.add(found, truth)
    for a, b in zip(found.split(1), truth.split(1), strict=True):
        one_by_one.add(a, b)
    assert at_once.per_class == one_by_one.per_class


def test_pixels_that_nobody_labelled_count_neither_for_nor_against() -> None:
    found, truth = torch.randint(4, (6, 8, 8)), torch.randint(4, (6, 8, 8))
    whole, half = IoU(4), IoU(4)
    whole.add(found[:, :4], truth[:, :4])
    truth[:, 4:] = IGNORED
    half.add(found, truth)
    assert half.per_class == whole.per_class


def test_a_class_in_neither_map_does_not_count() -> None:
    iou = IoU(5)
    iou.add(torch.zeros(1, 4, 4, dtype=torch.int64), torch.zeros(1, 4, 4, dtype=torch.int64))
    assert iou.miou == 1 and all(math.isnan(v) for v in iou.per_class[1:])
    assert math.isnan(IoU(5).miou)
