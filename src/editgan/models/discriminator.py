"""The discriminator of StyleGAN2, with minibatch standard deviation.

Its block outputs double as the offline perceptual features (`perception/features.py`). Of its three
architectures "resnet" has shortcuts around the blocks, in "skip" every block looks at the shrunk image, too,
and "orig" has neither.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from editgan.core.types import Image
from editgan.models.generator import GeneratorConfig
from editgan.models.layers import EqualConv2d, EqualLinear
from editgan.models.mapping import MappingNetwork
from editgan.models.ops import binomial_filter, downsample2x


class DiscriminatorBlock(nn.Module):
    """Halves the resolution: two 3x3 convolutions, maybe beside a 1x1 shortcut."""

    def __init__(
        self, in_channels: int, out_channels: int, *, shortcut: bool = True, clamp: float | None = None
    ) -> None:
        super().__init__()
        self.conv0 = EqualConv2d(in_channels, in_channels, 3, clamp=clamp)
        self.conv1 = EqualConv2d(in_channels, out_channels, 3, down=True, clamp=clamp)
        self.skip = (
            EqualConv2d(in_channels, out_channels, 1, activate=False, bias=False, down=True)
            if shortcut
            else None
        )

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c2 h2 w2"]:
        """With a shortcut the sum of both ways, each scaled by 1/sqrt(2) to keep the second moment."""
        if self.skip is None:
            alone: Tensor = self.conv1(self.conv0(x))
            return alone
        gain = math.sqrt(0.5)
        shortcut: Tensor = self.skip(x, gain=gain)
        residual: Tensor = self.conv1(self.conv0(x), gain=gain)
        return shortcut + residual


class Discriminator(nn.Module):
    """image -> one logit per image; high means real, and of its class if the generator has several."""

    filter: Tensor

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        resolutions, clamp = config.resolutions[::-1], config.conv_clamp
        architecture = config.architecture or "resnet"
        self.from_rgb = EqualConv2d(3, config.channels(resolutions[0]), 1, clamp=clamp)
        # Every later block's own, which "skip" alone has; the last layers' has no clamp in the original
        self.from_smaller = nn.ModuleList(
            EqualConv2d(3, config.channels(r), 1, clamp=clamp if r > 4 else None)
            for r in (resolutions[1:] if architecture == "skip" else ())
        )
        self.blocks = nn.ModuleList(
            DiscriminatorBlock(
                config.channels(r), config.channels(r // 2), shortcut=architecture == "resnet", clamp=clamp
            )
            for r in resolutions[:-1]
        )
        last = config.channels(4)
        self.mapping = None
        if config.c_dim:
            classes = {"c_dim": config.c_dim, "class_id": config.class_id}
            layers = config.mapping_layers
            self.mapping = MappingNetwork(0, config.w_dim, layers, has_average=False, **classes)
        self.conv = EqualConv2d(last + 1, last, 3, clamp=clamp)
        self.fc = EqualLinear(last * 16, last, activate=True)
        self.out = EqualLinear(last, config.w_dim if config.c_dim else 1)
        self.register_buffer("filter", binomial_filter(), persistent=False)

    def features(self, image: Image) -> list[Tensor]:
        """Block outputs, finest first: resolution / 2 down to 4 pixels a side."""
        image = image.contiguous(memory_format=torch.channels_last)
        x = self.from_rgb(image)
        outputs = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if self.from_smaller:
                image = downsample2x(image, self.filter)
                x = x + self.from_smaller[index](image)
            outputs.append(x)
        return outputs

    def forward(self, image: Image) -> Float[Tensor, "n"]:
        """Logits, float32."""
        x = self.features(image)[-1]
        x = torch.cat([x, minibatch_deviation(x, self.config.deviation_group)], dim=1)
        x = self.fc(self.conv(x).flatten(1))
        logits: Tensor = self.out(x).float()
        if self.mapping is not None:  # how well it goes with the class (Miyato and Koyama 2018)
            wanted = self.mapping(x.new_zeros(len(x), 0))
            logits = (logits * wanted).sum(1, keepdim=True) / math.sqrt(logits.shape[1])
        return logits.squeeze(1)


def minibatch_deviation(x: Float[Tensor, "n c h w"], group_size: int | None = 4) -> Float[Tensor, "n 1 h w"]:
    """Deviation across groups of samples, averaged to one channel (Karras et al. 2018, section 3)."""
    n, channels, height, width = x.shape
    group = group_size if group_size is not None and n % group_size == 0 else n
    groups = x.float().reshape(group, -1, channels, height, width)  # [group, m, c, h, w]
    deviation = (groups.var(0, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))  # [m]
    return deviation.repeat(group).reshape(n, 1, 1, 1).expand(n, 1, height, width).to(x.dtype)
