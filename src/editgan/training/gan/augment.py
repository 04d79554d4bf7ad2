"""Adaptive discriminator augmentation (Karras et al. 2020, "Training GANs with limited data").

Each transformation hits each image with probability `p`; `p` follows how often the discriminator is sure
of real images. Blits, geometry and colour of the paper's pipeline, which is where its gain lies.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from editgan.core.types import Image


def augment(images: Image, p: float, *, mirror: bool = True) -> Image:
    """Each image under its own random transformations. Differentiable once; `p` = 0 returns the input.

    Without `mirror` none is flipped. At the highest `p` nearly half would be, and a generator that cannot
    tell the two ways apart from their numbers draws both.
    """
    if p <= 0:
        return images
    return _colour(_geometry(images, p, mirror), p)


def _chance(n: int, p: float, like: Tensor) -> Float[Tensor, "n"]:
    return (torch.rand(n, device=like.device) < p).float()


def _geometry(images: Image, p: float, mirror: bool) -> Image:
    n = images.shape[0]

    def maybe(values: Tensor) -> Tensor:
        return values * _chance(n, p, images)

    def normal(sigma: float) -> Tensor:
        return torch.randn(n, device=images.device) * sigma

    def uniform(limit: float) -> Tensor:
        return (torch.rand(n, device=images.device) * 2 - 1) * limit

    flip = 1 - 2 * maybe(_chance(n, 0.5, images)) * float(mirror)
    scale = torch.exp2(maybe(normal(0.2)))
    stretch = torch.exp2(maybe(normal(0.2)))
    angle = maybe(uniform(math.pi)) * _chance(n, 0.5, images)  # half as often: upright is what we want drawn
    shift_x, shift_y = maybe(uniform(0.25)), maybe(uniform(0.25))  # of half the side, so 1/8 of the side
    cos, sin = angle.cos(), angle.sin()
    rows = [
        torch.stack([cos * scale * stretch * flip, -sin * scale, shift_x], dim=1),
        torch.stack([sin * scale * flip, cos * scale / stretch, shift_y], dim=1),
    ]
    grid = F.affine_grid(torch.stack(rows, dim=1), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def _colour(images: Image, p: float) -> Image:
    n = images.shape[0]

    def amount(sigma: float) -> Tensor:
        drawn = torch.randn(n, device=images.device) * sigma * _chance(n, p, images)
        return drawn.reshape(n, 1, 1, 1)

    images = images + amount(0.2)  # brightness
    images = images * torch.exp2(amount(0.5))  # contrast
    luma = images.mean(1, keepdim=True)
    return luma + (images - luma) * torch.exp2(amount(1.0))  # saturation


def jitter(images: Image, p: float) -> Image:
    """Each image, with probability `p` each, shifted by up to 1/16, brightened, and changed in contrast.

    Mild enough for a discriminator on pretrained features, which the whole pipeline at high strength lets win
    at once (docs/training.md). Differentiable; `p` = 0 returns the input.
    """
    if p <= 0:
        return images
    n = images.shape[0]

    def maybe(values: Tensor) -> Tensor:
        return values * _chance(n, p, images)

    shift = maybe(torch.rand(2, n, device=images.device) * 2 - 1) / 8  # of half the side
    still = torch.eye(2, device=images.device).expand(n, 2, 2)
    grid = F.affine_grid(
        torch.cat([still, shift.t().unsqueeze(2)], 2), list(images.shape), align_corners=False
    )
    shifted = F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    brighter, contrast = (maybe(torch.randn(2, n, device=images.device)) * 0.2).reshape(2, n, 1, 1, 1)
    changed: Tensor = (shifted + brighter) * torch.exp2(contrast)
    return changed


class AdaptiveStrength:
    """Moves `p` so that mean(sign(D(real))) stays near its target."""

    def __init__(self, *, target: float, images_to_full: float) -> None:
        self.target = target
        self.images_to_full = images_to_full  # images it takes to move p from 0 to 1
        self.p = 0.0

    def update(self, mean_sign: float, images: int) -> None:
        """`mean_sign` over the last `images` real images."""
        step = images / self.images_to_full
        self.p = min(max(self.p + math.copysign(step, mean_sign - self.target), 0.0), 0.85)
