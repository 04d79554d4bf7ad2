"""EfficientNet-Lite as a frozen describer of pictures (Tan and Le 2019; the Lite variants: Google, 2020).

Batch norms are folded into the convolutions before them, so a block is convolutions and clipped ReLUs alone.
`perception/pretrained.py` brings the ImageNet weights.
"""

import math
from collections.abc import Collection
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from editgan.core.errors import InputError
from editgan.core.types import Image

MIN_SIDE_PX = 32  # below, the last map has no pixel of its own
STRIDES = {4: 24, 8: 40, 16: 112, 32: 320}  # channels of the last map of each stride
NUM_FEATURES = 1280  # of `pooled`
DEPTHS = {"lite0": 1.0, "lite1": 1.1}  # blocks a stage, against EfficientNet-B0's


class Stage(NamedTuple):
    """Blocks of one width; the first of them may halve the side."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STAGES = (  # of EfficientNet-B0, table 1 of the paper
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


class SameConv2d(nn.Conv2d):
    """A convolution padded as TensorFlow pads: so that the side is divided by the stride, rounded up."""

    def __init__(
        self, channels_in: int, channels_out: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(channels_in, channels_out, kernel, stride, kernel // 2, groups=groups)

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c2 h2 w2"]:
        """[n, c, h, w] -> [n, c2, ceil(h / stride), ceil(w / stride)]."""
        if self.stride[0] == 1:
            return super().forward(x)
        vertical, horizontal = (self._missing(side) for side in x.shape[2:])
        x = F.pad(x, (horizontal // 2, horizontal - horizontal // 2, vertical // 2, vertical - vertical // 2))
        return F.conv2d(x, self.weight, self.bias, self.stride, groups=self.groups)

    def _missing(self, side: int) -> int:
        stride, kernel = self.stride[0], self.kernel_size[0]
        return max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)


class InvertedResidual(nn.Module):
    """Widen, look at each channel's surroundings, narrow; beside a shortcut where the shapes allow one."""

    def __init__(self, before: int, stage: Stage, stride: int) -> None:
        super().__init__()
        wide = before * stage.expansion
        self.expand = SameConv2d(before, wide, 1) if stage.expansion > 1 else None
        self.depthwise = SameConv2d(wide, wide, stage.kernel, stride, groups=wide)
        self.project = SameConv2d(wide, stage.channels, 1)
        self.has_shortcut = stride == 1 and before == stage.channels

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c2 h2 w2"]:
        """[n, c, h, w] -> [n, c2, h, w], or half the side."""
        wide = x if self.expand is None else F.relu6(self.expand(x), inplace=True)
        narrow: Tensor = self.project(F.relu6(self.depthwise(wide), inplace=True))
        return x + narrow if self.has_shortcut else narrow


class EfficientNetLite(nn.Module):
    """picture in -1..1 -> maps at several strides, or one vector. Frozen, and always in float32 on a CPU.

    bfloat16 halves the time forward there but triples it backward, which is what training and embedding need.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = f"EfficientNet-{name.capitalize()}"
        self.stem = SameConv2d(3, 32, 3, 2)
        self.stages = nn.ModuleList()
        channels = 32
        for index, stage in enumerate(STAGES):
            is_outer = index in (0, len(STAGES) - 1)  # which the Lite variants never deepen
            count = stage.blocks if is_outer else math.ceil(stage.blocks * DEPTHS[name])
            widths = [channels] + [stage.channels] * (count - 1)
            blocks = (
                InvertedResidual(width, stage, stage.stride if i == 0 else 1)
                for i, width in enumerate(widths)
            )
            self.stages.append(nn.Sequential(*blocks))
            channels = stage.channels
        self.head = SameConv2d(channels, NUM_FEATURES, 1)
        self.eval().requires_grad_(False)

    def maps(self, image: Image, strides: Collection[int] = tuple(STRIDES)) -> list[Float[Tensor, "n _ _ _"]]:
        """The last map of each stride asked for, finest first: 24, 40, 112 and 320 channels at 4 to 32.

        Nothing coarser than the coarsest of them is computed.

        Raises:
            InputError: a picture under 32 px, or a stride there is no map of.
        """
        if unknown := set(strides) - set(STRIDES):
            raise InputError(f"{self.name} has maps at strides {list(STRIDES)}, not {sorted(unknown)[0]}")
        found = self._walk(image, max(strides, default=0))
        return [found[stride] for stride in STRIDES if stride in strides]

    def pooled(self, image: Image) -> Float[Tensor, "n d"]:
        """1,280 features of the whole picture, as its classifier would see them.

        Raises:
            InputError: a picture under 32 px.
        """
        last = self._walk(image, 32)[32]
        with torch.autocast(last.device.type, enabled=False):
            return F.relu6(self.head(last)).mean((2, 3))

    def _walk(self, image: Image, coarsest: int) -> dict[int, Tensor]:
        if min(image.shape[2:]) < MIN_SIDE_PX:
            raise InputError(
                f"{self.name} looks at pictures of {MIN_SIDE_PX} px a side and more, got "
                f"{image.shape[2]}x{image.shape[3]}; enlarge them first"
            )
        found: dict[int, Tensor] = {}
        is_cpu = image.device.type == "cpu"
        with torch.autocast(image.device.type, enabled=not is_cpu and torch.is_autocast_enabled("cuda")):
            x = image.float().contiguous(memory_format=torch.channels_last)
            x = F.relu6(self.stem(x), inplace=True)
            stride = 2
            for stage, blocks in zip(STAGES, self.stages, strict=True):
                if stride >= coarsest and stage.stride == 2:
                    break
                stride *= stage.stride
                x = blocks(x)
                found[stride] = x.float() if is_cpu else x
        return found
