import itertools
import math

import pytest
import torch
from torch import Tensor

from editgan.core.descent import Step, best, descend
from editgan.core.quasi_newton import descend_quasi_newton, until_settled

START = torch.full((1, 2, 3), 2.0)
STEEP = torch.tensor([1.0, 3.0, 10.0])


def bowl(x: Tensor) -> dict[str, Tensor]:
    return {"height": (STEEP * x.square()).sum(), "bend": 0.1 * (x - 1).pow(4).sum()}


def test_every_evaluation_is_yielded_and_no_more_than_were_allowed() -> None:
    calls: list[Tensor] = []

    def counted(x: Tensor) -> dict[str, Tensor]:
        calls.append(x.detach().clone())
        return bowl(x)

    steps = list(descend_quasi_newton(counted, START, steps=7))
    assert [step.index for step in steps] == list(range(8)) and len(calls) == 8
    assert torch.equal(steps[0].value, START)
    assert all(torch.equal(step.value, x) for step, x in zip(steps, calls, strict=True))


def test_the_terms_belong_to_the_yielded_value() -> None:
    for step in descend_quasi_newton(bowl, START, steps=5):
        assert step.terms == pytest.approx({name: term.item() for name, term in bowl(step.value).items()})


def test_it_needs_far_fewer_steps_than_adam() -> None:
    known = best(descend_quasi_newton(bowl, START, steps=200)).loss
    ours = best(descend_quasi_newton(bowl, START, steps=25)).loss
    adam = best(descend(bowl, START, steps=100, lr=0.05)).loss
    assert ours - known < 1e-4 < adam - known


def test_it_ends_at_the_bottom() -> None:
    walked = list(descend_quasi_newton(lambda x: {"height": x.square().sum()}, START, steps=500))
    assert len(walked) < 100 and walked[-1].loss < 1e-6


def test_the_first_step_is_the_gradient_and_goes_where_along_says() -> None:
    def halfway(u: Tensor) -> Tensor:
        return 0.5 * u

    steps = list(descend_quasi_newton(lambda x: {"height": x.sum()}, START, steps=1, along=halfway))
    torch.testing.assert_close(steps[1].value, START - 0.25)  # the gradient to u is 1/2, and so is its way


def test_the_start_is_left_alone_and_values_stay_as_they_were_yielded() -> None:
    start, copies = START.clone(), []
    walked = []
    for step in descend_quasi_newton(bowl, start, steps=6):
        walked.append(step)
        copies.append(step.value.clone())
    assert torch.equal(start, START)
    assert all(torch.equal(step.value, copy) for step, copy in zip(walked, copies, strict=True))


def test_a_loss_that_is_not_a_number_is_survived() -> None:
    count = itertools.count()

    def breaks(x: Tensor) -> dict[str, Tensor]:
        return {"height": x.square().sum() * (math.nan if next(count) == 2 else 1.0)}

    assert math.isfinite(best(descend_quasi_newton(breaks, START, steps=6)).loss)


def test_a_walk_ends_when_nothing_more_is_gained() -> None:
    losses = [8.0, 4.0, 2.0, 1.99, 3.0, 1.985, 1.0]
    steps = [Step(i, START, {"loss": loss}) for i, loss in enumerate(losses)]
    kept = list(until_settled(iter(steps), gain=0.01, over=3))
    assert [step.index for step in kept] == [0, 1, 2, 3, 4, 5]
    assert len(list(until_settled(iter(steps), gain=0.001, over=3))) == len(steps)
