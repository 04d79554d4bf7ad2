"""The perceptual judge of bundles that have no discriminator."""

import torch

from editgan.models.discriminator import Discriminator
from editgan.models.generator import GeneratorConfig
from editgan.perception.features import DiscriminatorJudge

CHANNEL_BASE, CHANNEL_MAX = 4096, 128  # a tenth of an imported discriminator's work


def random_judge(
    resolution: int, scale: float = 1.0, device: torch.device | str = "cpu"
) -> DiscriminatorJudge:
    """For imported generators that came without a discriminator.

    Random convolutions know nothing of the class, but they see edges and textures where pixels are blind.
    """
    return DiscriminatorJudge(random_discriminator(resolution).to(device), scale, "random features 1")


def random_discriminator(resolution: int) -> Discriminator:
    """Of random weights, always the same ones."""
    shape = GeneratorConfig(resolution=resolution, channel_base=CHANNEL_BASE, channel_max=CHANNEL_MAX)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Discriminator(shape).eval().requires_grad_(False)
