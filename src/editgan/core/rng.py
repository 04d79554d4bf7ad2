"""A generator per seed: picture 7 is picture 7 at every batch size."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor


def sample_z(
    seeds: Iterable[int], z_dim: int, device: torch.device | str = "cpu"
) -> Float[Tensor, "n z_dim"]:
    """One row per seed, drawn on the CPU so that a seed means the same picture on every device."""
    rngs = (torch.Generator().manual_seed(seed) for seed in seeds)
    return torch.stack([torch.randn(z_dim, generator=rng) for rng in rngs]).to(device)


def seed_step(seed: int, step: int, rank: int = 0) -> None:
    """Seeds torch's global generators from the step's number.

    Done at every training step, so that a resumed run draws what an uninterrupted one would have drawn,
    without saving the generators' state.
    """
    torch.manual_seed((seed * 1_000_003 + step) * 1_009 + rank)
