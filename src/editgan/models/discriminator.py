"""The residual discriminator of StyleGAN2, with minibatch standard deviation.

Its block outputs double as the offline perceptual features (`perception/features.py`).
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from editgan.core.types import Image
from editgan.models.generator import GeneratorConfig
from editgan.models.layers import EqualConv2d, EqualLinear


class ResidualBlock(nn.Module):
    """Halves the resolution: two 3x3 convolutions beside a 1x1 shortcut."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv0 = EqualConv2d(in_channels, in_channels, 3)
        self.conv1 = EqualConv2d(in_channels, out_channels, 3, down=True)
        self.skip = EqualConv2d(in_channels, out_channels, 1, activate=False, bias=False, down=True)

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c2 h2 w2"]:
        """Sum of both ways, each scaled by 1/sqrt(2) to keep the second moment."""
        gain = math.sqrt(0.5)
        shortcut: Tensor = self.skip(x, gain=gain)
        residual: Tensor = self.conv1(self.conv0(x), gain=gain)
        return shortcut + residual


class Discriminator(nn.Module):
    """image -> one logit per image; high means real."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        resolutions = config.resolutions[::-1]
        self.from_rgb = EqualConv2d(3, config.channels(resolutions[0]), 1)
        self.blocks = nn.ModuleList(
            ResidualBlock(config.channels(r), config.channels(r // 2)) for r in resolutions[:-1]
        )
        last = config.channels(4)
        self.conv = EqualConv2d(last + 1, last, 3)
        self.fc = EqualLinear(last * 16, last, activate=True)
        self.out = EqualLinear(last, 1)

    def features(self, image: Image) -> list[Tensor]:
        """Block outputs, finest first: resolution / 2 down to 4 pixels a side."""
        x = self.from_rgb(image.contiguous(memory_format=torch.channels_last))
        outputs = []
        for block in self.blocks:
            x = block(x)
            outputs.append(x)
        return outputs

    def forward(self, image: Image) -> Float[Tensor, "n"]:
        """Logits, float32."""
        x = self.features(image)[-1]
        x = torch.cat([x, minibatch_deviation(x)], dim=1)
        x = self.fc(self.conv(x).flatten(1))
        logits: Tensor = self.out(x)
        return logits.squeeze(1).float()


def minibatch_deviation(x: Float[Tensor, "n c h w"], group_size: int = 4) -> Float[Tensor, "n 1 h w"]:
    """Deviation across groups of samples, averaged to one channel (Karras et al. 2018, section 3)."""
    n, channels, height, width = x.shape
    group = group_size if n % group_size == 0 else n
    groups = x.float().reshape(group, -1, channels, height, width)  # [group, m, c, h, w]
    deviation = (groups.var(0, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))  # [m]
    return deviation.repeat(group).reshape(n, 1, 1, 1).expand(n, 1, height, width).to(x.dtype)
