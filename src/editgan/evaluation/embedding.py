"""How near the embeddings of unseen photos come to the photos."""

from typing import Any

import torch

from editgan.bundle.bundle import BundleDraft
from editgan.core.descent import best
from editgan.core.images import psnr_db
from editgan.core.types import Image, WPlus
from editgan.inversion.embed import Embedding, embed, first_guess
from editgan.perception.judge import Judge, perceptual_distance


def embed_all(
    bundle: BundleDraft,
    photos: Image,
    settings: Embedding | None = None,
    *,
    judge: Judge | None = None,
) -> WPlus:
    """w_plus of many aligned photos, each walked to alone."""
    return torch.cat([best(embed(bundle, photo, settings, judge)).value for photo in photos.split(1)])


def measure_embedding(
    bundle: BundleDraft, photos: Image, *, steps: int = Embedding().steps, found: WPlus | None = None
) -> dict[str, Any]:
    """PSNR in dB and perceptual distance, means over `photos`, after the encoder and after descent.

    The PSNR is the mean of the photos' own, as papers report it. `found` spares the descent where its outcome
    is known.
    """
    with torch.no_grad():
        guess = torch.cat([first_guess(bundle, part) for part in photos.split(25)])
    if found is None:
        found = embed_all(bundle, photos, Embedding(steps=steps))
    return {
        "photos": len(photos),
        "judge": bundle.likeness().name,
        "encoder_only": _distances(bundle, photos, guess),
        f"after_{steps}_steps": _distances(bundle, photos, found),
    }


@torch.no_grad()
def _distances(bundle: BundleDraft, photos: Image, w_plus: WPlus) -> dict[str, float]:
    judge = bundle.likeness()
    psnrs, distances = [], []
    for photo, w in zip(photos.split(1), w_plus.split(1), strict=True):
        image = bundle.generator.synthesis(w).image
        psnrs.append(psnr_db(image, photo))
        distances.append(perceptual_distance(judge.features(image), judge.features(photo)).item())
    return {"psnr_db": sum(psnrs) / len(psnrs), "perceptual_distance": sum(distances) / len(distances)}
