"""Resampling and activation primitives of StyleGAN2, in plain PyTorch.

The binomial filter is one depthwise convolution: the same numbers as the usual reshape to one channel,
and 5 to 40 times faster on a CPU.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Maps = Float[Tensor, "n c h w"]

SLOPE = 0.2  # of the leaky ReLU
ACTIVATION_GAIN = math.sqrt(2)  # keeps the second moment of what the leaky ReLU halves


def binomial_filter(device: torch.device | str = "cpu") -> Float[Tensor, "4 4"]:
    """StyleGAN2's resampling filter, outer([1, 3, 3, 1]), summing to one."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], device=device)
    return torch.outer(taps, taps) / 64


def blur(
    x: Maps, filter_: Float[Tensor, "4 4"], *, pad: tuple[int, int], gain: float = 1.0
) -> Float[Tensor, "n c h2 w2"]:
    """Depthwise convolution with `filter_`; `pad` is (before, after) on both axes."""
    channels = x.shape[1]
    kernel = (filter_ * gain).to(x.dtype).expand(channels, 1, 4, 4)
    if pad[0] == pad[1]:
        return F.conv2d(x, kernel, padding=pad[0], groups=channels)
    return F.conv2d(F.pad(x, (*pad, *pad)), kernel, groups=channels)


def upsample2x(x: Maps, filter_: Float[Tensor, "4 4"]) -> Float[Tensor, "n c h2 w2"]:
    """Zero insertion, then the binomial filter: how the skip architecture enlarges its RGB image."""
    channels = x.shape[1]
    kernel = (filter_ * 4).to(x.dtype).expand(channels, 1, 4, 4)
    return F.conv_transpose2d(x, kernel, stride=2, padding=1, groups=channels)


def downsample2x(x: Maps, filter_: Float[Tensor, "4 4"]) -> Float[Tensor, "n c h2 w2"]:
    """The binomial filter, then every second pixel."""
    channels = x.shape[1]
    kernel = filter_.to(x.dtype).expand(channels, 1, 4, 4)
    return F.conv2d(x, kernel, stride=2, padding=1, groups=channels)


def bias_act(x: Tensor, bias: Tensor) -> Tensor:
    """Leaky ReLU of `x + bias`, scaled to keep the second moment. `bias` runs along dimension 1 of `x`."""
    shape = (1, -1) + (1,) * (x.ndim - 2)
    return F.leaky_relu(x + bias.to(x.dtype).reshape(shape), SLOPE) * ACTIVATION_GAIN


def noise_bias_act(
    x: Maps, noise: Float[Tensor, "_ 1 h w"] | None, strength: Float[Tensor, ""], bias: Float[Tensor, "c"]
) -> Maps:
    """Leaky ReLU of `x + noise * strength + bias`; the caller has scaled all three by `ACTIVATION_GAIN`.

    It may write into `x`. On a CPU both sums are one matrix product of inner dimension two:
    broadcasting over channels that lie innermost costs PyTorch ten times as much.
    """
    n, channels, height, width = x.shape
    if noise is None:
        return F.leaky_relu_(x + bias.to(x.dtype)[:, None, None], SLOPE)
    if x.device.type != "cpu":
        added = (noise * strength).to(x.dtype) + bias.to(x.dtype)[:, None, None]
        return F.leaky_relu_(x + added, SLOPE)
    added = noise.expand(n, 1, height, width).flatten()
    left = torch.stack([added, torch.ones_like(added)], 1).to(x.dtype)  # [n h w, 2]
    right = torch.stack([strength.expand(channels), bias]).to(x.dtype)  # [2, c]
    rows = x.permute(0, 2, 3, 1).reshape(-1, channels)
    # Written into a view, autograd would copy the gradient twice on its way back: a seventh of a step
    rows = torch.addmm(rows, left, right) if torch.is_grad_enabled() else rows.addmm_(left, right)
    return F.leaky_relu_(rows, SLOPE).view(n, height, width, channels).permute(0, 3, 1, 2)
