"""How much each direction of W+ changes the picture: the generator's metric, of low rank.

"The Geometry of Deep Generative Image Models and its Applications" (Wang & Ponce 2021): pulled back from
pictures to latents, the metric is very uneven (a few directions change everything, most next to nothing), and
about the same wherever one looks. So it is measured once for a bundle; walks that take even steps in it need
a third of the steps.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from editgan.core.errors import InputError

FLOOR = 1e-3  # sensitivities far below it are taken for it: no step is ever longer than it allows


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricConfig:
    """Shape of a latent metric."""

    num_ws: int
    w_dim: int
    rank: int  # directions that are known; along all others the picture is taken not to change

    def __post_init__(self) -> None:
        if min(self.num_ws, self.w_dim, self.rank) < 1 or self.rank > self.num_ws * self.w_dim:
            raise InputError(f"a metric needs a rank from 1 to num_ws * w_dim, got {self}")


class LatentMetric(nn.Module):
    """Eigenvectors and eigenvalues of the metric, in standard deviations of W along its natural axes."""

    directions: Float[Tensor, "rank units"]
    sensitivities: Float[Tensor, "rank"]  # growth of a loss like an edit's, per squared standard deviation

    def __init__(self, config: MetricConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("directions", torch.zeros(config.rank, config.num_ws * config.w_dim))
        self.register_buffer("sensitivities", torch.zeros(config.rank))

    def forward(self, steps: Float[Tensor, "n num_ws w_dim"]) -> Float[Tensor, "n num_ws w_dim"]:
        """Even steps -> standard deviations: short where the picture changes much, long where little.

        A step of length 1 along a known direction adds about 1/2 to the loss.
        """
        flat = steps.flatten(1)
        scale = (2 * (self.sensitivities + FLOOR)).rsqrt()
        rest = (2 * FLOOR) ** -0.5
        along = (flat @ self.directions.t()) * (scale - rest)
        moved: Tensor = rest * flat + along @ self.directions
        return moved.view_as(steps)
