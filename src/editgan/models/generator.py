"""The StyleGAN2 generator (Karras et al. 2020): mapping network, synthesis network, skip architecture.

Features are asked for by argument (`taps`) and come back by name; there are no hooks.
"""

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from editgan.core.errors import InputError
from editgan.core.rng import sample_z
from editgan.core.types import Features, Image, W, WPlus, Z
from editgan.models.kept import Kept
from editgan.models.layers import EqualLinear, modulated_conv2d
from editgan.models.ops import ACTIVATION_GAIN, binomial_filter, blur, noise_bias_act, upsample2x

NoiseMode = Literal["const", "random", "none"]


@dataclass(frozen=True, kw_only=True, slots=True)
class GeneratorConfig:
    """Shape of a generator."""

    resolution: int  # side of the square image, in pixels, a power of two from 16 to 1024
    z_dim: int = 512
    w_dim: int = 512
    mapping_layers: int = 8
    channel_base: int = 32768  # channels at resolution r are channel_base / r ...
    channel_max: int = 512  # ... but never more than this

    def __post_init__(self) -> None:
        if self.resolution & (self.resolution - 1) or not 16 <= self.resolution <= 1024:
            raise InputError(f"resolution must be a power of two from 16 to 1024, got {self.resolution}")
        if min(self.z_dim, self.w_dim, self.mapping_layers, self.channel_base, self.channel_max) < 1:
            raise InputError(f"every size of a generator must be at least 1, got {self}")

    def channels(self, resolution: int) -> int:
        """Channels of the layers at one resolution."""
        return max(1, min(self.channel_base // resolution, self.channel_max))

    @property
    def resolutions(self) -> list[int]:
        """4, 8, ... up to the image's own."""
        return [2**i for i in range(2, int(math.log2(self.resolution)) + 1)]

    @property
    def work(self) -> int:
        """Multiplications of the 3x3 convolutions in one pass, for one picture."""
        total = 9 * 16 * self.channels(4) ** 2
        for r in self.resolutions[1:]:
            # Before the doubling each input pixel meets the kernel once, after it each output pixel
            total += 9 * (r // 2) ** 2 * self.channels(r // 2) * self.channels(r)
            total += 9 * r**2 * self.channels(r) ** 2
        return total

    @property
    def num_ws(self) -> int:
        """How many layers take a `w`: 2 log2(resolution) - 2."""
        return 2 * int(math.log2(self.resolution)) - 2

    @property
    def tap_channels(self) -> dict[str, int]:
        """Every feature tap in network order, with its channels."""
        taps = {"4.const": self.channels(4), "4.conv": self.channels(4)}
        for resolution in self.resolutions[1:]:
            taps |= dict.fromkeys((f"{resolution}.up", f"{resolution}.conv"), self.channels(resolution))
        return taps


@dataclass(frozen=True, slots=True)
class Synthesised:
    """What one pass through the synthesis network yields."""

    image: Image
    features: Features = field(default_factory=dict)  # the tapped layers only, in network order


class MappingNetwork(nn.Module):
    """z -> w. Keeps `w_avg`, the running mean of w and the centre of truncation."""

    w_avg: Float[Tensor, "w_dim"]

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        sizes = [config.z_dim] + [config.w_dim] * config.mapping_layers
        self.layers = nn.ModuleList(
            EqualLinear(a, b, activate=True, lr_multiplier=0.01) for a, b in itertools.pairwise(sizes)
        )
        self.register_buffer("w_avg", torch.zeros(config.w_dim))

    def forward(self, z: Z, truncation_psi: float = 1.0) -> W:
        """Raises nothing: any finite z is legal. `truncation_psi` pulls w towards `w_avg`."""
        x = z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        for layer in self.layers:
            x = layer(x)
        if truncation_psi == 1:
            return x
        return torch.lerp(self.w_avg, x.to(self.w_avg.dtype), truncation_psi)  # x is bf16 under autocast


class StyledConv(nn.Module):
    """Modulated 3x3 convolution, noise, bias, activation; optionally doubling the resolution first."""

    noise_const: Float[Tensor, "r r"]
    filter: Tensor

    def __init__(self, in_channels: int, out_channels: int, w_dim: int, resolution: int, *, up: bool) -> None:
        super().__init__()
        self.up = up
        self.affine = EqualLinear(w_dim, in_channels, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.kept = Kept()
        self.register_buffer("noise_const", torch.randn(resolution, resolution))
        self.register_buffer("filter", binomial_filter(), persistent=False)

    def forward(self, x: Tensor, w: W, noise_mode: NoiseMode) -> Tensor:
        """[n, in, r, r] -> [n, out, r, r], or twice the side with `up`."""
        x = modulated_conv2d(x, self.weight, self.affine(w), up=self.up, gain=ACTIVATION_GAIN, kept=self.kept)
        if self.up:
            x = blur(x, self.filter, pad=(1, 1), gain=4)
        noise = None
        if noise_mode == "const":
            noise = self.noise_const[None, None]
        elif noise_mode == "random":
            noise = torch.randn(x.shape[0], 1, *x.shape[2:], device=x.device)
        return noise_bias_act(x, noise, self.noise_strength * ACTIVATION_GAIN, self.bias * ACTIVATION_GAIN)


class ToRGB(nn.Module):
    """Modulated 1x1 convolution to three channels, without demodulation."""

    def __init__(self, in_channels: int, w_dim: int) -> None:
        super().__init__()
        self.affine = EqualLinear(w_dim, in_channels, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(3, in_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))
        self.weight_gain = 1 / math.sqrt(in_channels)
        self.kept = Kept()

    def forward(self, x: Tensor, w: W) -> Image:
        """[n, in, r, r] -> [n, 3, r, r], float32: small sums of large numbers lose colour in bf16."""
        styles = self.affine(w) * self.weight_gain
        if len(x) == 1:  # so few outputs that scaling the kernel is cheaper than scaling the activations
            rgb = F.conv2d(x, (self.weight * styles[:, :, None, None]).to(x.dtype))
        else:
            rgb = modulated_conv2d(x, self.weight, styles, demodulate=False, kept=self.kept)
        return rgb.float() + self.bias[:, None, None]


class SynthesisBlock(nn.Module):
    """All layers of one resolution."""

    def __init__(self, config: GeneratorConfig, resolution: int) -> None:
        super().__init__()
        out = config.channels(resolution)
        self.resolution = resolution
        self.up = (
            StyledConv(config.channels(resolution // 2), out, config.w_dim, resolution, up=True)
            if resolution > 4
            else None
        )
        self.conv = StyledConv(out, out, config.w_dim, resolution, up=False)
        self.to_rgb = ToRGB(out, config.w_dim)


class SynthesisNetwork(nn.Module):
    """w_plus -> image, and the features asked for."""

    filter: Tensor

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        self.const = nn.Parameter(torch.randn(config.channels(4), 4, 4))
        self.blocks = nn.ModuleList(SynthesisBlock(config, r) for r in config.resolutions)
        self.register_buffer("filter", binomial_filter(), persistent=False)

    def forward(
        self, w_plus: WPlus, *, taps: Iterable[str] = (), noise_mode: NoiseMode = "const"
    ) -> Synthesised:
        """One pass.

        Args:
            w_plus: [n, num_ws, w_dim].
            taps: names from `config.tap_channels`: the constant input and every styled convolution.
            noise_mode: "const" whenever we edit or measure, "random" for training, "none" for neither.

        Raises:
            InputError: a tap this network does not have, or `w_plus` of another number of layers.
        """
        wanted = set(taps)
        if unknown := wanted - set(self.config.tap_channels):
            raise InputError(
                f"no layers {sorted(unknown)}; this network has {list(self.config.tap_channels)}"
            )
        if w_plus.shape[1] != self.config.num_ws:
            raise InputError(f"w_plus must have {self.config.num_ws} layers, got {w_plus.shape[1]}")
        features: Features = {}

        def tap(name: str, x: Tensor) -> None:
            if name in wanted:
                features[name] = x

        x = self.const.expand(w_plus.shape[0], -1, -1, -1)
        if torch.is_autocast_enabled(w_plus.device.type):
            x = x.to(torch.get_autocast_dtype(w_plus.device.type))
        x = x.contiguous(memory_format=torch.channels_last)
        tap("4.const", x)
        rgb: Tensor | None = None
        layer = 0
        for block in self.blocks:
            assert isinstance(block, SynthesisBlock)
            if block.up is not None:
                x = block.up(x, w_plus[:, layer], noise_mode)
                tap(f"{block.resolution}.up", x)
                layer += 1
            x = block.conv(x, w_plus[:, layer], noise_mode)
            tap(f"{block.resolution}.conv", x)
            layer += 1
            # to_rgb shares its w with the next block's first layer, as in StyleGAN2
            here = block.to_rgb(x, w_plus[:, layer])
            rgb = here if rgb is None else upsample2x(rgb, self.filter) + here
        assert rgb is not None
        return Synthesised(rgb, features)


class Generator(nn.Module):
    """Mapping and synthesis together."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        self.mapping = MappingNetwork(config)
        self.synthesis = SynthesisNetwork(config)

    def forward(self, z: Z, *, truncation_psi: float = 1.0, noise_mode: NoiseMode = "const") -> Image:
        """z -> image, one w for every layer. Not clamped: values may leave -1..1 a little."""
        w_plus = self.broadcast(self.mapping(z, truncation_psi))
        synthesised: Synthesised = self.synthesis(w_plus, noise_mode=noise_mode)
        return synthesised.image

    def broadcast(self, w: W) -> WPlus:
        """One w for every layer."""
        return w.unsqueeze(1).expand(-1, self.config.num_ws, -1)


def samples(generator: Generator, count: int, *, batch_size: int = 16) -> Iterator[Image]:
    """Seeds 0 to `count` - 1 without truncation, a batch at a time."""
    for start in range(0, count, batch_size):
        seeds = range(start, min(start + batch_size, count))
        yield generator(sample_z(seeds, generator.config.z_dim, generator.mapping.w_avg.device))
