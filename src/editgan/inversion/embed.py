"""photo -> w_plus: the encoder's guess, then L-BFGS in the latent metric, as edits walk."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from editgan.bundle.bundle import BundleDraft
from editgan.core.descent import Step
from editgan.core.errors import InputError
from editgan.core.quasi_newton import descend_quasi_newton, roughly_then_exactly, until_settled
from editgan.core.types import Image, Terms, WPlus
from editgan.perception.judge import Judge
from editgan.perception.reconstruction import ReconstructionTarget, ReconstructionWeights

Arithmetic = Callable[[], AbstractContextManager[object]]
SETTLED_GAIN, SETTLED_OVER = 0.005, 10  # a walk ends when so many steps have gained less than half a percent


@dataclass(frozen=True, kw_only=True, slots=True)
class Embedding:
    """How a photo is embedded. 60 steps come nearer to it than 100 of Adam (docs/performance.md)."""

    steps: int = 60  # evaluations after the encoder's guess, at most; 0 keeps the guess
    perceptual: float = 1.0
    pixels: float = 20.0
    near_guess: float = 0.1  # mean squared standard deviations from the encoder's guess, which edits well

    def __post_init__(self) -> None:
        if self.steps < 0:
            raise InputError(f"embedding needs steps >= 0, got {self.steps}")


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
    """Descent towards one `photo` ([1, 3, r, r], aligned). The best step's value is the embedding.

    It ends early when nothing more is to be gained. A second photo would share the line search: each is
    walked to alone (`evaluation.embedding.embed_all`).
    """
    settings, guess = settings or Embedding(), first_guess(bundle, photo)
    axes, metric = bundle.axes, bundle.known_metric

    def walk(arithmetic: Arithmetic, start: Tensor, steps: int) -> Iterator[Step]:
        objective = nearness(bundle, photo, guess, settings, judge, arithmetic)
        taken = descend_quasi_newton(objective, start, steps=steps, along=lambda u: axes.to_w(metric(u)))
        return until_settled(taken, gain=SETTLED_GAIN, over=SETTLED_OVER)

    if not bundle.is_fast or settings.steps < 2:
        return walk(nullcontext, guess, settings.steps)
    return roughly_then_exactly(partial(walk, bundle.fast), partial(walk, nullcontext), guess, settings.steps)


def nearness(
    bundle: BundleDraft,
    photo: Image,
    guess: WPlus,
    settings: Embedding,
    judge: Judge | None = None,
    arithmetic: Arithmetic = nullcontext,
) -> Callable[[WPlus], Terms]:
    """What an embedding minimises: the distance to the photo, and to the guess."""
    axes = bundle.axes
    weights = ReconstructionWeights(perceptual=settings.perceptual, pixels=settings.pixels)
    with arithmetic():
        target = ReconstructionTarget(photo, judge or bundle.likeness())

    def objective(w_plus: WPlus) -> Terms:
        with arithmetic():
            terms = target.terms(bundle.generator.synthesis(w_plus).image, weights)
        terms["near_guess"] = settings.near_guess * axes.from_w(w_plus - guess).square().mean()
        return terms

    return objective
