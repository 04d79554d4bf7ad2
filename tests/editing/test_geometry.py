import re

import pytest
import torch
from torch import Tensor

from editgan.core.errors import LabelError
from editgan.core.labels import isin
from editgan.editing.geometry import displaced, flow_of, looked_up_flow, moved_labels
from editgan.editing.parts import repaint
from editgan.evaluation.grading import GRADED

SIDE = 128


def face() -> Tensor:
    """Skin, with two brows, a nose and a mouth."""
    label_map = torch.full((1, SIDE, SIDE), GRADED.ids("skin")[0])
    for name, left, top, right, bottom in (
        ("brow", 28, 40, 52, 46),
        ("brow", 76, 40, 100, 46),
        ("nose", 52, 56, 76, 76),
        ("upper_lip", 46, 90, 82, 94),
        ("lower_lip", 46, 94, 82, 100),
    ):
        label_map[0, top:bottom, left:right] = GRADED.ids(name)[0]
    return label_map


@pytest.mark.parametrize(
    "operations",
    [
        [("move", "brow:0,-4")],
        [("scale", "nose:0.8,1")],
        [("scale", "brow:1.1,1.5")],
        [("scale", "mouth:1.25,1"), ("bend", "mouth:3")],
        [("shrink", "nose:3")],
        [("grow", "mouth:2")],
        [("spread", "nose=skin:0,4")],
    ],
)
def test_displacing_parts_is_repainting_them(operations: list[tuple[str, str]]) -> None:
    before = face()
    target = repaint(before, GRADED, operations)
    after = moved_labels(before, flow_of(before, GRADED, operations))
    ids = GRADED.ids(re.split("[:=]", operations[0][1])[0])
    a, b, old = (isin(m, ids) for m in (after, target, before))
    iou = (a & b).sum() / (a | b).sum()
    assert iou > 0.85 and iou > (old & b).sum() / (old | b).sum() + 0.05


def test_it_is_smooth_and_fades_before_the_edge() -> None:
    flow = flow_of(face(), GRADED, [("move", "brow:0,-6")])
    assert flow[..., 0].abs().max() == flow[:, :, 0].abs().max() == flow[..., -1].abs().max() == 0
    assert (
        flow.diff(dim=2).abs().max() < 1 / SIDE and flow.diff(dim=3).abs().max() < 1 / SIDE
    )  # nothing folds
    assert flow[0, 1, 43, 40] * SIDE == pytest.approx(6, abs=0.01) and (flow[0, 0] == 0).all()
    assert flow[0, 1, 110].abs().max() == 0


def test_a_border_moves_where_the_part_is_and_not_at_specks_of_it() -> None:
    label_map = face()
    hair = GRADED.ids("hair")[0]
    label_map[0, :20] = hair
    label_map[0, 60:62, 20:24] = hair  # a lash
    flow = flow_of(label_map, GRADED, [("spread", "skin=hair:0,-6")])
    assert flow[0, 1, 17, 64] * SIDE == pytest.approx(6, abs=0.1) and (flow[0, 0] == 0).all()
    assert flow[0, 1, 50:70].abs().max() == 0


def test_what_is_beside_a_moved_part_stays() -> None:
    label_map = face()
    label_map[0, 52:56, 30:50] = GRADED.ids("eye")[0]
    flow = flow_of(label_map, GRADED, [("move", "brow:0,-4")])[0, 1] * SIDE
    assert flow[43, 40] == pytest.approx(4, abs=0.01) and flow[52:56, 30:50].abs().max() < 0.01


def test_points_go_where_their_pixels_go() -> None:
    flow = flow_of(face(), GRADED, [("move", "brow:3,-4")])
    points = torch.tensor([[40.0, 43.0], [10.0, 120.0], [40.0, 52.0]]).double() / SIDE
    found = displaced(points, flow)
    torch.testing.assert_close(
        found[:2] - points[:2], torch.tensor([[3.0, -4.0], [0, 0]]).double() / SIDE, rtol=0, atol=1e-4
    )
    back = found + looked_up_flow(flow, found[None])[0, :, 0].T.double()
    torch.testing.assert_close(back, points, rtol=0, atol=1e-5)


def test_what_no_displacement_brings_about_is_refused() -> None:
    with pytest.raises(LabelError, match="no displacement"):
        flow_of(face(), GRADED, [("erase", "nose")])
    with pytest.raises(LabelError, match="there is no hair"):
        flow_of(face(), GRADED, [("move", "hair:0,-4")])
