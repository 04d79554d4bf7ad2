"""How alike two sets of pictures are, by the features of a network that describes pictures: FID and KID."""

import warnings
from collections.abc import Iterable
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchmetrics import Metric
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from editgan.core.errors import InputError

AnyMetric = TypeVar("AnyMetric", bound=Metric)


@torch.no_grad()
def features_of(network: nn.Module, batches: Iterable[Float[Tensor, "_ 3 h w"]]) -> Float[Tensor, "all d"]:
    """What `network` says of each picture, on the CPU."""
    return torch.cat([network(images).cpu() for images in batches])


def fid(real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"]) -> float:
    """Fréchet distance of the Gaussians around both (Heusel et al. 2017). Lower is better.

    Each feature is brought to unit variance over `real` first, so that all count alike. Biased: it falls as
    the sets grow, so only figures of the same counts, and the same features, compare.
    """
    metric = FrechetInceptionDistance(_Given(real.shape[1]))
    return float(_told(metric, real.double(), fake.double()).compute())


def kid(
    real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"], *, subsets: int = 100, subset_size: int = 1000
) -> float:
    """Squared distance of the means under a cubic kernel (Bińkowski et al. 2018), without bias.

    Features are brought to unit variance over `real` as for `fid`. Sets smaller than `subset_size` are
    compared whole.
    """
    size = min(subset_size, len(real), len(fake))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that features stay in memory: they are small here
        metric = KernelInceptionDistance(_Given(real.shape[1]), subsets=subsets, subset_size=size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # of the subsets
        mean, _ = _told(metric, real, fake).compute()
    return float(mean)


class _Given(nn.Module):
    """Stands where the metrics expect a network: ours has looked already."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features

    def forward(self, features: Tensor) -> Tensor:
        return features


def _told(metric: AnyMetric, real: Tensor, fake: Tensor) -> AnyMetric:
    for some in (real, fake):
        if len(some) < 2:
            raise InputError(f"sets of pictures are compared from two pictures on, got {len(some)}")
    mean, deviation = real.mean(0), real.std(0).clamp_min(1e-6)
    metric.update((real - mean) / deviation, real=True)
    metric.update((fake - mean) / deviation, real=False)
    return metric
