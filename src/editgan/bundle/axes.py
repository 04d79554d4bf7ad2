"""The natural axes of W: principal directions of the mapping network's output, in standard deviations.

Steps along them move a latent the way latents differ from each other: far where W is wide, little where it
is thin. Embeddings come out as near to the photo as with steps along raw coordinates, but closer to what the
generator has learnt to draw, so parts are read better (docs/concepts.md has figures). Judging latents by
the covariance of W is from "Improved StyleGAN embedding" (Zhu et al. 2020).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from editgan.models.latent_generator import LatentGenerator

SAMPLES = 4096  # of w; EditGAN's encoder takes its mean of w from as many


@dataclass(frozen=True, slots=True)
class NaturalAxes:
    """A linear change of coordinates in W, the same for every layer of W+."""

    directions: Float[Tensor, "k k"]  # rows: one standard deviation along each axis
    inverse: Float[Tensor, "k k"]

    def to_w(self, units: Float[Tensor, "*n k"]) -> Float[Tensor, "*n k"]:
        """Standard deviations along the axes -> a difference of w."""
        return units @ self.directions

    def from_w(self, difference: Float[Tensor, "*n k"]) -> Float[Tensor, "*n k"]:
        """The inverse of `to_w`."""
        return difference @ self.inverse


@torch.no_grad()
def natural_axes(generator: LatentGenerator) -> NaturalAxes:
    """From the covariance of `SAMPLES` w, always the same ones."""
    seeded = torch.Generator().manual_seed(0)
    z = torch.randn(SAMPLES, generator.config.z_dim, generator=seeded).to(generator.w_avg.device)
    w = generator.to_w(z).double().cpu()
    centred = w - w.mean(0)
    variances, axes = torch.linalg.eigh(centred.t() @ centred / SAMPLES)
    deviations = variances.clamp_min(1e-6 * variances.max()).sqrt()  # no axis is quite flat
    directions, inverse = deviations[:, None] * axes.t(), axes / deviations
    return NaturalAxes(directions.float().to(z.device), inverse.float().to(z.device))
