"""The two walks in W+: towards a painted target, and back from a vector's side effects.

An edit walks until the parts are where the target wants them. A refinement keeps the parts a vector made and
takes the rest back, EditGAN's self-supervised refinement: nobody paints a target, it is the label map right
after the vector; outside the region, which is where the vector's parts are, the picture is led back to the
unedited one. Supplement: 5 L_RGB + 1 L_CE + 5 L_ID, Adam, lr 0.02, 30 steps.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import torch
from torch import Tensor

from editgan.core.descent import Step, descend, ramped
from editgan.core.errors import InputError, LabelError
from editgan.core.quasi_newton import descend_quasi_newton, roughly_then_exactly, until_settled
from editgan.core.types import Image, LabelMap, Region, WPlus
from editgan.editing.context import EditContext
from editgan.editing.objective import EditObjective, EditWeights

SETTLED_GAIN, SETTLED_OVER = 0.01, 10  # a walk ends when so many steps have gained less than 1 %


@dataclass(frozen=True, kw_only=True, slots=True)
class Editing:
    """How an edit is optimised. 40 steps come to a smaller loss than 100 of Adam, as in the paper."""

    steps: int = 40
    layers: tuple[int, ...] | None = None  # of W+ that may move; all by default
    weights: EditWeights = field(default_factory=EditWeights)

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise InputError(f"an edit needs steps >= 1, got {self.steps}")


def learn_edit(
    context: EditContext,
    w_plus: WPlus,
    before: Image,
    target: LabelMap,
    region: Region,
    settings: Editing | None = None,
    asks: type[EditObjective] = EditObjective,
) -> Iterator[Step]:
    """Descent from no difference at all; a step's value [n, num_ws, w_dim] is each photo's own delta.

    `before` are the unedited renderings of `w_plus`, to which the outside is held. L-BFGS takes even steps in
    the bundle's latent metric, and ends when nothing more is to be gained. Several photos at once share one
    line search, so each gets there in fewer steps alone. `asks` is another way to ask for the same.

    Raises:
        LabelError: the region is empty.
        InputError: layers the generator does not have.
    """
    settings, bundle = settings or Editing(), context.bundle
    if not region.any():
        raise LabelError("the edit's region is empty; repaint something first")
    movable, metric, axes = _movable(settings.layers, w_plus), bundle.known_metric, bundle.axes
    objective = asks(context, w_plus, before, target, region, settings.weights)

    def walk(objective: EditObjective, start: Tensor, steps: int) -> Iterator[Step]:
        steps_taken = descend_quasi_newton(
            lambda delta: objective(w_plus + delta),
            start,
            steps=steps,
            along=lambda even: axes.to_w(metric(even)) * movable,
        )
        for step in until_settled(steps_taken, gain=SETTLED_GAIN, over=SETTLED_OVER):
            yield replace(step, latent=w_plus + step.value)

    nowhere = torch.zeros_like(w_plus)
    if not bundle.is_fast or settings.steps < 2:
        return walk(objective, nowhere, settings.steps)
    exact = objective.exactly()
    return roughly_then_exactly(partial(walk, objective), partial(walk, exact), nowhere, settings.steps)


def _movable(layers: tuple[int, ...] | None, w_plus: WPlus) -> Tensor:
    """1 for the layers that may move, 0 for the others, [num_ws, 1]."""
    num_ws = w_plus.shape[1]
    chosen = tuple(range(num_ws)) if layers is None else layers
    if not chosen or min(chosen) < 0 or max(chosen) >= num_ws:
        raise InputError(f"layers must be among 0 to {num_ws - 1}, got {list(chosen)}")
    mask = torch.zeros(num_ws, 1, device=w_plus.device)
    mask[list(chosen)] = 1
    return mask


@dataclass(frozen=True, kw_only=True, slots=True)
class Refinement:
    """How an applied vector is cleaned up."""

    steps: int = 30
    lr: float = 0.05  # peak, in standard deviations of w
    weights: EditWeights = field(default_factory=lambda: EditWeights(natural=0.1))

    def __post_init__(self) -> None:
        if self.steps < 1 or self.lr <= 0:
            raise InputError(f"refining needs steps >= 1 and lr > 0, got {self.steps} and {self.lr}")


def refine(
    context: EditContext,
    w_plus: WPlus,
    before: Image,
    target: LabelMap,
    region: Region,
    settings: Refinement | None = None,
) -> Iterator[Step]:
    """Descent from `w_plus`, the latents with the vectors added; the best step's value is the cleaned one.

    Several photos at once are independent walks under one optimiser. With an empty region everything is
    outside, so the walk leads back to the unedited picture.
    """
    settings, by_likeness = settings or Refinement(), replace(context, judge=context.likeness)
    objective = EditObjective(by_likeness, w_plus, before, target, region, settings.weights)
    axes, lr = context.bundle.axes, settings.lr
    return descend(objective, w_plus, steps=settings.steps, lr=lr, schedule=ramped, along=axes.to_w)
