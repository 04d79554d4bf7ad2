import itertools
import math

import pytest
import torch
from torch import Tensor

from editgan.core.descent import Enough, Step, best, constant, descend, ramped

START = torch.full((1, 2, 3), 2.0)


def bowl(x: Tensor) -> dict[str, Tensor]:
    return {"height": x.square().sum(), "tilt": 0.1 * x.sum()}


def test_a_walk_yields_the_start_every_step_and_the_end() -> None:
    steps = list(descend(bowl, START, steps=5, lr=0.1))
    assert [step.index for step in steps] == [0, 1, 2, 3, 4, 5]
    assert torch.equal(steps[0].value, START)


def test_no_steps_yield_the_start_alone() -> None:
    (only,) = descend(bowl, START, steps=0, lr=0.1, schedule=ramped)
    assert torch.equal(only.value, START)


def test_the_walk_goes_downhill_and_leaves_the_start_alone() -> None:
    start = START.clone()
    steps = list(descend(bowl, start, steps=40, lr=0.1))
    assert steps[-1].loss < 0.1 * steps[0].loss
    assert torch.equal(start, START)


def test_what_is_yielded_does_not_change_afterwards() -> None:
    values, copies = [], []
    for step in descend(bowl, START, steps=6, lr=0.1):
        values.append(step.value)
        copies.append(step.value.clone())
    assert all(torch.equal(a, b) for a, b in zip(values, copies, strict=True))
    assert not torch.equal(values[0], values[1])


def test_the_terms_belong_to_the_yielded_value() -> None:
    for step in descend(bowl, START, steps=4, lr=0.1):
        expected = {name: term.item() for name, term in bowl(step.value).items()}
        assert step.terms == pytest.approx(expected)
        assert step.loss == pytest.approx(sum(expected.values()))


def test_best_is_the_value_with_the_smallest_loss_of_all() -> None:
    def valley(x: Tensor) -> dict[str, Tensor]:  # a step of 1 overshoots it
        return {"distance": (x - 1.5).abs().sum()}

    walked = list(descend(valley, START, steps=8, lr=1.0))
    found = best(walked)
    assert found.loss == min(step.loss for step in walked)
    assert valley(found.value)["distance"].item() == pytest.approx(found.loss)
    assert found.loss < min(walked[0].loss, walked[1].loss)


def test_the_walk_stops_when_the_caller_leaves() -> None:
    calls = []

    def counted(x: Tensor) -> dict[str, Tensor]:
        calls.append(1)
        return bowl(x)

    for step in descend(counted, START, steps=1000, lr=0.1):
        if step.index == 3:
            break
    assert len(calls) == 4


def test_a_loss_that_is_not_a_number_is_never_the_best() -> None:
    count = itertools.count()

    def breaks(x: Tensor) -> dict[str, Tensor]:
        return {"height": x.square().sum() * (math.nan if next(count) % 2 == 0 else 1.0)}

    steps = [Step(0, START, {"a": math.nan}), Step(1, START, {"a": 7.0}), Step(2, START, {"a": math.inf})]
    assert best(steps).index == 1
    found = best(descend(breaks, START, steps=1, lr=0.1))
    assert found.index == 1 or found.loss == math.inf


def test_a_step_that_breaks_loses_to_the_ones_before() -> None:
    def cliff(x: Tensor) -> dict[str, Tensor]:
        return {"root": (x - 1.0).sqrt().sum()}  # not a number below 1

    walked = list(descend(cliff, START, steps=5, lr=0.6))
    assert any(not math.isfinite(step.loss) for step in walked)
    assert math.isfinite(best(walked).loss) and torch.isfinite(best(walked).value).all()


def test_schedules_are_factors_between_0_and_1() -> None:
    assert {constant(p / 10) for p in range(11)} == {1.0}
    factors = [ramped(p / 100) for p in range(101)]
    assert min(factors) >= 0 and max(factors) == 1
    assert factors[0] == 0 and factors[2] < 0.5 and factors[5] == factors[75] == 1 and factors[100] == 0


def test_the_last_step_of_a_ramped_walk_hardly_moves() -> None:
    steps = list(descend(bowl, START, steps=50, lr=0.1, schedule=ramped))
    moved = [(b.value - a.value).abs().max().item() for a, b in itertools.pairwise(steps)]
    assert moved[-1] == 0 and max(moved) > 0.05


def test_enough_ends_a_walk_and_keeps_its_best_step() -> None:
    seen: list[int] = []

    def watch(step: Step) -> None:
        seen.append(step.index)
        if step.index == 3:
            raise Enough

    found = best(descend(bowl, torch.full((2,), 3.0), steps=50, lr=0.1), watch)
    assert seen == [0, 1, 2, 3] and found.index == 3


def test_whatever_else_a_watch_raises_reaches_the_caller() -> None:
    def watch(step: Step) -> None:
        raise KeyError("stop")

    with pytest.raises(KeyError):
        best(descend(bowl, torch.full((2,), 3.0), steps=5, lr=0.1), watch)
