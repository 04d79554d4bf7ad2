import math

import pytest
import torch
from torch import Tensor

from editgan.models.discriminator import Discriminator
from editgan.training.gan.losses import discriminator_loss, generator_loss, path_lengths, r1_penalties


class Toy(Discriminator):
    """A smooth function of 2 x 2 pixels, in float64, whose gradient can be had by differences."""

    def __init__(self) -> None:
        torch.nn.Module.__init__(self)
        self.weight = torch.nn.Parameter(torch.randn(12, dtype=torch.float64))

    def forward(self, image):
        return torch.tanh(image.flatten(1) @ self.weight) + image.flatten(1).pow(3).sum(1) / 10


def r1(discriminator: Discriminator, real: Tensor) -> Tensor:
    """The penalty on the one thing that a discriminator of pictures looks at."""
    return r1_penalties(lambda seen: discriminator(seen[0]).unsqueeze(1), [real])[0]


def test_an_undecided_discriminator_costs_log_two_a_side():
    logits = torch.zeros(4, 1)
    assert generator_loss(logits).item() == pytest.approx(math.log(2))
    assert discriminator_loss(logits, logits).item() == pytest.approx(2 * math.log(2))


def test_each_network_pays_for_what_the_other_wants():
    low, high = torch.full([4, 1], -3.0), torch.full([4, 1], 3.0)
    assert generator_loss(high) < generator_loss(low)
    assert discriminator_loss(fake_logits=low, real_logits=high) < discriminator_loss(high, low)


def test_r1_equals_finite_differences():
    toy, real, step = Toy(), torch.randn(3, 3, 2, 2, dtype=torch.float64), 1e-5
    total = 0.0
    with torch.no_grad():
        for i in range(3):
            for j in range(12):
                nudge = torch.zeros(3, 12, dtype=torch.float64)
                nudge[i, j] = step
                nudge = nudge.reshape(real.shape)
                slope = (toy(real + nudge).sum() - toy(real - nudge).sum()) / (2 * step)
                total += slope.item() ** 2
    assert r1(toy, real).item() == pytest.approx(total / 3, rel=1e-7)


def test_r1_teaches_the_discriminator_to_be_flat(tiny_config):
    d = Discriminator(tiny_config)
    real = torch.randn(4, 3, 32, 32)
    adam = torch.optim.Adam(d.parameters(), lr=0.01)
    before = r1(d, real).item()
    for _ in range(10):
        adam.zero_grad()
        r1(d, real).backward()
        adam.step()
    assert r1(d, real).item() < before / 2


def test_path_lengths_measure_how_far_the_image_moves():
    """A linear image: y = s * w for every pixel of a channel, so the gradient's length is known."""
    w_plus = torch.randn(2, 4, 3, requires_grad=True)
    scales = torch.tensor([1.0, 3.0])
    image = (w_plus.sum(1) * scales[:, None])[:, :, None, None].expand(2, 3, 64, 64)
    torch.manual_seed(5)
    lengths = path_lengths(image, w_plus)
    torch.manual_seed(5)
    noise = torch.randn(2, 3, 64, 64) / 64
    expected = scales * noise.sum((2, 3)).square().sum(1).sqrt()
    torch.testing.assert_close(lengths, expected, rtol=1e-4, atol=1e-5)


def test_path_lengths_can_be_learnt_from(generator, tiny_config):
    w_plus = torch.randn(2, tiny_config.num_ws, tiny_config.w_dim, requires_grad=True)
    lengths = path_lengths(generator.synthesis(w_plus).image, w_plus)
    assert lengths.shape == (2,)
    (gradient,) = torch.autograd.grad(lengths.sum(), w_plus)
    assert gradient.abs().max() > 0
