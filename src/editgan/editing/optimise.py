"""Learn an edit vector on one photo: walk w_plus until the parts are where the target wants them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

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
    """Descent from the photo's w_plus; the best step minus the start is the edit vector.

    `before` is the unedited rendering, to which the outside is held.
    """
    settings = settings or Editing()
    if not region.any():
        raise LabelError("the edit's region is empty; repaint something first")
    objective = EditObjective(bundle, w_plus, before, target, region, settings.weights, judge, identity)
    return descend(objective, w_plus, steps=settings.steps, lr=settings.lr, along=bundle.axes.to_w)
