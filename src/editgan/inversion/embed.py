"""photo -> w_plus: the encoder's guess, then descent."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from editgan.bundle.bundle import BundleDraft
from editgan.core.descent import Step, descend, ramped
from editgan.core.errors import InputError
from editgan.core.types import Image, Terms, WPlus
from editgan.perception.judge import Judge
from editgan.perception.reconstruction import ReconstructionTarget, ReconstructionWeights


@dataclass(frozen=True, kw_only=True, slots=True)
class Embedding:
    """How a photo is embedded."""

    steps: int = 100  # updates after the encoder's guess; 0 keeps the guess
    lr: float = 0.15  # peak, in standard deviations of w, under StyleGAN2's projector schedule
    perceptual: float = 1.0
    pixels: float = 20.0
    near_guess: float = 0.1  # mean squared standard deviations from the encoder's guess, which edits well

    def __post_init__(self) -> None:
        if self.steps < 0 or self.lr <= 0:
            raise InputError(f"embedding needs steps >= 0 and lr > 0, got {self.steps} and {self.lr}")


@torch.no_grad()
def first_guess(bundle: BundleDraft, photo: Image) -> WPlus:
    """The encoder's w_plus, or `w_avg` on every layer where the bundle has no encoder yet."""
    if bundle.encoder is not None:
        guess: Tensor = bundle.encoder(photo)
        return guess
    w_avg = bundle.generator.w_avg
    return bundle.generator.broadcast(w_avg.expand(photo.shape[0], -1)).clone()


def embed(
    bundle: BundleDraft, photo: Image, settings: Embedding | None = None, judge: Judge | None = None
) -> Iterator[Step]:
    """Descent towards `photo` ([n, 3, r, r], aligned). The best step's value is the embedding.

    Several photos at once are independent walks under one optimiser; the best step is then theirs in common.
    """
    settings = settings or Embedding()
    guess, axes = first_guess(bundle, photo), bundle.axes
    with bundle.fast():
        target = ReconstructionTarget(photo, judge or bundle.likeness())
    weights = ReconstructionWeights(perceptual=settings.perceptual, pixels=settings.pixels)

    def objective(w_plus: Tensor) -> Terms:
        with bundle.fast():
            terms = target.terms(bundle.generator.synthesis(w_plus).image, weights)
        terms["near_guess"] = settings.near_guess * axes.from_w(w_plus - guess).square().mean()
        # The mean over photos would shrink each one's gradient; Adam is scale-free, so it does not matter
        return terms

    steps, lr = settings.steps, settings.lr
    return descend(objective, guess, steps=steps, lr=lr, schedule=ramped, along=axes.to_w)
