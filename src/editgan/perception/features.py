"""The bundle's own discriminator as a perceptual judge: offline, small, and made for its class."""

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from editgan.core.types import Image
from editgan.perception.judge import UNRELATED, perceptual_distance, unit_channels


@runtime_checkable
class FeatureNetwork(Protocol):
    """What is asked of a discriminator here."""

    def features(self, image: Image) -> list[Tensor]:
        """Activations [n, c, r, r], finest first."""
        ...


class DiscriminatorJudge:
    """Unit-length block outputs of a discriminator, equally weighted, times `scale`.

    `scale` comes from `calibrate` and is kept in the bundle, so that weights carry over between judges.
    """

    def __init__(
        self, discriminator: FeatureNetwork, scale: float = 1.0, name: str = "discriminator features"
    ) -> None:
        self.discriminator = discriminator
        self.scale = scale
        self.name = name

    def features(self, image: Image) -> list[Tensor]:
        """One map per block, finest first: half the image's resolution down to 4 pixels a side."""
        maps = self.discriminator.features(image)
        gain = (self.scale / len(maps)) ** 0.5
        return [unit_channels(x.float()) * gain for x in maps]


@torch.no_grad()
def calibrate(discriminator: FeatureNetwork, photos: Image) -> float:
    """The `scale` at which neighbours among these unrelated photos are `UNRELATED` apart on average."""
    judge = DiscriminatorJudge(discriminator)
    distances: list[Tensor] = []
    before = judge.features(photos[-1:])
    for photo in photos.split(1):  # one by one: features of large photos fill memory
        here = judge.features(photo)
        distances.append(perceptual_distance(here, before))
        before = here
    return UNRELATED / max(torch.cat(distances).mean().item(), 1e-8)
