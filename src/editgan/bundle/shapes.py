"""Measure what shapes a bundle's parts have in the generator's own pictures: see `models/part_shapes.py`."""

from collections.abc import Callable

import torch

from editgan.core.images import at_once
from editgan.core.rng import sample_z
from editgan.core.types import LabelMap, WPlus
from editgan.models.latent_generator import LatentGenerator
from editgan.models.part_shapes import PartShapes, ShapesConfig

SAMPLES = 400
BATCH = 25
TRUNCATION = 0.7  # pictures that are whole: broken ones would make everything usual
LARGE, FEWEST = 5 * 10**9, 100  # multiplications a pass; beyond, samples take seconds, and fewer must do


@torch.no_grad()
def measure_shapes(
    generator: LatentGenerator, read: Callable[[WPlus], LabelMap], classes: int, *, samples: int = SAMPLES
) -> PartShapes:
    """From the parts that `read` reads in so many samples, always the same ones; of large ones fewer."""
    config, device = generator.config, generator.w_avg.device
    count = min(samples, max(FEWEST, samples * LARGE // max(config.work, LARGE)))
    z = sample_z(range(count), config.z_dim, device)
    batch = at_once(config.resolution, BATCH)
    label_maps = torch.cat([read(generator.sample(some, TRUNCATION)).cpu() for some in z.split(batch)])
    shapes = PartShapes(ShapesConfig(classes=classes)).fit(label_maps)
    return shapes.to(device).eval()
