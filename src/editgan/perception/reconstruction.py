"""How far an image is from a photo: perceptual distance and squared error, as named terms.

Training the encoder, embedding and editing all use it.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from editgan.core.types import Image, Mask, Terms
from editgan.perception.judge import Judge, perceptual_distance


@dataclass(frozen=True, kw_only=True, slots=True)
class ReconstructionWeights:
    """EditGAN's supplement: 10 LPIPS + 1 L2, the latter of images in 0..1."""

    perceptual: float = 10.0
    pixels: float = 1.0


class ReconstructionTarget:
    """A photo to be near, with its features computed once.

    `where` (True: these pixels count) restricts both terms. The pixels that do not count are blanked in
    both pictures before the judge sees them, so that no receptive field reaches into them.
    """

    def __init__(self, photo: Image, judge: Judge, where: Mask | None = None) -> None:
        self.photo, self.judge, self.where = photo, judge, where
        with torch.no_grad():
            self.features = judge.features(self._visible(photo))

    def terms(self, image: Image, weights: ReconstructionWeights) -> Terms:
        """Means over the batch of each picture's mean over the pixels that count; zero where none do."""
        distance = perceptual_distance(self.judge.features(self._visible(image)), self.features, self.where)
        return {
            "perceptual": weights.perceptual * distance.mean(),
            "pixels": weights.pixels * self._error(image).mean(),
        }

    def _visible(self, image: Image) -> Image:
        return image if self.where is None else image * self.where

    def _error(self, image: Image) -> Float[Tensor, "n"]:
        """Mean squared error of images in 0..1, picture by picture."""
        error = (image - self.photo).square().mean(1, keepdim=True) / 4
        if self.where is None:
            return error.mean((1, 2, 3))
        return (error * self.where).sum((1, 2, 3)) / self.where.sum((1, 2, 3)).clamp_min(1)
