"""What an edit asks for: the target's labels inside the region, unchanged pixels outside it.

EditGAN, supplement: 15 L_RGB + 1 L_CE + 10 L_ID, with L_RGB = LPIPS + L2 outside the region. Here every
term is a mean over its own pixels, so the region's size does not change a weight; ours are set for that.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from editgan.core.labels import at_side
from editgan.core.types import Features, Image, LabelMap, Region, Terms, WPlus
from editgan.editing.context import EditContext
from editgan.editing.region import region_windows
from editgan.models.windows import Window
from editgan.perception.reconstruction import ReconstructionTarget, ReconstructionWeights


@dataclass(frozen=True, kw_only=True, slots=True)
class EditWeights:
    """Factors of the named terms."""

    labels: float = 1.0  # cross-entropy inside the region, nats
    perceptual: float = 10.0  # distance outside the region
    pixels: float = 60.0  # squared error outside the region, images in 0..1
    natural: float = 0.3  # mean squared distance from the start, in standard deviations of w
    identity: float = 0.0  # 1 - cosine of face embeddings; 10 in the paper, where a face network is at hand
    realism: float = 0.0  # how unreal the heads on features find the region's surroundings; no default yet


class EditObjective:
    """The terms of an edit, as a function of w_plus. What does not depend on it is computed once.

    Several photos at once, each with its own target and region, give the means of their terms.

    Raises:
        BundleError: a weight is set for a network that is not there.
    """

    def __init__(
        self,
        context: EditContext,
        start: WPlus,
        before: Image,
        target: LabelMap,
        region: Region,
        weights: EditWeights,
    ) -> None:
        bundle = context.bundle
        self.synthesis, self.branch = bundle.generator.synthesis, bundle.branch
        self.taps = bundle.branch.config.taps
        self.fast: Callable[[], AbstractContextManager[object]] = bundle.fast
        self.weights = weights
        self.start, self.axes = start, bundle.axes
        share = region[:, 0].float()
        share = share / share.sum((1, 2), keepdim=True).clamp_min(1)  # of each pixel in its photo's mean
        # Parts are read in the same windows of all photos
        self.windows = [
            _Inside(window, window.of(target), window.of(share) * mask.to(share))
            for window, mask in region_windows(region)
        ]
        outside = ~at_side(region, before.shape[-1])
        with bundle.fast():  # as the pictures it is compared with: rounding is no difference
            self.outside = ReconstructionTarget(before, context.judge, outside)
        self.before, self.region = before, ~outside
        self.realism = bundle.realism() if weights.realism else None
        self.identity = context.identity if weights.identity else None
        if weights.identity and self.identity is None:
            raise bundle.lacks("identity")
        if self.identity is not None:
            with torch.no_grad():
                self.person = self.identity(before)

    def exactly(self) -> "EditObjective":
        """The same without `ModelBundle.fast`: at the end of a walk, rounding is all that is left to gain."""
        exact = copy(self)
        exact.fast = nullcontext
        exact.outside = ReconstructionTarget(self.outside.photo, self.outside.judge, self.outside.where)
        return exact

    def __call__(self, w_plus: WPlus) -> Terms:
        """Named scalars whose sum an edit minimises."""
        outside = ReconstructionWeights(perceptual=self.weights.perceptual, pixels=self.weights.pixels)
        with self.fast():
            out = self.synthesis(w_plus, taps=self.taps)
            terms = {"labels": self._labels(out.features), **self.outside.terms(out.image, outside)}
        moved = self.axes.from_w(w_plus - self.start)
        terms["natural"] = self.weights.natural * moved.square().mean()
        if self.identity is not None:
            cosine = (self.identity(out.image) * self.person).sum(1).mean()
            terms["identity"] = self.weights.identity * (1 - cosine)
        if self.realism is not None:
            unreal = self.realism.loss(out.image, self.before, self.region)
            terms["realism"] = self.weights.realism * unreal
        return terms

    def _labels(self, features: Features) -> Tensor:
        total = torch.zeros([], device=self.start.device)
        for inside in self.windows:
            logits = self.branch.in_window(features, inside.window)
            surprise = F.cross_entropy(logits, inside.wanted, reduction="none")
            total = total + (surprise * inside.share).sum((1, 2)).mean()
        return self.weights.labels * total


@dataclass(frozen=True, slots=True)
class _Inside:
    """What is asked of the parts in one window."""

    window: Window
    wanted: LabelMap  # [n, h, w]
    share: Float[Tensor, "n label_h label_w"]  # of each pixel in its photo's mean; 0 outside the region
