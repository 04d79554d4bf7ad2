"""Perceptual distance on pretrained features, as LPIPS does it (Zhang et al. 2018), without a download.

Channels at unit length at several strides, all strides alike, without LPIPS' learnt channel weights.
"""

import functools
from collections.abc import Collection

import torch
from torch import Tensor

from editgan.core.images import resize
from editgan.core.types import Image
from editgan.perception.efficientnet import MIN_SIDE_PX, STRIDES
from editgan.perception.judge import unit_channels
from editgan.perception.pretrained import Name, shared

# At 1, unrelated photos of a class are 0.82 (cars), 0.93 to 1.30 (faces, cats) and 1.45 (birds) apart at 64
# and 128 px, so one factor brings all classes near `judge.UNRELATED`, and bundles need not carry one.
SCALE = 0.44


class PretrainedJudge:
    """EfficientNet-Lite1's maps, as a judge to optimise against. Lite0's are there for measuring alone.

    Raises:
        UnavailableError: its weights are not installed.
    """

    def __init__(
        self,
        device: torch.device | str = "cpu",
        strides: Collection[int] = tuple(STRIDES),
        network: Name = "lite1",
    ) -> None:
        self.network = shared(network, str(device))
        self.name = f"{self.network.name} features"
        self.strides = strides

    def features(self, image: Image) -> list[Tensor]:
        """A map a stride, finest first; pictures under 32 px are enlarged."""
        if min(image.shape[2:]) < MIN_SIDE_PX:
            image = resize(image, MIN_SIDE_PX)
        maps = self.network.maps(image, self.strides)
        gain = (SCALE / len(maps)) ** 0.5
        return [unit_channels(x.float()) * gain for x in maps]


@functools.cache
def pretrained_judge(device: str) -> PretrainedJudge:
    """The one that everybody on a device shares. Raises UnavailableError as `PretrainedJudge` does."""
    return PretrainedJudge(device)
