"""How unlike a class's photos a picture looks: a wrong frame, a drawing, or another class altogether.

A Gaussian of pretrained features over the class's aligned photos (after Lee et al. 2018, "A Simple Unified
Framework for Detecting Out-of-Distribution Samples"). What lies along its main axes is measured in standard
deviations; what lies beside them, as the rest it leaves of photos.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from editgan.core.errors import InputError
from editgan.core.images import resize
from editgan.core.types import Image
from editgan.perception.efficientnet import STRIDES
from editgan.perception.pretrained import FILES, Name, shared

SEEN_PX = 64  # every picture is looked at as if it had no more: how sharp a photo is tells nothing
SHOWN_PX = 128  # and enlarged to this: the coarsest map has 4x4 pixels
USUAL = 0.98  # of unseen photos have a distance below 1


@dataclass(frozen=True, kw_only=True, slots=True)
class FamiliarConfig:
    """Shape of a `Familiar`."""

    network: Name = "lite1"
    num_axes: int = 96

    def __post_init__(self) -> None:
        if self.network not in FILES or not 0 < self.num_axes <= self.num_features:
            raise InputError(
                f"a class is known by {' or '.join(FILES)} along 1 to {self.num_features} axes, got "
                f"{self.network!r} and {self.num_axes}"
            )

    @property
    def num_features(self) -> int:
        """Of the maps at strides 16 and 32, the means of the four quarters of a picture."""
        return 4 * (STRIDES[16] + STRIDES[32])


class Familiar(nn.Module):
    """pictures -> how unlike, [n]; 1 is more than 98 of 100 unseen photos of the class have."""

    def __init__(self, config: FamiliarConfig) -> None:
        super().__init__()
        self.config = config
        features, axes = config.num_features, config.num_axes
        self.mean = _frozen(features)
        self.axes = _frozen(features, axes)  # orthonormal
        self.spread = _frozen(axes)  # standard deviations along them
        self.rest = _frozen(1)  # of what is beside them: root of the mean squared length
        self.usual = _frozen(2)  # distances along and beside that are 1 afterwards

    @torch.no_grad()
    def forward(self, image: Image) -> Float[Tensor, " n"]:
        """Square pictures of any side in -1..1."""
        along, beside = self._distances(self.features(image))
        return torch.maximum(along / self.usual[0], beside / self.usual[1])

    @torch.no_grad()
    def features(self, image: Image) -> Float[Tensor, "n features"]:
        """What is looked at."""
        network = shared(self.config.network, str(image.device))
        small = F.interpolate(image, size=(SEEN_PX, SEEN_PX), mode="area")
        maps = network.maps(resize(small, SHOWN_PX).clamp(-1, 1), (16, 32))
        return torch.cat([F.adaptive_avg_pool2d(m, 2).flatten(1) for m in maps], 1)

    @torch.no_grad()
    def fit(self, photos: Iterable[Image], unseen: Iterable[Image]) -> "Familiar":
        """From batches of the class's aligned photos, and of others that set what is usual.

        Raises:
            InputError: fewer photos than twice the axes.
        """
        features = torch.cat([self.features(batch) for batch in photos])
        if len(features) < 2 * self.config.num_axes:
            raise InputError(
                f"to know a class takes {2 * self.config.num_axes} photos or more, got {len(features)}"
            )
        self.mean.copy_(features.mean(0))
        _, values, axes = torch.linalg.svd(features - self.mean, full_matrices=False)
        self.axes.copy_(axes[: self.config.num_axes].T)
        self.spread.copy_(values[: self.config.num_axes] / (len(features) - 1) ** 0.5)
        self.rest.fill_(1.0)
        _, beside = self._distances(features)
        self.rest.copy_(beside.mean().clamp_min(1e-6).sqrt())
        distances = self._distances(torch.cat([self.features(batch) for batch in unseen]))
        self.usual.copy_(torch.stack([torch.quantile(d, USUAL) for d in distances]))
        return self

    def _distances(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Along the axes and beside them, squared, 1 on average over the photos it was fitted to."""
        apart = features - self.mean
        along = apart @ self.axes
        beside = (apart.square().sum(1) - along.square().sum(1)).clamp_min(0) / self.rest.square()
        return (along / self.spread).square().mean(1), beside


def _frozen(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.ones(shape), requires_grad=False)
