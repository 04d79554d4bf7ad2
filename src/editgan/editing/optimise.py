"""Learn an edit on a photo: walk in W+ until the parts are where the target wants them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.core.descent import Step, descend
from editgan.core.errors import InputError, LabelError
from editgan.core.types import Image, LabelMap, Region, WPlus
from editgan.editing.objective import EditObjective, EditWeights, Identity
from editgan.perception.judge import Judge


@dataclass(frozen=True, kw_only=True, slots=True)
class Editing:
    """How an edit is optimised. The number of steps is the paper's."""

    steps: int = 100
    lr: float = 0.05  # in standard deviations of w
    layers: tuple[int, ...] | None = None  # of W+ that may move; all by default
    weights: EditWeights = field(default_factory=EditWeights)

    def __post_init__(self) -> None:
        if self.steps < 1 or self.lr <= 0:
            raise InputError(f"an edit needs steps >= 1 and lr > 0, got {self.steps} and {self.lr}")


def learn_edit(
    bundle: ModelBundle,
    w_plus: WPlus,
    before: Image,
    target: LabelMap,
    region: Region,
    settings: Editing | None = None,
    judge: Judge | None = None,
    identity: Identity | None = None,
) -> Iterator[Step]:
    """Descent from no difference at all; a step's value [n, num_ws, w_dim] is each photo's own delta.

    `before` are the unedited renderings of `w_plus`, to which the outside is held. Several photos at once are
    independent walks under one optimiser; the best step is then theirs in common.

    Raises:
        LabelError: the region is empty.
        InputError: layers the generator does not have.
    """
    settings = settings or Editing()
    if not region.any():
        raise LabelError("the edit's region is empty; repaint something first")
    movable = _movable(settings.layers, w_plus)
    objective = EditObjective(bundle, w_plus, before, target, region, settings.weights, judge, identity)
    return descend(
        lambda delta: objective(w_plus + delta),
        torch.zeros_like(w_plus),
        steps=settings.steps,
        lr=settings.lr,
        along=lambda units: bundle.axes.to_w(units) * movable,
    )


def _movable(layers: tuple[int, ...] | None, w_plus: WPlus) -> Tensor:
    """1 for the layers that may move, 0 for the others, [num_ws, 1]."""
    num_ws = w_plus.shape[1]
    chosen = tuple(range(num_ws)) if layers is None else layers
    if not chosen or min(chosen) < 0 or max(chosen) >= num_ws:
        raise InputError(f"layers must be among 0 to {num_ws - 1}, got {list(chosen)}")
    mask = torch.zeros(num_ws, 1, device=w_plus.device)
    mask[list(chosen)] = 1
    return mask
