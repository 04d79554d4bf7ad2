"""Tiny real networks, seeded, built once. Tests read them and never change them."""

import pytest
import torch

from editgan.models.discriminator import Discriminator
from editgan.models.generator import Generator, GeneratorConfig

torch.set_num_threads(1)  # tiny networks lose tenfold to a second thread; and sums depend on the number


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def tiny_config() -> GeneratorConfig:
    """32 px, 4 to 8 channels."""
    return GeneratorConfig(resolution=32, z_dim=8, w_dim=8, mapping_layers=2, channel_base=128, channel_max=8)


@pytest.fixture(scope="session")
def generator(tiny_config: GeneratorConfig) -> Generator:
    """As after some training: noise counts, biases are not zero, `w_avg` is the mean of w."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        generator = Generator(tiny_config).eval().requires_grad_(False)
        for name, parameter in generator.named_parameters():
            if name.endswith("noise_strength"):
                parameter.fill_(0.3)
            elif name.endswith("bias") and "affine" not in name:
                parameter.normal_(std=0.1)
        generator.mapping.w_avg.copy_(generator.mapping(torch.randn(512, tiny_config.z_dim)).mean(0))
    return generator


@pytest.fixture(scope="session")
def discriminator(tiny_config: GeneratorConfig) -> Discriminator:
    with torch.random.fork_rng():
        torch.manual_seed(2)
        return Discriminator(tiny_config).eval().requires_grad_(False)
