"""Is it still the same person? And how well does the network that says so know?"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from editgan.core.errors import InputError
from editgan.core.types import Image


@torch.no_grad()
def identity_similarity(
    identity: Callable[[Image], Float[Tensor, "n d"]], before: Image, after: Image
) -> Float[Tensor, "n"]:
    """Cosine of the embeddings of aligned pictures, one by one: about 0 for unrelated people, at most 1.

    `identity` gives embeddings of unit length; a bundle's `identity` network does. Two photos of one person
    lie well below 1; the bundle's facts say where (`same_mean`).
    """
    return (identity(before) * identity(after)).sum(1)


@dataclass(frozen=True, slots=True)
class Verification:
    """How well cosines tell pairs of one person from pairs of two; as many of the one as of the other."""

    pairs: int  # in all
    auc: float  # probability that a pair of one person is more alike than a pair of two; 0.5 is guessing
    accuracy: float  # at the best threshold for these very pairs
    threshold: float  # that one
    equal_error_rate: float  # where as many pairs of one person are refused as pairs of two accepted
    same_mean: float  # mean cosine of pairs of one person
    different_mean: float


def verification(
    embeddings: Float[Tensor, "n d"], people: Int[Tensor, "n"], *, seed: int = 0
) -> Verification:
    """All pairs of one person's pictures, and as many pairs of different people's, drawn by `seed`.

    Args:
        embeddings: of unit length.
        people: a number for each picture, equal for pictures of one person.

    Raises:
        InputError: there is no pair of one kind.
    """
    cosines = (embeddings @ embeddings.t()).cpu()
    one = people[:, None].cpu() == people.cpu()
    upper = torch.ones_like(one).triu(1)
    same, different = cosines[one & upper], cosines[~one & upper]
    count = min(len(same), len(different))
    if not count:
        raise InputError("verification needs two people, and two pictures of one of them; there are none")
    rng = torch.Generator().manual_seed(seed)
    same, different = (x[torch.randperm(len(x), generator=rng)[:count]] for x in (same, different))
    thresholds, refused, accepted = _rates(same, different)
    wrong = refused + accepted
    best, even = wrong.argmin(), (refused - accepted).abs().argmin()
    return Verification(
        pairs=2 * count,
        auc=auc(same, different),
        accuracy=1 - wrong[best].item() / 2,
        threshold=thresholds[best].item(),
        equal_error_rate=wrong[even].item() / 2,
        same_mean=same.mean().item(),
        different_mean=different.mean().item(),
    )


def auc(higher: Float[Tensor, "p"], lower: Float[Tensor, "q"]) -> float:
    """Of all comparisons of one with another, the share that `higher` wins; ties are half won."""
    ordered = lower.sort().values
    below, upto = (torch.searchsorted(ordered, higher, right=right) for right in (False, True))
    return ((below + upto).double().mean() / (2 * len(ordered))).item()


def _rates(
    same: Float[Tensor, "p"], different: Float[Tensor, "p"]
) -> tuple[Float[Tensor, "t"], Float[Tensor, "t"], Float[Tensor, "t"]]:
    """Thresholds, the share of `same` below each, and the share of `different` not below it."""
    thresholds = torch.cat([same, different]).sort().values
    refused = torch.searchsorted(same.sort().values, thresholds).float() / len(same)
    accepted = 1 - torch.searchsorted(different.sort().values, thresholds).float() / len(different)
    return thresholds, refused, accepted
