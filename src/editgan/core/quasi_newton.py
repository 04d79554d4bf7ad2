"""L-BFGS with the same face as `descent.descend`: for objectives that are smooth and not noisy.

It learns the objective's curvature on the way (Liu & Nocedal 1989), so it needs a third of Adam's steps to
edit a photo, and no learning rate. The arithmetic is PyTorch's; here it becomes steps to watch and to stop.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from editgan.core.descent import Step, best, identity
from editgan.core.types import Terms

HISTORY = 20  # differences of gradients that the curvature is made from


class _Spent(Exception):
    """All evaluations that were allowed are made; a line search cannot be left otherwise."""


class _Walk:
    """Evaluates the objective for the optimiser, and keeps what was found for whoever watches."""

    def __init__(
        self,
        objective: Callable[[Tensor], Terms],
        start: Tensor,
        along: Callable[[Tensor], Tensor],
        steps: int,
    ) -> None:
        self.objective, self.start, self.along, self.steps = objective, start.detach(), along, steps
        self.u = torch.zeros_like(self.start).requires_grad_()
        self.made = 0
        self.fresh: list[Step] = []
        self.known: list[tuple[Tensor, Tensor, Tensor]] = []  # u, loss and gradient, of the last few

    def __call__(self) -> Tensor:
        """The loss at u, with its gradient; a place seen just before is not evaluated again."""
        for u, loss, gradient in self.known:
            if torch.equal(u, self.u):
                self.u.grad = gradient.clone()
                return loss
        if self.made > self.steps:
            raise _Spent
        with torch.enable_grad():
            x = self.start + self.along(self.u)
            terms = self.objective(x)
            stacked = torch.stack(tuple(terms.values()))
            loss = stacked.sum()
        self.u.grad = gradient = torch.autograd.grad(loss, self.u)[0].contiguous()
        self.fresh.append(Step(self.made, x.detach(), dict(zip(terms, stacked.tolist(), strict=True))))
        self.made += 1
        self.known = [*self.known[-7:], (self.u.detach().clone(), loss.detach(), gradient.clone())]
        return loss.detach()


def descend_quasi_newton(
    objective: Callable[[Tensor], Terms],
    start: Tensor,
    *,
    steps: int,
    along: Callable[[Tensor], Tensor] = identity,
) -> Iterator[Step]:
    """L-BFGS from `start`; yields every evaluation, at most `steps` + 1, the start included.

    It ends before that where the line search finds nothing better. As with `descend`, the latent is
    start + along(u); the first step is one times the gradient, so `along` should make curvatures about 1.
    """
    walk = _Walk(objective, start, along, steps)
    optimiser = torch.optim.LBFGS(
        [walk.u],
        max_iter=1,
        max_eval=steps + 2,
        history_size=HISTORY,
        tolerance_grad=0.0,
        tolerance_change=0.0,
        line_search_fn="strong_wolfe",
    )
    walk()
    # PyTorch divides the first step, and only that, by the gradient's absolute sum
    optimiser.param_groups[0]["lr"] = max(1.0, walk.known[-1][2].abs().sum().item())
    yield from _taken(walk)
    while walk.made <= steps:
        made = walk.made
        with contextlib.suppress(_Spent):
            optimiser.step(walk)
        optimiser.param_groups[0]["lr"] = 1.0
        yield from _taken(walk)
        if walk.made == made:
            return


def _taken(walk: _Walk) -> list[Step]:
    steps, walk.fresh = walk.fresh, []
    return steps


def until_settled(steps: Iterator[Step], *, gain: float, over: int) -> Iterator[Step]:
    """The same steps, until the last `over` have lowered the smallest loss by less than this share of it."""
    smallest: list[float] = []
    for step in steps:
        yield step
        smallest.append(min([step.loss, *smallest[-1:]]))
        if len(smallest) > over and smallest[-1] > (1 - gain) * smallest[-1 - over]:
            return


def roughly_then_exactly(
    rough: Callable[[Tensor, int], Iterator[Step]],
    exact: Callable[[Tensor, int], Iterator[Step]],
    start: Tensor,
    steps: int,
) -> Iterator[Step]:
    """Two walks as one: the first half in fast arithmetic, the second exactly, from the best of the first.

    Rounding to bfloat16 shifts the loss by a part in a thousand, which is nothing at first; towards the end a
    line search finds nothing better in such noise.
    """
    taken: list[Step] = []
    for step in rough(start, steps // 2):
        taken.append(step)
        yield step
    for step in exact(best(taken).value, steps - len(taken)):
        yield replace(step, index=len(taken) + step.index)
