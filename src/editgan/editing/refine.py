"""Clean up after a vector: keep the parts it made, take its side effects back.

EditGAN's self-supervised refinement. Nobody paints a target: it is the label map right after the vector. The
region is where the vector's parts are, before or after; outside it the picture is led back to the unedited
one. Supplement: 5 L_RGB + 1 L_CE + 5 L_ID, Adam, lr 0.02, 30 steps.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from editgan.core.descent import Step, descend, ramped
from editgan.core.errors import InputError
from editgan.core.types import Image, LabelMap, Region, WPlus
from editgan.editing.context import EditContext
from editgan.editing.objective import EditObjective, EditWeights


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
