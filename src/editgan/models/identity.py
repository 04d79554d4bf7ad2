"""A small face network: picture -> a point on a sphere, near the points of the same person's other pictures.

Group normalisation instead of batch normalisation: one photo gives the same answer as a batch, trained or
not. Trained in `training/identity.py`; it says how much of a person an edit keeps, and proves nothing about
who somebody is.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from editgan.core.errors import InputError
from editgan.core.images import resize
from editgan.core.types import Image
from editgan.models.residual import ResidualBlock

MOST_BLOCKS = 64  # at each resolution


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityConfig:
    """Shape of an identity network."""

    resolution: int  # side at which it looks at pictures, in pixels; others are resized
    channel_base: int = 1024  # channels at resolution r are channel_base / r ...
    channel_max: int = 128  # ... but never more than this
    blocks: int = 1  # residual blocks at each resolution
    squeezed_channels: int = 64  # of the 4x4 map that is flattened
    dim: int = 128  # of the embedding

    def __post_init__(self) -> None:
        if self.resolution < 16 or self.resolution & (self.resolution - 1):
            raise InputError(
                f"an identity network's resolution must be a power of two from 16, got {self.resolution}"
            )

        if not 1 <= self.blocks <= MOST_BLOCKS:
            raise InputError(f"an identity network has 1 to {MOST_BLOCKS} blocks, got {self.blocks}")

    def channels(self, resolution: int) -> int:
        """Channels of the maps at one resolution, a multiple of 8 for the normalisation groups."""
        return max(8, min(self.channel_base // resolution, self.channel_max) // 8 * 8)


class IdentityNetwork(nn.Module):
    """picture -> embedding of unit length; the cosine of two embeddings says how alike the persons are.

    An `Editor`'s `identity` can be one.
    """

    centre: Float[Tensor, "dim"]

    def __init__(self, config: IdentityConfig) -> None:
        super().__init__()
        self.config = config
        sides = [config.resolution >> i for i in range(2, int(math.log2(config.resolution)) - 1)]  # ..., 8, 4
        before = config.channels(sides[0])
        self.stem = nn.Conv2d(48, before, 3, padding=1)
        blocks: list[nn.Module] = []
        for side in sides:
            for index in range(config.blocks):
                down = index == 0 and side != sides[0]
                blocks.append(ResidualBlock(before, config.channels(side), down=down))
                before = config.channels(side)
        self.blocks = nn.Sequential(*blocks)
        self.squeeze = nn.Conv2d(before, config.squeezed_channels, 1, bias=False)
        self.norm = nn.GroupNorm(8, config.squeezed_channels)
        self.dropout = nn.Dropout(0.1)
        # Flattened, not pooled: faces are aligned, so each place has its own part
        self.linear = nn.Linear(16 * config.squeezed_channels, config.dim, bias=False)
        self.register_buffer("centre", torch.zeros(config.dim))  # of all people, set once they are learnt

    def forward(self, image: Image) -> Float[Tensor, "n dim"]:
        """Aligned pictures in -1..1, square and of any size."""
        return F.normalize(self.from_centre(image), dim=1)

    def from_centre(self, image: Image) -> Float[Tensor, "n dim"]:
        """Not yet of unit length. What all people share is taken off, and so are exposure and contrast."""
        image = resize(image, self.config.resolution)
        deviation, mean = torch.std_mean(image, dim=(1, 2, 3), keepdim=True)
        x = (image - mean) / (deviation + 0.05)
        x = self.blocks(self.stem(F.pixel_unshuffle(x, 4)))  # 4x4 pixels are one, of 48 channels: cheap
        x = self.norm(self.squeeze(x)).flatten(1)
        found: Tensor = self.linear(self.dropout(x))
        return found.float() - self.centre
