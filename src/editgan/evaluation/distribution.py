"""How alike two sets of pictures are, by what a network that describes pictures says of each.

FID and KID measure how far apart the sets are; precision and recall say whether samples look like photos, and
whether they show all that photos show. Every feature is brought to unit variance over the photos first, so
that all count alike, and features that are dead over the photos are left out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from editgan.core.errors import InputError

DEAD = 0.05  # of the mean deviation: features that vary less over the photos are left out
CHUNK = 1024  # pictures whose distances to all others are held at a time


@torch.no_grad()
def features_of(
    network: Callable[[Tensor], Tensor], batches: Iterable[Float[Tensor, "_ 3 h w"]]
) -> Float[Tensor, "all d"]:
    """What `network` says of each picture, on the CPU."""
    return torch.cat([network(images).float().cpu() for images in batches])


@dataclass(frozen=True, slots=True)
class Standardised:
    """Two sets whose features have mean 0 and variance 1 over `real`, dead ones gone from both."""

    real: Float[Tensor, "n d"]
    fake: Float[Tensor, "m d"]
    left_out: int  # features that are dead over the photos


def standardised(real: Float[Tensor, "n d"], fake: Float[Tensor, "m d"]) -> Standardised:
    """The step that all measures here share.

    A feature is dead if its deviation over `real` is under `DEAD` of the features' mean deviation: divided by
    so little, the rare picture in which it stirs outweighs all others. (Lite0, 5,000 cats against samples of
    half their detail: two of 1,280 features made 93 % of `fid`; without the 40 dead ones, none makes 4 %.)

    Raises:
        InputError: fewer than two pictures on a side, features that are not finite, or photos all alike.
    """
    for some in (real, fake):
        if len(some) < 2:
            raise InputError(f"sets of pictures are compared from two pictures on, got {len(some)}")
        if not some.isfinite().all():
            raise InputError("features of pictures should be finite numbers, but some are not")
    real, fake = real.double(), fake.double()
    deviation, mean = torch.std_mean(real, 0)
    alive = deviation > DEAD * deviation.mean()
    if not alive.any():
        raise InputError("photos to compare with should differ, but all of them have the same features")
    mean, deviation = mean[alive], deviation[alive]
    return Standardised(
        (real[:, alive] - mean) / deviation, (fake[:, alive] - mean) / deviation, int((~alive).sum())
    )


def fid(sets: Standardised) -> float:
    """Fréchet distance of the Gaussians around both (Heusel et al. 2017), from 0 up. Lower is better.

    Biased: it falls as the sets grow, so only figures of the same counts, and the same features, compare.
    Sets smaller than the number of features have one, too, but mostly of that bias.
    """
    shift = (sets.real.mean(0) - sets.fake.mean(0)).square().sum()
    (a, spread_a), (b, spread_b) = _root(sets.real), _root(sets.fake)
    # tr sqrt(A'A B'B) is the sum of the singular values of A B', whatever the ranks
    shared = torch.linalg.matrix_norm(a @ b.T, "nuc")
    return max(float(shift + spread_a + spread_b - 2 * shared), 0.0)


def kid(sets: Standardised, *, subsets: int = 100, subset_size: int = 1000) -> float:
    """Squared distance of the means under a cubic kernel (Bińkowski et al. 2018), about 0 or up; unbiased.

    The mean over seeded subsets. Sets smaller than `subset_size` are compared at the smaller one's size.
    """
    real, fake = sets.real.float(), sets.fake.float()
    size = min(subset_size, len(real), len(fake))
    in_real, in_fake = _subsets((len(real), len(fake)), subsets, size)
    pairs = size * (size - 1)
    within = (_within(real, in_real) + _within(fake, in_fake)) / pairs
    return float((within - 2 * _across(real, in_real, fake, in_fake) / size**2).mean())


def precision_recall(sets: Standardised, *, k: int = 3) -> tuple[float, float]:
    """Share of samples that might be photos, and of photos that might be samples (Kynkäänniemi et al. 2019).

    0..1 both, higher is better. A picture might belong to a set if it is no farther from one of the set than
    that one's `k`-th nearest neighbour in the set. A generator that draws a few pictures well has precision
    without recall. Depends on the counts as `fid` does.

    Raises:
        InputError: a side has not more than `k` pictures.
    """
    real, fake = sets.real.float(), sets.fake.float()
    for some in (real, fake):
        if len(some) <= k:
            raise InputError(f"precision and recall need more than {k} pictures a side, got {len(some)}")
    real_radius, fake_radius = _radii(real, k), _radii(fake, k)
    is_photo_like = torch.zeros(len(fake), dtype=torch.bool, device=fake.device)
    covered = 0
    for photos, radius in zip(real.split(CHUNK), real_radius.split(CHUNK), strict=True):
        distance = torch.cdist(photos, fake)  # [chunk, m]
        is_photo_like |= (distance <= radius[:, None]).any(0)
        covered += int((distance <= fake_radius).any(1).sum())
    return float(is_photo_like.double().mean()), covered / len(real)


def _root(features: Float[Tensor, "n d"]) -> tuple[Float[Tensor, "r d"], Tensor]:
    """R with R'R their covariance, and the covariance's trace."""
    centered = (features - features.mean(0)) / (len(features) - 1) ** 0.5
    return torch.linalg.qr(centered, mode="r").R, centered.square().sum()


def _subsets(counts: tuple[int, int], subsets: int, size: int) -> list[Float[Tensor, "subsets _"]]:
    """Ones where a picture of either set is in a subset."""
    rng = torch.Generator().manual_seed(0)
    chosen = [torch.zeros(subsets, count) for count in counts]
    for index in range(subsets):
        for some in chosen:
            some[index, torch.randperm(some.shape[1], generator=rng)[:size]] = 1
    return chosen


def _across(
    x: Float[Tensor, "n d"], in_x: Float[Tensor, "s n"], y: Float[Tensor, "m d"], in_y: Float[Tensor, "s m"]
) -> Float[Tensor, "s"]:
    """Sum of the kernel over all pairs of each subset. Each pair's is computed once for all subsets."""
    total = torch.zeros(len(in_x), dtype=torch.float64)
    for some, chosen in zip(x.split(CHUNK), in_x.split(CHUNK, 1), strict=True):
        kernel = (some @ y.T / x.shape[1] + 1) ** 3  # [chunk, m]
        total += ((chosen @ kernel).double() * in_y).sum(1)
    return total


def _within(x: Float[Tensor, "n d"], chosen: Float[Tensor, "s n"]) -> Float[Tensor, "s"]:
    """The same over pairs of two different pictures of one set."""
    own = (x.square().mean(1) + 1) ** 3
    return _across(x, chosen, x, chosen) - chosen.double() @ own.double()


def _radii(features: Float[Tensor, "n d"], k: int) -> Float[Tensor, "n"]:
    """Each one's distance to its `k`-th nearest neighbour, not counting itself."""
    parts = [torch.cdist(some, features).kthvalue(k + 1, 1).values for some in features.split(CHUNK)]
    return torch.cat(parts)
