"""The original's way from features to parts, written plainly: upsample every tap, concatenate, classify.

What `benchmarks.speed` and the tests compare with, on the weights of our own branch. The data flow is
EditGAN's (Ling et al. 2021): hypercolumns of the whole picture in memory, the ensemble's members one after
the other, and in each step of an edit a second pass of the fixed picture through the perceptual network.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from editgan.core.labels import at_side
from editgan.core.types import Features, Image, LabelMap, Logits, Region, Terms, WPlus
from editgan.editing.context import EditContext
from editgan.editing.objective import EditWeights
from editgan.models.segmentation import SegmentationBranch
from editgan.perception.judge import perceptual_distance


@dataclass(frozen=True, slots=True)
class Member:
    """One of the ensemble's per-pixel classifiers: three linear layers, ReLU between them."""

    first: Float[Tensor, "h1 c"]  # c: the channels of all taps together
    first_bias: Float[Tensor, "h1"]
    second: Float[Tensor, "h2 h1"]
    second_bias: Float[Tensor, "h2"]
    third: Float[Tensor, "classes h2"]
    third_bias: Float[Tensor, "classes"]

    def __call__(self, columns: Float[Tensor, "p c"]) -> Float[Tensor, "p classes"]:
        """Logits of `p` pixels."""
        x = F.relu(F.linear(columns, self.first, self.first_bias))
        x = F.relu(F.linear(x, self.second, self.second_bias))
        return F.linear(x, self.third, self.third_bias)


def members_of(branch: SegmentationBranch) -> list[Member]:
    """The branch's members taken apart again. The first layers are copies, side by side over the taps."""
    (h1, _), members = branch.config.hidden, []
    for k in range(branch.config.heads):
        mine = slice(k * h1, (k + 1) * h1)
        members.append(
            Member(
                torch.cat([weight[mine] for weight in branch.first], dim=1),
                branch.first_bias[mine],
                branch.second[k],
                branch.second_bias[k],
                branch.third[k],
                branch.third_bias[k],
            )
        )
    return members


def hypercolumns(features: Features, taps: Sequence[str], side: int) -> Float[Tensor, "n c side side"]:
    """Every tap brought to the label map's pixels, stacked: `bytes_of_hypercolumns` of memory."""
    size = (side, side)
    return torch.cat([F.interpolate(features[name].float(), size, mode="bilinear") for name in taps], dim=1)


def bytes_of_hypercolumns(branch: SegmentationBranch) -> int:
    """Of one picture, in float32. The oracle holds them about three times at its peak."""
    return 4 * sum(branch.config.tap_channels) * branch.config.resolution**2


def mean_logits(members: Sequence[Member], columns: Float[Tensor, "p c"]) -> Float[Tensor, "p classes"]:
    """Member by member, then the mean."""
    return torch.stack([member(columns) for member in members]).mean(0)


class OracleParts:
    """Features -> logits of the whole picture: the same function as the branch itself."""

    def __init__(self, branch: SegmentationBranch) -> None:
        self.taps, self.side = branch.config.taps, branch.config.resolution
        self.members = members_of(branch)

    def __call__(self, features: Features) -> Logits:
        """[n, classes, s, s]."""
        columns = hypercolumns(features, self.taps, self.side)
        n, channels = columns.shape[:2]
        pixels = columns.permute(0, 2, 3, 1).reshape(-1, channels)  # [n * s * s, c]
        logits = mean_logits(self.members, pixels)
        return logits.reshape(n, self.side, self.side, -1).permute(0, 3, 1, 2)


class OracleObjective:
    """The terms of an edit of one picture, as `EditObjective` gives them, by the original's data flow."""

    def __init__(
        self,
        context: EditContext,
        start: WPlus,
        before: Image,
        target: LabelMap,
        region: Region,
        weights: EditWeights,
    ) -> None:
        assert len(start) == 1
        bundle, self.judge = context.bundle, context.judge
        self.synthesis, self.axes = bundle.generator.synthesis, bundle.axes
        self.parts = OracleParts(bundle.branch)
        self.start, self.before, self.weights = start, before, weights
        self.region = region[0, 0]
        self.outside = ~at_side(region, before.shape[-1])
        self.wanted = target[0][self.region]  # [p]

    def __call__(self, w_plus: WPlus) -> Terms:
        """Named scalars; their sum is what an edit minimises."""
        out = self.synthesis(w_plus, taps=self.parts.taps)
        columns = hypercolumns(out.features, self.parts.taps, self.parts.side)
        pixels = columns[0].permute(1, 2, 0)[self.region]  # [p, c]
        labels = F.cross_entropy(mean_logits(self.parts.members, pixels), self.wanted)
        moved = self.axes.from_w(w_plus - self.start)
        return {
            "labels": self.weights.labels * labels,
            "perceptual": self.weights.perceptual * self._distance(out.image),
            "pixels": self.weights.pixels * self._error(out.image),
            "natural": self.weights.natural * moved.square().mean(),
        }

    def _distance(self, image: Image) -> Tensor:
        """Two passes through the judge: nothing of the fixed picture is kept from step to step."""
        features = self.judge.features(image * self.outside)
        wanted = self.judge.features(self.before * self.outside)
        return perceptual_distance(features, wanted, self.outside).mean()

    def _error(self, image: Image) -> Tensor:
        error = (image - self.before).square().mean(1, keepdim=True) / 4
        return (error * self.outside).sum() / self.outside.sum().clamp_min(1)
