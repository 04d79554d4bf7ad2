"""Pivotal tuning: fit the generator's weights to one photo, at its embedding.

"Pivotal Tuning for Latent-based Editing of Real Images" (Roich et al. 2021): an embedding stays among the
latents that edit well, so it leaves out what no such latent can draw. With it as a fixed pivot, synthesis
weights are fine-tuned until the pivot draws this very photo. It is one more descent, over weights.

Beyond the paper, the branch's reading of the parts is held: it reads the very features that change.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.func import functional_call

from editgan.bundle.bundle import BundleDraft
from editgan.core.descent import Watch, best, descend, ramped
from editgan.core.errors import InputError
from editgan.core.types import Features, Image, Terms, WPlus
from editgan.models.latent_generator import LatentGenerator, Synthesised
from editgan.models.segmentation import SegmentationBranch
from editgan.perception.judge import Judge
from editgan.perception.reconstruction import ReconstructionTarget, ReconstructionWeights

Weights = Float[Tensor, "k"]  # every tuned weight of a synthesis network, one after the other

COARSEST = 16  # px: layers below it place the parts; tuning them costs a third more and fits no better
PIXELS_READ = 256  # where parts are compared, drawn anew each step: reading all would triple a step's time


@dataclass(frozen=True, kw_only=True, slots=True)
class Tuning:
    """How a generator is tuned to a photo. The paper's 350 steps at 3e-4 are for 1024 px."""

    steps: int = 200
    lr: float = 0.003  # peak, in the weights' own units, under StyleGAN2's projector schedule
    perceptual: float = 1.0
    pixels: float = 120.0
    parts: float = 2.0  # divergence of the classes' probabilities from the untuned ones, nats
    features: float = 2.0  # squared change of the features, over their mean square
    locality: float = 0.05  # squared change of what a step in W+ does, over the mean square of what it did
    distance: float = 0.2  # of such a step, per axis and layer, in standard deviations of w: that of an edit
    seed: int = 0  # of the steps, and of the pixels where parts are compared

    def __post_init__(self) -> None:
        if self.steps < 0 or self.lr <= 0 or self.distance <= 0:
            raise InputError(
                f"tuning needs steps >= 0, lr > 0 and distance > 0, "
                f"got {self.steps}, {self.lr} and {self.distance}"
            )


def tune_generator(
    bundle: BundleDraft,
    photo: Image,
    w_plus: WPlus,
    settings: Tuning | None = None,
    judge: Judge | None = None,
    watch: Watch | None = None,
) -> LatentGenerator:
    """A frozen copy of the bundle's generator that draws `photo` ([1, 3, r, r], aligned) at `w_plus`.

    Mapping network, `w_avg`, noise and the layers that turn a w into styles stay as they were, so that edit
    vectors and `bundle.axes` go on to mean the same.

    Args:
        bundle: left as it is. Where it has a branch, the parts it reads are held.
        photo: -1..1.
        w_plus: its embedding, the pivot.
        settings: steps and weights.
        judge: measures perceptual distance; the bundle's for likeness by default.
        watch: called at every step, whose `value` are the tuned weights, one after the other.

    Raises:
        InputError: more than one photo.
    """
    if len(photo) != 1 or len(w_plus) != 1:
        raise InputError(f"a generator is tuned to one photo at a time, got {len(photo)}")
    settings = settings or Tuning()
    objective = TuningObjective(bundle, photo, w_plus, settings, judge or bundle.likeness())
    before = bundle.generator.fine_weights(COARSEST)
    start = torch.cat([weight.flatten() for weight in before.values()])
    weights = descend(objective, start, steps=settings.steps, lr=settings.lr, schedule=ramped)
    walk = (replace(step, latent=w_plus) for step in weights)
    return _with_weights(bundle.generator, _named(best(walk, watch).value, before))


class TuningObjective:
    """The terms of tuning to one photo, as a function of the weights.

    What does not depend on them is computed once.
    """

    def __init__(
        self, bundle: BundleDraft, photo: Image, w_plus: WPlus, settings: Tuning, judge: Judge
    ) -> None:
        self.synthesis, self.branch, self.axes = bundle.generator.synthesis, bundle.branch, bundle.axes
        self.pivot, self.settings = w_plus, settings
        self.like = bundle.generator.fine_weights(COARSEST)
        self.taps = () if bundle.branch is None else bundle.branch.config.taps
        self.target = ReconstructionTarget(photo, judge)
        self.weights = ReconstructionWeights(perceptual=settings.perceptual, pixels=settings.pixels)
        self.rng = torch.Generator().manual_seed(settings.seed)  # on the CPU: the same on every device
        with torch.no_grad():
            self.before: Synthesised = self.synthesis(w_plus, taps=self.taps)

    def __call__(self, weights: Weights) -> Terms:
        """Named scalars whose sum tuning minimises."""
        tuned = _named(weights, self.like)
        nearby = self._nearby() if self.settings.locality else self.pivot[:0]
        pivots = torch.cat([self.pivot, nearby])
        out: Synthesised = functional_call(self.synthesis, tuned, (pivots,), {"taps": self.taps})
        terms = self.target.terms(out.image[:1], self.weights)
        if self.branch is not None:
            terms |= self._held(self.branch, {name: x[:1] for name, x in out.features.items()})
        if len(nearby):
            terms["locality"] = self.settings.locality * self._locality(out.image[1:] - out.image[:1], nearby)
        return terms

    def _held(self, branch: SegmentationBranch, features: Features) -> Terms:
        """The branch's reading, and what it reads, as they were."""
        side = branch.config.resolution
        pixels = torch.randint(side, (PIXELS_READ, 2), generator=self.rng).to(self.pivot.device)
        with torch.no_grad():
            before = branch.at_pixels(self.before.features, pixels).log_softmax(1)
        after = branch.at_pixels(features, pixels).log_softmax(1)
        divergence = F.kl_div(after, before, reduction="none", log_target=True).sum(1).mean()
        drifts = [_relative(features[tap] - x, x) for tap, x in self.before.features.items()]
        return {
            "parts": self.settings.parts * divergence,
            "features": self.settings.features * torch.stack(drifts).mean(),
        }

    def _nearby(self) -> WPlus:
        units = torch.randn(self.pivot.shape, generator=self.rng).to(self.pivot)
        return self.pivot + self.axes.to_w(self.settings.distance * units)

    def _locality(self, change: Image, nearby: WPlus) -> Tensor:
        """Not the rendering itself is held, as in the paper, but how it differs from the pivot's: nearby, the
        photo's own detail should stay."""
        with torch.no_grad():
            before = self.synthesis(nearby).image - self.before.image
        return _relative(change - before, before)


def _relative(error: Tensor, of: Tensor) -> Tensor:
    return error.square().mean() / of.square().mean()


def _named(flat: Weights, like: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The stretches of `flat` in the shapes, and under the names, of `like`."""
    parts = flat.split([weight.numel() for weight in like.values()])
    return {name: part.view_as(like[name]) for name, part in zip(like, parts, strict=True)}


@torch.no_grad()
def _with_weights(generator: LatentGenerator, weights: Mapping[str, Tensor]) -> LatentGenerator:
    tuned = copy.deepcopy(generator).eval().requires_grad_(False)
    own = dict(tuned.synthesis.named_parameters())
    for name, weight in weights.items():
        own[name].copy_(weight)
    return tuned
