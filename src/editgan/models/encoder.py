"""The feature-pyramid encoder: photo -> w_plus, as offsets from `w_avg`.

Coarse layers are read from coarse maps and fine layers from fine maps, one head per group. Group
normalisation instead of batch normalisation: one photo gives the same answer as a batch, trained or not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from editgan.core.errors import InputError
from editgan.core.types import Image, WPlus
from editgan.models.residual import ResidualBlock


@dataclass(frozen=True, kw_only=True, slots=True)
class EncoderConfig:
    """Shape of an encoder."""

    resolution: int  # side of the photo it takes, in pixels
    num_ws: int
    w_dim: int
    channel_base: int = 4096  # channels at resolution r are channel_base / r ...
    channel_max: int = 192  # ... but never more than this
    pyramid_channels: int = 96
    head_channels: int = 48  # channels of the 4x4 map each head flattens

    def __post_init__(self) -> None:
        if self.resolution < 16 or self.resolution & (self.resolution - 1):
            raise InputError(f"an encoder's resolution must be a power of two from 16, got {self.resolution}")

    def channels(self, resolution: int) -> int:
        """Channels of the maps at one resolution, a multiple of 8 for the normalisation groups."""
        return max(8, min(self.channel_base // resolution, self.channel_max) // 8 * 8)

    @property
    def groups(self) -> list[range]:
        """Layers read from the 4, 8 and 16 pixel maps: the first three, the next three, the rest."""
        bounds = [0, 3, min(6, self.num_ws - 1), self.num_ws]
        return [range(a, b) for a, b in pairwise(bounds)]


class _Head(nn.Module):
    """A pyramid map -> one offset per layer of the group."""

    def __init__(self, config: EncoderConfig, layers: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(config.pyramid_channels, config.pyramid_channels, 3, padding=1)
        self.squeeze = nn.Conv2d(config.pyramid_channels, config.head_channels, 1)
        self.linear = nn.Linear(config.head_channels * 16, layers * config.w_dim)
        nn.init.normal_(self.linear.weight, std=0.1 / math.sqrt(self.linear.in_features))
        nn.init.zeros_(self.linear.bias)  # so that training starts at w_avg
        self.layers = layers

    def forward(self, x: Tensor) -> Float[Tensor, "n layers w_dim"]:
        x = F.leaky_relu(self.conv(x), 0.1)
        while x.shape[2] > 4:
            x = F.avg_pool2d(x, 2)
        x = F.leaky_relu(self.squeeze(x), 0.1).flatten(1)
        offsets: Tensor = self.linear(x)
        return offsets.reshape(len(x), self.layers, -1)


class Encoder(nn.Module):
    """photo -> w_plus in one pass: the first guess of an embedding."""

    w_avg: Float[Tensor, "w_dim"]

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        sides = [config.resolution >> i for i in range(int(math.log2(config.resolution)) - 1)]  # ..., 8, 4
        widths = [config.channels(side) for side in sides]
        self.stem = nn.Conv2d(3, widths[0], 3, padding=1)
        self.blocks = nn.ModuleList(
            ResidualBlock(a, b, down=i > 0, learnt_shortcut=True)
            for i, (a, b) in enumerate(zip([widths[0], *widths[:-1]], widths, strict=True))
        )
        self.lateral = nn.ModuleList(nn.Conv2d(w, config.pyramid_channels, 1) for w in widths[:-4:-1])
        self.heads = nn.ModuleList(_Head(config, len(group)) for group in config.groups)
        self.register_buffer("w_avg", torch.zeros(config.w_dim))

    def forward(self, image: Image) -> WPlus:
        """[n, 3, resolution, resolution] in -1..1 -> [n, num_ws, w_dim]."""
        if image.shape[2:] != (self.config.resolution, self.config.resolution):
            raise InputError(
                f"the encoder takes {self.config.resolution} px pictures, got {tuple(image.shape[2:])}"
            )
        x = self.stem(image)
        maps: list[Tensor] = []
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        offsets = [head(p) for head, p in zip(self.heads, self._pyramid(maps[:-4:-1]), strict=True)]
        return self.w_avg + torch.cat(offsets, dim=1).float()

    def _pyramid(self, coarse_to_fine: Sequence[Tensor]) -> list[Tensor]:
        """Top-down: every map also knows what the coarser ones saw (Lin et al. 2017)."""
        pyramid: list[Tensor] = []
        for lateral, x in zip(self.lateral, coarse_to_fine, strict=True):
            here: Tensor = lateral(x)
            if pyramid:
                here = here + F.interpolate(pyramid[-1], here.shape[2:], mode="bilinear")
            pyramid.append(here)
        return pyramid
