import pytest
import torch
from skimage.data import astronaut
from torch import Tensor

from benchmarks.known_displacement import MODES, UNMOVED, Known, as_markdown, known_displacements, measure
from editgan.core.images import from_pixels, resize, to_pixels
from editgan.evaluation.grading import GRADED
from editgan.evaluation.tasks import BROADER_MOUTH, BROWS_UP, EditTask
from editgan.perception.pretrained_judge import PretrainedJudge


def frame() -> tuple[Tensor, Tensor]:
    """A face at 256 px, and where brows and mouth are about."""
    pixels = torch.from_numpy(astronaut()[40:210, 140:310].copy())[None]
    label_map = torch.full((1, 256, 256), GRADED.ids("skin")[0])
    for name, left, top, right, bottom in (
        ("brow", 56, 56, 108, 68),
        ("brow", 148, 56, 200, 68),
        ("lower_lip", 96, 168, 160, 188),
    ):
        label_map[0, top:bottom, left:right] = GRADED.ids(name)[0]
    return to_pixels(resize(from_pixels(pixels), 256)), label_map


@pytest.fixture(scope="module")
def known() -> list[Known]:
    bald = EditTask("bald", (("move", "hair:0,-1"),))
    return list(known_displacements([frame()], [BROWS_UP, BROADER_MOUTH, bald]))


def test_frames_move_with_their_labels_and_only_where_they_should(known: list[Known]) -> None:
    assert [one.task for one in known] == ["brows-up", "broader-mouth"]  # it has no hair
    up = known[0]
    assert torch.equal(up.parts_after[:, 40:80], up.parts.roll(-4, 1)[:, 40:80])
    still = (up.flow == 0).all(1)
    assert torch.equal(up.after[still], up.before[still]) and (up.after != up.before).any()


def test_every_way_of_pasting_is_measured_against_the_truth(known: list[Known]) -> None:
    judge = PretrainedJudge(network="lite0")
    rows = measure(known, 64, judge)
    assert [row["mode"] for row in rows] == [UNMOVED, *MODES] * 2
    by_mode = {row["mode"]: row for row in rows[:4]}
    assert by_mode["motion"]["psnr_db"] > by_mode[UNMOVED]["psnr_db"] + 2
    assert by_mode["motion"]["distance"] < by_mode[UNMOVED]["distance"]
    table = as_markdown(rows).splitlines()
    assert len(table) == 6 and {line.count("|") for line in table} == {7}


def test_the_truth_itself_would_be_perfect(known: list[Known]) -> None:
    up = known[0]
    same = Known("same", up.after, up.after, up.parts, up.parts_after, up.flow)
    row = measure([same], 64, PretrainedJudge(network="lite0"))[0]
    assert row["psnr_db"] == float("inf") and row["distance"] == 0
