"""Learning to find: pictures whose truth is known, and losses that want it."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from torch import Tensor

from editgan.core.errors import InputError
from editgan.core.runs import RunFolder
from editgan.perception.finder import SIDE_PX, UNITS_PX, FinderConfig, middles
from editgan.training.finder import FinderTraining, FinderWork, level_losses
from editgan.training.loop import Schedule, train
from editgan.training.scenes import TILT_DEG, Scenes, drawn

pytestmark = pytest.mark.slow
TINY = FinderTraining(finder=FinderConfig(blocks=1, coarse_width=96), batch_size=8, total_kimg=0.016)


def red(n: int) -> Tensor:
    """Subjects: red, and white in the upper half."""
    photos = torch.full((n, 3, 64, 64), -1.0)
    photos[:, 0], photos[:, :, :32] = 1.0, 1.0
    return photos


def grey(n: int) -> Tensor:
    return torch.zeros(n, 3, 64, 64)


def scenes(n: int = 64) -> Scenes:
    return drawn(red(n), grey(n), SIDE_PX, 24.0, 64.0)


def test_subjects_are_where_their_places_say_and_turned_so() -> None:
    shown = scenes()
    seen = 0
    for image, places, is_there in zip(shown.image, shown.places, shown.is_there, strict=True):
        for (x, y, dx, dy), there in zip(places.tolist(), is_there.tolist(), strict=True):
            if not there:
                continue
            above, below = ((x + s * dy / 4, y - s * dx / 4) for s in (1, -1))
            points = [(int(px), int(py)) for px, py in (above, below)]
            if all(0 <= value < SIDE_PX for point in points for value in point):
                upper, lower = (image[:, py, px] for px, py in points)
                assert upper[1] > lower[1]  # white above red, whatever its colours became
                seen += 1
            assert abs(math.degrees(math.atan2(dy, dx))) <= TILT_DEG + 1e-3
            assert 24 - 1e-3 <= math.hypot(dx, dy) <= 64 + 1e-3
    assert seen > 40


def test_pictures_without_a_subject_have_none_of_its_colours_in_one_place() -> None:
    shown = scenes(256)
    empty = shown.image[~shown.is_there.any(1)]
    assert len(empty) > 5 and shown.is_there.sum(1).max() == 2


def test_what_a_map_says_rightly_costs_nothing() -> None:
    """A subject in the middle, with a frame of 40 px turned by 20 degrees."""
    angle = math.radians(20)
    wanted = torch.tensor([48.0, 48.0, 40 * math.cos(angle), 40 * math.sin(angle)])
    one = Scenes(torch.zeros(1, 3, 96, 96), wanted[None, None], torch.ones(1, 1, dtype=torch.bool))
    here = middles(6, 6, 1)
    right = torch.zeros(1, 5, 6, 6)
    right[0, 1:3] = (wanted[:2, None, None] - here) / UNITS_PX[1]
    right[0, 3:] = (wanted[2:] / UNITS_PX[1])[:, None, None]
    distance = (here - 48).norm(dim=0)
    right[0, 0] = torch.where(distance < 12, 20.0, -20.0)
    there, place = level_losses(right, one, 1)
    assert there < 1e-3 and place < 1e-2
    for channel, worse in ((0, -20.0), (1, 1.0), (3, 0.0)):
        wrong = right.clone()
        wrong[0, channel] = worse
        assert sum(level_losses(wrong, one, 1)) > there + place + 0.1
    nobody = Scenes(one.image, one.places, torch.zeros(1, 1, dtype=torch.bool))
    assert level_losses(right, nobody, 1)[0] > 1 and level_losses(right, nobody, 1)[1] == 0


def work(config: FinderTraining = TINY) -> FinderWork:
    subjects, others = (((some(16) + 1) * 127.5).byte().permute(0, 2, 3, 1) for some in (red, grey))
    return FinderWork(config, "cat", subjects, others, Accelerator(cpu=True))


def test_a_stopped_run_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    """And what is frozen stays as the faces taught it."""
    whole, halves = work(), work()
    list(train(whole, RunFolder(tmp_path / "whole", TINY), Schedule(total_images=16)))
    list(train(halves, RunFolder(tmp_path / "halves", TINY), Schedule(total_images=8)))
    again = work()
    list(train(again, RunFolder(tmp_path / "halves", TINY), Schedule(total_images=16)))
    for (name, one), two in zip(whole.ema.state_dict().items(), again.ema.state_dict().values(), strict=True):
        assert torch.equal(one, two), name
    before = work().finder
    assert torch.equal(whole.finder.stem.weight, before.stem.weight)
    assert torch.equal(whole.finder.blocks[2].pointwise.weight, before.blocks[2].pointwise.weight)
    assert not torch.equal(whole.finder.blocks[9].pointwise.weight, before.blocks[9].pointwise.weight)


def test_it_learns_what_a_subject_is() -> None:
    learning = work(replace(TINY, total_kimg=1.0))  # its rate falls to nothing at the end
    first = [float(learning.step(8 * i)["there"]) for i in range(2)]
    later = [float(learning.step(8 * i)["there"]) for i in range(2, 24)]
    assert sum(later[-4:]) / 4 < 0.9 * sum(first) / 2


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match="batch_size >= 3"):
        FinderTraining(batch_size=2)
    with pytest.raises(InputError, match="a finder has 0 blocks"):
        FinderConfig(coarse_width=8)
