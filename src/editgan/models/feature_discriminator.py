"""A discriminator that looks at pictures through a pretrained network (Sauer et al. 2021, "Projected GANs
converge faster"; Kumari et al. 2022, "Ensembling off-the-shelf models for GAN training").

The network's maps are mixed by fixed random convolutions, so that none of its channels can be ignored, and a
small trained head judges each. Beside them a head may look at the picture itself: features of objects hardly
see colour, contrast and grain.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from editgan.core.errors import InputError
from editgan.core.images import resize
from editgan.core.types import Image
from editgan.models.discriminator import minibatch_deviation
from editgan.models.layers import EqualConv2d, EqualLinear
from editgan.models.ops import ACTIVATION_GAIN, SLOPE

Maps = Sequence[Float[Tensor, "n _ _ _"]]
LAST_PX = 4  # side at which a head flattens its map


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureDiscriminatorConfig:
    """Shape of projections and heads."""

    network: str = "lite1"  # whose maps it looks at
    channels_in: tuple[int, ...] = (24, 40, 112, 320)  # of those maps, finest first
    sides: tuple[int, ...] = (32, 16, 8, 4)  # of those maps, in pixels: each half the one before
    projected: tuple[int, ...] = (48, 64, 96, 128)  # channels after the fixed projections
    channel_base: int = 1024  # of the heads: a layer of r pixels a side has channel_base / r channels ...
    channel_max: int = 128  # ... but no more than these
    picture_side: int = 0  # px to which the picture is folded for a head of its own; 0: none
    picture_fold: int = 4  # picture px that become channels of one px, in either direction

    def __post_init__(self) -> None:
        if not len(self.channels_in) == len(self.sides) == len(self.projected) > 0:
            raise InputError(f"a feature discriminator needs as many channels as sides of maps, got {self}")
        if any(side < LAST_PX or side & (side - 1) for side in self.sides):
            raise InputError(f"maps should be powers of two from {LAST_PX} px on, got {self.sides}")


class Projection(nn.Module):
    """Fixed random mixing of maps, across channels and from coarse to fine; nothing here is ever trained.

    `scale` brings each mixed map to unit deviation over photos: `calibrate` measures it.
    """

    scale: Float[Tensor, "maps"]

    def __init__(self, config: FeatureDiscriminatorConfig) -> None:
        super().__init__()
        self.maps = len(config.sides)
        finer = (0, *config.projected[:-1])  # channels that the next finer map has after mixing
        for index, (before, after) in enumerate(zip(config.channels_in, config.projected, strict=True)):
            self.register_buffer(f"across{index}", torch.randn(after, before, 1, 1) / before**0.5)
            if index:  # what a map gives to the finer one
                weight = torch.randn(finer[index], after, 3, 3) / (9 * after) ** 0.5
                self.register_buffer(f"finer{index}", weight)
        self.register_buffer("scale", torch.ones(self.maps))

    def forward(self, maps: Maps) -> list[Tensor]:
        """Maps of the pretrained network, finest first -> mixed maps of the same sides."""
        mixed: list[Tensor] = []
        for index in reversed(range(self.maps)):
            x = F.conv2d(maps[index], self.get_buffer(f"across{index}"))
            if mixed:
                given = F.conv2d(mixed[0], self.get_buffer(f"finer{index + 1}"), padding=1)
                x = x + F.interpolate(given, size=x.shape[2:], mode="nearest")
            mixed.insert(0, x * self.scale[index])
        return mixed

    @torch.no_grad()
    def calibrate(self, maps: Maps) -> None:
        """Sets `scale` so that these photos' mixed maps have unit deviation, each over all that is in it."""
        self.scale.fill_(1)
        for index in reversed(range(len(maps))):  # a coarser map's scale changes what the finer ones get
            deviation = self(maps)[index].float().std()
            self.scale[index] = 1 / deviation.clamp_min(1e-8)


class FeatureHead(nn.Module):
    """One map -> one logit per picture; high means real."""

    def __init__(self, channels_in: int, side: int, config: FeatureDiscriminatorConfig) -> None:
        super().__init__()
        sides = [side >> i for i in range(int(math.log2(side // LAST_PX)) + 1)]
        widths = [min(config.channel_base // r, config.channel_max) for r in sides]
        self.first = EqualConv2d(channels_in, widths[0], 1)
        self.halvings = nn.Sequential(*(HalvingConv2d(a, b) for a, b in itertools.pairwise(widths)))
        self.fc = EqualLinear((widths[-1] + 1) * LAST_PX**2, config.channel_max, activate=True)
        self.out = EqualLinear(config.channel_max, 1)

    def forward(self, x: Float[Tensor, "n c r r"]) -> Float[Tensor, "n"]:
        """Logits, float32."""
        x = self.halvings(self.first(x))
        x = torch.cat([x, minibatch_deviation(x)], 1)
        logits: Tensor = self.out(self.fc(x.flatten(1))).float()
        return logits.squeeze(1)


class HalvingConv2d(nn.Module):
    """4x4 convolution of stride 2 with run-time weight scaling: each pixel counts alike, without a blur."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels_out, channels_in, 4, 4))
        self.bias = nn.Parameter(torch.zeros(channels_out))
        self.weight_gain = ACTIVATION_GAIN / math.sqrt(channels_in * 16)

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c2 h2 w2"]:
        """[n, c, h, w] -> [n, c2, h / 2, w / 2]."""
        weight, bias = self.weight * self.weight_gain, self.bias * ACTIVATION_GAIN
        return F.leaky_relu(F.conv2d(x, weight, bias, stride=2, padding=1), SLOPE)


class FeatureDiscriminator(nn.Module):
    """What a pretrained network sees of pictures, and maybe the pictures -> a logit from each head.

    It does not hold the network: that comes from a package and is never trained. `looked` turns its maps and
    the picture into what the heads see, so that a penalty can be taken there.
    """

    def __init__(self, config: FeatureDiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        self.projection = Projection(config)
        self.heads = nn.ModuleList(
            FeatureHead(channels, side, config)
            for channels, side in zip(config.projected, config.sides, strict=True)
        )
        if config.picture_side:
            self.heads.append(FeatureHead(3 * config.picture_fold**2, config.picture_side, config))

    def looked(self, maps: Maps, image: Image) -> list[Tensor]:
        """What the heads see: the mixed maps, then the picture, folded, if there is a head for it.

        Folded, every pixel is still there, but the head works at a fold's side: a sixteenth of the work.
        """
        seen: list[Tensor] = self.projection(maps)
        if not self.config.picture_side:
            return seen
        fold = self.config.picture_fold
        return [*seen, F.pixel_unshuffle(resize(image, self.config.picture_side * fold), fold)]

    def forward(self, seen: Maps) -> Float[Tensor, "n heads"]:
        """Logits of what `looked` gave, a column for each head."""
        return torch.stack([head(x) for head, x in zip(self.heads, seen, strict=True)], 1)
