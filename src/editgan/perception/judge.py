"""Perceptual distance: one formula over the features of whichever network judges.

A judge turns an image into features once; distances are squared differences of features. So a fixed
target costs one pass, not one a step, and a judge is a function from an image to tensors.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from editgan.core.types import Image, Mask

UNRELATED = (
    0.5  # what a judge gives, on average, for two unrelated photos of a class: about LPIPS-VGG's value
)


@runtime_checkable
class Judge(Protocol):
    """A frozen network that compares pictures, scaled so that unrelated photos are `UNRELATED` apart."""

    @property
    def name(self) -> str:
        """How reports call it."""
        ...

    def features(self, image: Image) -> list[Tensor]:
        """Maps [n, c, r, r] whose squared difference, summed over channels and averaged over pixels, adds up
        to the distance."""
        ...


def perceptual_distance(
    a: Sequence[Tensor], b: Sequence[Tensor], where: Mask | None = None
) -> Float[Tensor, "n"]:
    """Distance between two pictures' features; 0 is equal, `UNRELATED` is two different subjects.

    With `where`, a mean over those pixels only (each map's share of them): 0 where there are none.
    """
    total: Tensor | float = 0.0
    for x, y in zip(a, b, strict=True):
        error = (x - y).square().sum(1)  # [n, r, r]
        if where is None:
            total = total + error.mean((1, 2))
        else:
            share = F.adaptive_avg_pool2d(where.float(), (error.shape[1], error.shape[2]))[:, 0]
            total = total + (error * share).sum((1, 2)) / share.sum((1, 2)).clamp_min(1e-6)
    assert isinstance(total, Tensor)
    return total


def unit_channels(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """Each pixel's channels at unit length, as LPIPS compares them (Zhang et al. 2018)."""
    return x * (x.square().sum(1, keepdim=True) + 1e-10).rsqrt()
