import pytest
import torch

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.metric import PIXELS
from editgan.core.errors import InputError
from editgan.models.latent_metric import FLOOR, LatentMetric, MetricConfig


def test_steps_are_as_long_as_their_directions_allow() -> None:
    metric = LatentMetric(MetricConfig(num_ws=2, w_dim=3, rank=2))
    metric.directions[0, 4] = metric.directions[1, 0] = 1.0
    metric.sensitivities.copy_(torch.tensor([2.0 - FLOOR, 0.5 - FLOOR]))
    moved = metric(torch.ones(1, 2, 3)).flatten()
    unknown = (2 * FLOOR) ** -0.5
    expected = torch.tensor([1.0, unknown, unknown, unknown, 0.5, unknown])
    torch.testing.assert_close(moved, expected)


@pytest.mark.parametrize("rank", [0, 7])
def test_a_rank_that_cannot_be_is_refused(rank: int) -> None:
    with pytest.raises(InputError, match="rank from 1"):
        MetricConfig(num_ws=2, w_dim=3, rank=rank)


def test_measured_sensitivities_are_what_the_picture_does(bundle: ModelBundle) -> None:
    """Along the strongest direction the loss grows more than along a random one, as much as foretold."""
    metric = bundle.measured_metric(samples=96, rank=32)
    assert metric.sensitivities.diff().max() <= 0 < metric.sensitivities.min()
    products = metric.directions @ metric.directions.t()
    torch.testing.assert_close(products, torch.eye(32), atol=1e-4, rtol=0)
    rng = torch.Generator().manual_seed(3)
    config, judge = bundle.generator.config, bundle.judge()
    z = torch.randn(24, config.z_dim, generator=rng)
    w_plus = bundle.generator.broadcast(bundle.generator.mapping(z, 0.8))

    def growth(units: torch.Tensor) -> float:
        """Of the loss, per squared standard deviation, in the mean of many pictures."""
        moved = w_plus + bundle.axes.to_w(0.05 * units.view(1, config.num_ws, config.w_dim))
        a, b = (bundle.generator.synthesis(w).image for w in (w_plus, moved))
        loss = PIXELS * ((a - b) / 2).square().mean()
        for x, y in zip(judge.features(a), judge.features(b), strict=True):
            loss = loss + 10 * (x - y).square().sum(1).mean()
        return loss.item() / 0.05**2

    with torch.no_grad():
        strongest = growth(metric.directions[0])
        random = torch.randn(config.num_ws * config.w_dim, generator=rng)
        other = growth(random / random.norm())
    assert strongest == pytest.approx(metric.sensitivities[0].item(), rel=0.5)
    assert strongest > 5 * other


def test_it_is_always_the_same(bundle: ModelBundle) -> None:
    a, b = (bundle.measured_metric(samples=20, rank=4) for _ in range(2))
    assert torch.equal(a.sensitivities, b.sensitivities) and torch.equal(a.directions, b.directions)
