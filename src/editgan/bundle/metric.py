"""Measure a bundle's latent metric from gradients: see `models/latent_metric.py`."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from editgan.bundle.axes import NaturalAxes
from editgan.core.images import at_once
from editgan.models.latent_generator import LatentGenerator
from editgan.models.latent_metric import LatentMetric, MetricConfig
from editgan.perception.judge import Judge

SAMPLES, RANK = 512, 256
BATCH = 16
LARGE, FEWEST = 5 * 10**9, 24  # multiplications a pass; beyond, samples take seconds, and fewer must do
TRUNCATION = 0.8  # photos lie nearer to the mean than samples
PIXELS, PERCEPTUAL = 60.0, 10.0  # the weights of an edit's outside (editing/objective.py)


def measure_metric(
    generator: LatentGenerator,
    axes: NaturalAxes,
    judge: Judge,
    fast: Callable[[], AbstractContextManager[object]],
    *,
    samples: int = SAMPLES,
    rank: int = RANK,
) -> LatentMetric:
    """From `samples` random latents, of large generators fewer, always the same ones.

    For a loss r(u)^T r(u) the metric is J^T J, J the Jacobian of r. The gradient of r^T v with a v of random
    numbers is J^T v, and the mean of its outer products is J^T J: one backward pass a sample.
    """
    config, rng = generator.config, torch.Generator().manual_seed(0)
    samples = min(samples, max(FEWEST, samples * LARGE // max(config.work, LARGE)))
    batch = at_once(config.resolution, BATCH)
    counts = [min(batch, samples - done) for done in range(0, samples, batch)]
    gradients = torch.cat([_gradients(generator, axes, judge, fast, count, rng) for count in counts])
    _, singular, directions = torch.linalg.svd(gradients.double(), full_matrices=False)
    rank = min(rank, len(singular))
    metric = LatentMetric(MetricConfig(num_ws=config.num_ws, w_dim=config.w_dim, rank=rank))
    metric.directions.copy_(directions[:rank])
    metric.sensitivities.copy_(singular[:rank].square() / samples)
    return metric.to(generator.w_avg.device).eval().requires_grad_(False)


def _gradients(
    generator: LatentGenerator,
    axes: NaturalAxes,
    judge: Judge,
    fast: Callable[[], AbstractContextManager[object]],
    count: int,
    rng: torch.Generator,
) -> Tensor:
    """J^T v of so many samples, [count, num_ws * w_dim]."""
    config, device = generator.config, generator.w_avg.device
    with torch.no_grad():
        z = torch.randn(count, config.z_dim, generator=rng).to(device)
        w_plus = generator.sample(z, TRUNCATION)
    units = torch.zeros(count, config.num_ws, config.w_dim, device=device)
    with torch.enable_grad(), fast():
        image = generator.synthesis(w_plus + axes.to_w(units.requires_grad_())).image
        # Errors are of images in 0..1, so a quarter of -1..1's, and means over pixels
        total = _projected(image, (PIXELS / 4 / image[0].numel()) ** 0.5, rng)
        for x in judge.features(image):
            total = total + _projected(x, (PERCEPTUAL / (x.shape[2] * x.shape[3])) ** 0.5, rng)
        (gradient,) = torch.autograd.grad(total, units)
    return gradient.flatten(1).cpu()


def _projected(residual: Tensor, weight: float, rng: torch.Generator) -> Tensor:
    random = torch.randn(residual.shape, generator=rng).to(residual.device)
    return weight * (residual.float() * random).sum()
