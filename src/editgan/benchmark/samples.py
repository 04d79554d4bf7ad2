"""How much samples look like photos, as sets: FID and KID against the photos the generator learnt from."""

from typing import Any

import torch

from editgan.bundle.bundle import ModelBundle
from editgan.core.images import from_pixels, resize
from editgan.core.types import Pixels
from editgan.metrics.distribution import features_of, fid, kid
from editgan.models.generator import samples as seeded
from editgan.models.random_features import RandomFeatures

BATCH = 32


@torch.no_grad()
def measure_samples(
    bundle: ModelBundle,
    photos: Pixels,
    *,
    samples: int = 10_000,
    resolution: int | None = None,
) -> dict[str, Any]:
    """`fid_10k` and `kid_10k` (the name carries the count) of seeds 0, 1, ... without truncation.

    Both sides are brought to `resolution` first, the bundle's own by default. Bundles of different resolution
    compare at the larger one: what the smaller cannot draw then counts. `halves` says what the photos
    themselves give, one half against the other.
    """
    network = RandomFeatures().to(bundle.device)
    side = resolution or bundle.resolution
    real = features_of(
        network, (resize(from_pixels(part).to(bundle.device), side) for part in photos.split(BATCH))
    )
    drawn = seeded(bundle.generator, samples, batch_size=BATCH)
    fake = features_of(network, (resize(images, side) for images in drawn))
    count = f"{samples // 1000}k" if samples % 1000 == 0 else str(samples)
    order = torch.randperm(len(real), generator=torch.Generator().manual_seed(0))
    first, second = real[order].chunk(2)
    return {
        "features": network.name,
        "resolution": side,
        "photos": len(photos),
        f"fid_{count}": round(fid(real, fake), 3),
        f"kid_{count}": round(kid(real, fake), 4),
        "halves": {"fid": round(fid(first, second), 3), "kid": round(kid(first, second), 4)},
    }
