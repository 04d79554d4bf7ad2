"""A small network that says how a crop must be adjusted to become the aligned frame."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from editgan.core.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class AlignerConfig:
    """Shape of an aligner."""

    resolution: int = 64  # side of the crops it looks at, in pixels
    channels: int = 24  # after the first convolution; later ones have up to six times as many

    def __post_init__(self) -> None:
        if self.resolution % 16 or self.resolution < 32:
            raise InputError(
                f"an aligner's resolution must be a multiple of 16 from 32 on, got {self.resolution}"
            )


class Aligner(nn.Module):
    """crop -> (dx, dy, log_scale, angle), the arguments of `data.align.Framing.adjusted`.

    dx and dy are in sides of the crop, log_scale is natural, the angle in radians. Each is bounded, so that
    no crop, however odd, throws the frame far away.
    """

    limits: Tensor

    def __init__(self, config: AlignerConfig) -> None:
        super().__init__()
        self.config = config
        widths = [3, config.channels, 2 * config.channels, 4 * config.channels, 6 * config.channels]
        blocks = [_halve(a, b) for a, b in pairwise(widths)]
        self.trunk = nn.Sequential(*blocks)
        # Flattened, not pooled: where something is seen is the very question
        squeezed = 2 * config.channels
        self.squeeze = nn.Sequential(nn.Conv2d(widths[-1], squeezed, 1), nn.LeakyReLU(0.1))
        self.head = nn.Sequential(
            nn.Linear(squeezed * (config.resolution // 16) ** 2, 96), nn.LeakyReLU(0.1), nn.Linear(96, 4)
        )
        self.register_buffer("limits", torch.tensor([0.4, 0.4, 0.6, 0.8]), persistent=False)

    def forward(self, crop: Float[Tensor, "n 3 r r"]) -> Float[Tensor, "n 4"]:
        """Crops in -1..1; exposure and contrast are taken out first."""
        deviation, mean = torch.std_mean(crop, dim=(1, 2, 3), keepdim=True)
        x = self.trunk((crop - mean) / (deviation + 0.05))
        raw: Tensor = self.head(self.squeeze(x).flatten(1))
        return torch.tanh(raw) * self.limits


def _halve(in_channels: int, out_channels: int) -> nn.Sequential:
    """Halves the resolution. Group instead of batch statistics: one photo must give what a batch gives."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, stride=2, padding=1),
        nn.GroupNorm(4, out_channels),
        nn.LeakyReLU(0.1),
    )
