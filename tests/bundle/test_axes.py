import torch

from editgan.bundle.axes import natural_axes
from editgan.models.generator import Generator


def test_one_unit_is_one_standard_deviation_and_axes_are_uncorrelated(generator: Generator) -> None:
    axes = natural_axes(generator)
    w = generator.mapping(torch.randn(20_000, generator.config.z_dim))
    units = axes.from_w(w - w.mean(0))
    assert torch.allclose(units.t() @ units / len(units), torch.eye(8), atol=0.1)


def test_to_and_from_w_are_inverse(generator: Generator) -> None:
    axes = natural_axes(generator)
    units = torch.randn(2, 3, 8)
    assert torch.allclose(axes.from_w(axes.to_w(units)), units, atol=1e-3)


def test_axes_are_the_same_each_time(generator: Generator) -> None:
    a, b = (natural_axes(generator) for _ in range(2))
    assert torch.equal(a.directions, b.directions)
