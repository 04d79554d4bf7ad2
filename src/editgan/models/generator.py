"""The StyleGAN2 generator (Karras et al. 2020): mapping network and synthesis network.

Its three architectures differ in how the image is made: "skip" sums what every resolution adds to it, in
"resnet" and "orig" the last one draws it alone, with and without shortcuts around the blocks.

Features are asked for by argument (`taps`) and come back by name; there are no hooks.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from editgan.core.errors import InputError
from editgan.core.types import Features, Image, W, WPlus, Z
from editgan.models.kept import Kept
from editgan.models.latent_generator import LatentGenerator, Synthesised
from editgan.models.layers import EqualConv2d, EqualLinear, clamped, modulated_conv2d
from editgan.models.mapping import MappingNetwork
from editgan.models.ops import ACTIVATION_GAIN, binomial_filter, blur, noise_bias_act, upsample2x

NoiseMode = Literal["const", "random", "none"]
Architecture = Literal["skip", "resnet", "orig"]


@dataclass(frozen=True, kw_only=True, slots=True)
class GeneratorConfig:
    """Shape of a generator, or of its discriminator."""

    resolution: int  # side of the square image, in pixels, a power of two from 16 to 1024
    z_dim: int = 512
    w_dim: int = 512
    mapping_layers: int = 8
    channel_base: int = 32768  # channels at resolution r are channel_base / r ...
    channel_max: int = 512  # ... but never more than this
    architecture: Architecture | None = None  # a generator's own is "skip", a discriminator's "resnet"
    conv_clamp: float | None = None  # activations are held to +- this; StyleGAN2-ADA has 256
    c_dim: int = 0  # classes the generator can draw, 0 if there is but one
    class_id: int = 0  # the one it draws
    deviation_group: int | None = 4  # of a discriminator: samples compared at a time, None: all of a batch

    def __post_init__(self) -> None:
        if self.resolution & (self.resolution - 1) or not 16 <= self.resolution <= 1024:
            raise InputError(f"resolution must be a power of two from 16 to 1024, got {self.resolution}")
        if min(self.z_dim, self.w_dim, self.mapping_layers, self.channel_base, self.channel_max) < 1:
            raise InputError(f"every size of a generator must be at least 1, got {self}")
        if self.mapping_layers > 64:
            raise InputError(f"a mapping network has at most 64 layers, got {self.mapping_layers}")
        if self.architecture not in (None, *get_args(Architecture)):
            raise InputError(f"architecture must be skip, resnet or orig, got {self.architecture!r}")
        if self.conv_clamp is not None and self.conv_clamp <= 0:
            raise InputError(f"conv_clamp must be over 0, or None, got {self.conv_clamp}")
        if self.c_dim < 0 or not 0 <= self.class_id < max(self.c_dim, 1):
            raise InputError(f"class {self.class_id} is none of the generator's {self.c_dim} classes")

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


class StyledConv(nn.Module):
    """Modulated 3x3 convolution, noise, bias, activation; optionally doubling the resolution first."""

    noise_const: Float[Tensor, "r r"]
    filter: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        config: GeneratorConfig,
        resolution: int,
        *,
        up: bool,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        self.up = up
        self.gain = gain * ACTIVATION_GAIN  # a leaky ReLU lets positive factors through
        self.clamp = None if config.conv_clamp is None else config.conv_clamp * gain
        self.affine = EqualLinear(config.w_dim, in_channels, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.kept = Kept()
        self.register_buffer("noise_const", torch.randn(resolution, resolution))
        self.register_buffer("filter", binomial_filter(), persistent=False)

    def forward(self, x: Tensor, w: W, noise_mode: NoiseMode) -> Tensor:
        """[n, in, r, r] -> [n, out, r, r], or twice the side with `up`."""
        x = modulated_conv2d(x, self.weight, self.affine(w), up=self.up, gain=self.gain, kept=self.kept)
        if self.up:
            x = blur(x, self.filter, pad=(1, 1), gain=4)
        noise = None
        if noise_mode == "const":
            noise = self.noise_const[None, None]
        elif noise_mode == "random":
            noise = torch.randn(x.shape[0], 1, *x.shape[2:], device=x.device)
        x = noise_bias_act(x, noise, self.noise_strength * self.gain, self.bias * self.gain)
        return clamped(x, self.clamp)


class ToRGB(nn.Module):
    """Modulated 1x1 convolution to three channels, without demodulation."""

    def __init__(self, in_channels: int, config: GeneratorConfig) -> None:
        super().__init__()
        self.clamp = config.conv_clamp
        self.affine = EqualLinear(config.w_dim, in_channels, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(3, in_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))
        self.weight_gain = 1 / math.sqrt(in_channels)
        self.kept = Kept()

    def forward(self, x: Tensor, w: W) -> Image:
        """[n, in, r, r] -> [n, 3, r, r], float32: small sums of large numbers lose colour in bf16."""
        styles = self.affine(w) * self.weight_gain
        if x.shape[0] == 1:  # so few outputs that scaling the kernel is cheaper than scaling the activations
            rgb = F.conv2d(x, (self.weight * styles[:, :, None, None]).to(x.dtype))
        else:
            rgb = modulated_conv2d(x, self.weight, styles, demodulate=False, kept=self.kept)
        return clamped(rgb.float() + self.bias[:, None, None], self.clamp)


class SynthesisBlock(nn.Module):
    """All layers of one resolution."""

    def __init__(self, config: GeneratorConfig, resolution: int) -> None:
        super().__init__()
        before, out = config.channels(resolution // 2), config.channels(resolution)
        architecture, is_first = config.architecture or "skip", resolution == 4
        has_shortcut = architecture == "resnet" and not is_first
        gain = math.sqrt(0.5) if has_shortcut else 1.0
        self.resolution = resolution
        self.up = None if is_first else StyledConv(before, out, config, resolution, up=True)
        self.conv = StyledConv(out, out, config, resolution, up=False, gain=gain)
        self.shortcut = EqualConv2d(before, out, 1, activate=False, bias=False) if has_shortcut else None
        draws = architecture == "skip" or resolution == config.resolution
        self.to_rgb = ToRGB(out, config) if draws else None


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
            around = None
            if block.shortcut is not None:
                around = upsample2x(block.shortcut(x, gain=math.sqrt(0.5)), self.filter)
            if block.up is not None:
                x = block.up(x, w_plus[:, layer], noise_mode)
                tap(f"{block.resolution}.up", x)
                layer += 1
            x = block.conv(x, w_plus[:, layer], noise_mode)
            x = x if around is None else around + x
            tap(f"{block.resolution}.conv", x)
            layer += 1
            if block.to_rgb is not None:
                # to_rgb shares its w with the next block's first layer, as in StyleGAN2
                here = block.to_rgb(x, w_plus[:, layer])
                rgb = here if rgb is None else upsample2x(rgb, self.filter) + here
        assert rgb is not None
        return Synthesised(rgb, features)


class Generator(LatentGenerator):
    """Mapping and synthesis together."""

    config: GeneratorConfig
    synthesis: SynthesisNetwork

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        self.mapping = MappingNetwork(
            config.z_dim, config.w_dim, config.mapping_layers, c_dim=config.c_dim, class_id=config.class_id
        )
        self.synthesis = SynthesisNetwork(config)

    def forward(self, z: Z, *, truncation_psi: float = 1.0, noise_mode: NoiseMode = "const") -> Image:
        """z -> image, one w for every layer. Not clamped: values may leave -1..1 a little."""
        synthesised: Synthesised = self.synthesis(self.sample(z, truncation_psi), noise_mode=noise_mode)
        return synthesised.image

    @property
    def w_avg(self) -> Float[Tensor, "w_dim"]:
        """The mean w, centre of truncation."""
        return self.mapping.w_avg

    def to_w(self, z: Z, truncation_psi: float = 1.0) -> W:
        """The mapping network."""
        w: W = self.mapping(z, truncation_psi)
        return w

    def fine_weights(self, coarsest_px: int) -> dict[str, Tensor]:
        """Without the affine layers: they turn a w into styles, so they are what an edit vector speaks to."""
        blocks = {f"blocks.{i}.": r for i, r in enumerate(self.config.resolutions)}
        fine = tuple(prefix for prefix, resolution in blocks.items() if resolution >= coarsest_px)
        named = self.synthesis.named_parameters()
        return {name: p.detach() for name, p in named if name.startswith(fine) and ".affine." not in name}


def as_stylegan2(generator: LatentGenerator, act: str) -> Generator:
    """For what only StyleGAN2 can. Raises InputError for a generator of another type."""
    if not isinstance(generator, Generator):
        raise InputError(f"{act} takes a StyleGAN2 generator, got a {type(generator).__name__}")
    return generator
