"""Other ways to ask a walk for the same repainting: what `benchmarks.walks` compares."""

from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from editgan.core.types import Features, Terms, WPlus
from editgan.editing.context import EditContext
from editgan.editing.objective import EditObjective, EditWeights
from editgan.editing.walk import Editing

SHIFTS = ((0.5, 0.5), (-0.5, -0.5))  # label pixels: a whole one would change nothing
METRIC = 1.0  # weight of the prior in the latent metric: change costs everywhere what it costs outside
TYPICAL = 0.3  # weight of the distance from the mean latent, in squared standard deviations


class InTheMetric(EditObjective):
    """With a prior on how much the whole picture changes, as the bundle's latent metric foresees it."""

    def __init__(self, context: EditContext, *asked: Any) -> None:
        super().__init__(context, *asked)
        self.metric = context.bundle.known_metric

    def __call__(self, w_plus: WPlus) -> Terms:
        """One term more."""
        terms = super().__call__(w_plus)
        along = self.axes.from_w(w_plus - self.start).flatten(1) @ self.metric.directions.t()
        terms["metric"] = METRIC * (along.square() * self.metric.sensitivities).sum(1).mean()
        return terms


class Typical(EditObjective):
    """With a prior on where latents are: not farther from their mean than need be."""

    def __init__(self, context: EditContext, *asked: Any) -> None:
        super().__init__(context, *asked)
        self.mean = context.bundle.generator.w_avg

    def __call__(self, w_plus: WPlus) -> Terms:
        """One term more."""
        terms = super().__call__(w_plus)
        terms["typical"] = TYPICAL * self.axes.from_w(w_plus - self.mean).square().mean()
        return terms


class EachHead(EditObjective):
    """Every member of the ensemble has to read the target, not their mean."""

    def _labels(self, features: Features) -> Tensor:
        logits = self.branch.head_logits(features)  # [n, heads, classes, s, s]
        total = torch.zeros([], device=self.start.device)
        for inside in self.windows:
            at = inside.window
            near = logits[..., at.top : at.bottom, at.left : at.right].flatten(0, 1)
            wanted = inside.wanted.repeat_interleave(logits.shape[1], 0)
            surprise = F.cross_entropy(near, wanted, reduction="none")
            surprise = surprise.unflatten(0, logits.shape[:2]).mean(1)
            total = total + (surprise * inside.share).sum((1, 2)).mean()
        return self.weights.labels * total


class Shifted(EditObjective):
    """The parts are read half a pixel to each side, too: colours that please one grid do not please all."""

    def _labels(self, features: Features) -> Tensor:
        total, side = super()._labels(features), self.branch.config.resolution
        for dx, dy in SHIFTS:
            beside = {name: shifted(x, dx / side, dy / side) for name, x in features.items()}
            for inside in self.windows:
                near = self.branch.in_window(beside, inside.window)
                wanted = F.one_hot(inside.wanted, near.shape[1]).permute(0, 3, 1, 2).to(near)
                wanted = shifted(wanted, dx / wanted.shape[3], dy / wanted.shape[2])
                surprise = -(wanted * near.log_softmax(1)).sum(1)
                total = total + self.weights.labels * (surprise * inside.share).sum((1, 2)).mean()
        return total / (1 + len(SHIFTS))


def shifted(x: Tensor, dx: float, dy: float) -> Tensor:
    """What lay `dx`, `dy` (shares of the width and height) to the right and below comes to every pixel."""
    theta = torch.tensor([[1.0, 0.0, 2 * dx], [0.0, 1.0, 2 * dy]], device=x.device, dtype=x.dtype)
    grid = F.affine_grid(theta.expand(len(x), 2, 3), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A way to walk."""

    asks: type[EditObjective] = EditObjective
    settings: Editing = field(default_factory=Editing)
    is_stopped: bool = False  # where the reader sees most of the target in the photo, not at the end


def variants(num_ws: int) -> dict[str, Variant]:
    """By name; the first is what the product does."""
    coarse, middling = (tuple(range(round(share * num_ws))) for share in (0.4, 0.6))
    return {
        "as it is": Variant(),
        "stopped by the reader": Variant(is_stopped=True),
        "each head agrees": Variant(asks=EachHead),
        "shifted readings": Variant(asks=Shifted),
        "first 6 of 10 layers": Variant(settings=Editing(layers=middling)),
        "first 4 of 10 layers": Variant(settings=Editing(layers=coarse)),
        "natural, five times": Variant(settings=Editing(weights=EditWeights(natural=1.5))),
        "prior in the metric": Variant(asks=InTheMetric),
        "prior on the mean": Variant(asks=Typical),
    }
