"""Exponential moving average of weights."""

import copy
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def averaged(network: Network) -> Network:
    """Where the average begins: a copy for inference."""
    return copy.deepcopy(network).eval().requires_grad_(False)


@torch.no_grad()
def update_ema(ema: nn.Module, live: nn.Module, decay: float) -> None:
    """ema <- decay * ema + (1 - decay) * live; buffers are copied."""
    torch._foreach_lerp_(list(ema.parameters()), list(live.parameters()), 1 - decay)
    for kept, new in zip(ema.buffers(), live.buffers(), strict=True):
        kept.copy_(new)


def ema_decay(images: int, batch_size: int, *, half_life_images: float, ramp: float) -> float:
    """Decay per step. The half-life grows with the images shown, `ramp` of them, until it reaches its own.

    Source: StyleGAN2-ADA (Karras et al. 2020), `ema_rampup` of the official configurations.
    """
    half_life = min(half_life_images, max(images * ramp, 1e-8))
    return float(0.5 ** (batch_size / half_life))
