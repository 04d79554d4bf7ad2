"""Walk a latent downhill, one yielded step at a time.

Embedding, editing and refinement are this one act with different objectives.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from editgan.core.types import Terms


@dataclass(frozen=True, slots=True)
class Step:
    """Where the walk was at one step, before the update."""

    index: int
    value: Tensor  # what is walked: a latent, or a difference or weights that belong to one; a copy
    terms: dict[str, float]  # the objective's terms at `value`
    latent: Tensor | None = None  # where `value` is none itself

    @property
    def w_plus(self) -> Tensor:
        """The latent to draw at this step, whatever is walked."""
        return self.value if self.latent is None else self.latent

    @property
    def loss(self) -> float:
        """The sum of the terms; infinite where it is not a number, so that it is never the best."""
        total = sum(self.terms.values())
        return total if math.isfinite(total) else math.inf


def constant(progress: float) -> float:
    """The learning rate's factor: always 1."""
    return 1.0


def identity(u: Tensor) -> Tensor:
    """The latent's own coordinates."""
    return u


def ramped(progress: float) -> float:
    """Up over the first 5 %, down over the last 25 % (cosine): StyleGAN2's projector schedule."""
    down = min(1.0, (1.0 - progress) / 0.25)
    return (0.5 - 0.5 * math.cos(down * math.pi)) * min(1.0, progress / 0.05)


def descend(
    objective: Callable[[Tensor], Terms],
    start: Tensor,
    *,
    steps: int,
    lr: float,
    schedule: Callable[[float], float] = constant,
    along: Callable[[Tensor], Tensor] = identity,
) -> Iterator[Step]:
    """Adam from `start` for `steps` updates; yields `steps` + 1 times, the start and the end included.

    The caller shows progress, streams, or stops by leaving the loop. `schedule` maps progress in 0..1 to a
    factor on `lr`. Adam moves coordinates u, and the latent is start + along(u): a linear map that says in
    which directions, and how far, one unit goes.
    """
    start = start.detach()
    u = torch.zeros_like(start).requires_grad_()
    adam = torch.optim.Adam([u], lr=lr)
    for index in range(steps + 1):
        last = index == steps
        with torch.set_grad_enabled(not last):
            x = start + along(u)
            terms = objective(x)
        value = x.detach()  # a tensor of its own: Adam writes into u in place, not into x
        stacked = torch.stack(tuple(terms.values()))
        if not last:
            adam.param_groups[0]["lr"] = lr * schedule((index + 1) / steps)
            adam.zero_grad()
            stacked.sum().backward()
            adam.step()
        yield Step(index, value, dict(zip(terms, stacked.tolist(), strict=True)))


class Enough(Exception):
    """Raised by a watch: the walk ends here, and its best step so far counts."""


Watch = Callable[[Step], None]  # called at every step; may raise to stop the walk


def best(steps: Iterable[Step], watch: Watch | None = None) -> Step:
    """Walks to the end and gives the step with the smallest loss; `watch` sees every step on the way.

    It ends the walk early by raising `Enough`; whatever else it raises goes on to the caller.
    """

    def seen() -> Iterator[Step]:
        for step in steps:
            yield step
            if watch is not None:
                try:
                    watch(step)
                except Enough:
                    return

    return min(seen(), key=lambda step: step.loss)


def counting_on(watch: Watch | None, done: int) -> Watch | None:
    """For the next of several walks: `watch` sees its steps numbered on from `done`."""
    return None if watch is None else lambda step: watch(replace(step, index=done + step.index))
