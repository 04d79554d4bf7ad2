"""Equalised layers and the modulated convolution of StyleGAN2 (Karras et al. 2020, section 2.2)."""

import math
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from editgan.models.kept import Kept
from editgan.models.ops import ACTIVATION_GAIN, SLOPE, bias_act, binomial_filter, blur, downsample2x

ModulationForm = Literal["auto", "grouped", "scaled"]


class EqualLinear(nn.Module):
    """Linear layer whose weights are stored at unit variance and scaled by 1/sqrt(fan-in) at run time.

    `lr_multiplier` scales weights and biases at run time, so that the layer learns that much slower.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        activate: bool = False,
        bias_init: float = 0.0,
        lr_multiplier: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features) / lr_multiplier)
        self.bias = nn.Parameter(torch.full([out_features], bias_init / lr_multiplier))
        self.activate = activate
        self.weight_gain = lr_multiplier / math.sqrt(in_features)
        self.bias_gain = lr_multiplier
        self.kept = Kept()

    def forward(self, x: Float[Tensor, "n in"]) -> Float[Tensor, "n out"]:
        """`x` times the scaled weights, plus the scaled bias, activated if asked for."""
        weight = self.kept.get("weight", self.weight, lambda weight: weight * self.weight_gain)
        bias = self.kept.get("bias", self.bias, lambda bias: bias * self.bias_gain)
        if self.activate:
            return bias_act(F.linear(x, weight), bias)
        return F.linear(x, weight, bias)


class EqualConv2d(nn.Module):
    """Convolution with run-time weight scaling, optional activation and optional down-sampling by 2."""

    filter: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        activate: bool = True,
        bias: bool = True,
        down: bool = False,
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel_size, kernel_size))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.activate = activate
        self.down = down
        self.clamp = clamp
        self.weight_gain = 1 / math.sqrt(in_channels * kernel_size**2)
        self.kept = Kept()
        self.register_buffer("filter", binomial_filter(), persistent=False)

    def forward(self, x: Float[Tensor, "n in h w"], gain: float = 1.0) -> Float[Tensor, "n out h2 w2"]:
        """The convolution; `gain` scales result and clamp (residual blocks use 1/sqrt(2))."""
        clamp = None if self.clamp is None else self.clamp * gain
        if self.activate:
            gain = gain * ACTIVATION_GAIN
        # A leaky ReLU lets positive factors through, so every gain is applied to the small weights
        scale = self.weight_gain * gain
        dtype = arithmetic(x)
        weight = self.kept.get(("weight", scale, dtype), self.weight, lambda w: (w * scale).to(dtype))
        bias = None
        if self.bias is not None:
            bias = self.kept.get(("bias", gain, dtype), self.bias, lambda b: (b * gain).to(dtype))
        kernel_size = weight.shape[2]
        if self.down and kernel_size == 1:  # every second pixel is all it looks at
            x = F.conv2d(downsample2x(x, self.filter), weight, bias)
        elif self.down:  # blur, then a strided convolution, so that nothing aliases
            x = F.conv2d(blur(x, self.filter, pad=(2, 2)), weight, bias, stride=2)
        else:
            x = F.conv2d(x, weight, bias, padding=kernel_size // 2)
        return clamped(F.leaky_relu(x, SLOPE) if self.activate else x, clamp)


def clamped(x: Tensor, limit: float | None) -> Tensor:
    """`x` held to plus and minus `limit`, if there is one; in place where no gradient needs it."""
    if limit is None:
        return x
    return x.clamp(-limit, limit) if torch.is_grad_enabled() else x.clamp_(-limit, limit)


def modulated_conv2d(
    x: Float[Tensor, "n in h w"],
    weight: Float[Tensor, "out in k k"],
    styles: Float[Tensor, "n in"],
    *,
    demodulate: bool = True,
    up: bool = False,
    gain: float = 1.0,
    form: ModulationForm = "auto",
    kept: Kept | None = None,
) -> Float[Tensor, "n out h2 w2"]:
    """Convolution whose kernel is scaled per sample and input channel, then normalised per output channel.

    `gain` scales the normalised kernel; without `demodulate` it is not looked at.
    With `up` it is a transposed convolution of stride 2: [2h + 1, 2w + 1], still to be blurred.
    `kept` is where what follows from a frozen `weight` is kept between calls.

    The two forms give the same numbers. "grouped" builds one kernel per sample; "scaled" scales the
    activations before and after one shared convolution. Shared kernels win on a CPU and at any batch
    above one; a single image on a GPU is better served by its own kernel.
    """
    if form == "auto":
        form = "grouped" if x.is_cuda and x.shape[0] == 1 else "scaled"
    if form == "grouped":
        return _grouped(x, weight, styles, demodulate=demodulate, up=up, gain=gain)
    kept = kept or Kept()
    dtype = arithmetic(x)
    shared = kept.get(("shared", up, dtype), weight, lambda w: (_flipped(w, 1) if up else w).to(dtype))
    x = _convolve(x * styles.to(x.dtype)[:, :, None, None], shared, groups=1, up=up)
    if demodulate:
        # w'' = w' / sqrt(sum w'^2 + eps), and sum over (i, k) of (s_i w)^2 is a matrix product
        energy = styles.square() @ kept.get("energy", weight, lambda w: w.square().sum((2, 3)).t())
        scale = (gain * (energy + 1e-8).rsqrt()).to(x.dtype)[:, :, None, None]
        x = x * scale if torch.is_grad_enabled() else x.mul_(scale)
    return x


def arithmetic(x: Tensor) -> torch.dtype:
    """The type a convolution of `x` is computed in."""
    device = x.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype


def _grouped(x: Tensor, weight: Tensor, styles: Tensor, *, demodulate: bool, up: bool, gain: float) -> Tensor:
    n, channels_in, height, width = x.shape
    kernels = weight * styles[:, None, :, None, None]  # [n, out, in, k, k]
    if demodulate:
        kernels = kernels * (gain * (kernels.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt())
    kernels = kernels.to(x.dtype).flatten(0, 1)
    x = x.reshape(1, n * channels_in, height, width)
    x = _convolve(x, _flipped(kernels, n) if up else kernels, groups=n, up=up)
    return x.reshape(n, -1, *x.shape[2:])


def _convolve(x: Tensor, weight: Tensor, *, groups: int, up: bool) -> Tensor:
    if up:
        return F.conv_transpose2d(x, weight, stride=2, groups=groups)
    return F.conv2d(x, weight, padding=weight.shape[2] // 2, groups=groups)


def _flipped(weight: Tensor, groups: int) -> Tensor:
    """As conv_transpose2d wants it: [in, out / groups, k, k]."""
    return weight.reshape(groups, -1, *weight.shape[1:]).transpose(1, 2).flatten(0, 1).contiguous()
