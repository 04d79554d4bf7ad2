"""What an edit asks for: the target's labels inside the region, unchanged pixels outside it.

EditGAN, supplement: 15 L_RGB + 1 L_CE + 10 L_ID, with L_RGB = LPIPS + L2 outside the region. Here every
term is a mean over its own pixels, so the region's size does not change a weight; ours are set for that.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.core.types import Image, LabelMap, Region, Terms, WPlus
from editgan.perception.judge import Judge
from editgan.perception.reconstruction import ReconstructionTarget, ReconstructionWeights

Identity = Callable[[Image], Float[Tensor, "n d"]]  # a face's embedding, unit length


@dataclass(frozen=True, kw_only=True, slots=True)
class EditWeights:
    """Factors of the named terms."""

    labels: float = 1.0  # cross-entropy inside the region, nats
    perceptual: float = 10.0  # distance outside the region
    pixels: float = 60.0  # squared error outside the region, images in 0..1
    natural: float = 0.3  # mean squared distance from the start, in standard deviations of w
    identity: float = 0.0  # 1 - cosine of face embeddings; 10 in the paper, where a face network is at hand


class EditObjective:
    """The terms of an edit, as a function of w_plus. What does not depend on it is computed once.

    Several photos at once, each with its own target and region, give the means of their terms.
    """

    def __init__(
        self,
        bundle: ModelBundle,
        start: WPlus,
        before: Image,
        target: LabelMap,
        region: Region,
        weights: EditWeights,
        judge: Judge | None = None,
        identity: Identity | None = None,
    ) -> None:
        bundle.need("branch", "discriminator")
        assert bundle.branch is not None
        self.synthesis, self.branch = bundle.generator.synthesis, bundle.branch
        self.taps = bundle.branch.config.taps
        self.weights = weights
        self.start, self.axes = start, bundle.axes
        touched = region.any(0)[0]  # by any of the photos: parts are read at the same pixels of all
        self.inside = touched.nonzero()  # [p, 2] rows and columns
        self.wanted = target[:, touched]  # [n, p]
        counts = region[:, 0, touched].float()
        self.share = counts / counts.sum(1, keepdim=True).clamp_min(1)  # of each pixel in its photo's mean
        self.outside = ReconstructionTarget(before, judge or bundle.judge(), ~region)
        self.identity = identity
        if identity is not None:
            with torch.no_grad():
                self.person = identity(before)

    def __call__(self, w_plus: WPlus) -> Terms:
        """Named scalars whose sum an edit minimises."""
        out = self.synthesis(w_plus, taps=self.taps)
        outside = ReconstructionWeights(perceptual=self.weights.perceptual, pixels=self.weights.pixels)
        terms = {"labels": self._labels(out.features), **self.outside.terms(out.image, outside)}
        moved = self.axes.from_w(w_plus - self.start)
        terms["natural"] = self.weights.natural * moved.square().mean()
        if self.identity is not None and self.weights.identity:
            cosine = (self.identity(out.image) * self.person).sum(1).mean()
            terms["identity"] = self.weights.identity * (1 - cosine)
        return terms

    def _labels(self, features: dict[str, Tensor]) -> Tensor:
        if len(self.inside) == 0:
            return torch.zeros([], device=self.inside.device)
        surprise = F.cross_entropy(
            self.branch.at_pixels(features, self.inside), self.wanted, reduction="none"
        )
        return self.weights.labels * (surprise * self.share).sum(1).mean()
