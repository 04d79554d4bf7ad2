"""What a bundle's class looks like, so that pictures which do not are told."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch

from editgan.bundle.facts import FamiliarFacts
from editgan.bundle.folder import load_draft, save_bundle
from editgan.core.images import from_pixels
from editgan.core.types import Image, Pixels
from editgan.data.setting_aside import load_learnable
from editgan.jobs.facts import as_sources
from editgan.perception.familiar import SHOWN_PX, Familiar, FamiliarConfig

BATCH = 32
UNSEEN = 5  # one photo of so many says what is usual, and is not learnt from


def learn_familiar(
    where: Path, data: Path | list[Path], *, photos: int = 2000, held_out: int = 100, device: torch.device
) -> Familiar:
    """The bundle with its `familiar` part, saved; from at most so many of the photos that may be learnt from.

    Raises:
        InputError: too few photos.
    """
    bundle = load_draft(where, device)
    found, _ = load_learnable(as_sources(data), SHOWN_PX, held_out)
    pixels = found.some(photos, seed=0).pixels
    is_unseen = torch.arange(len(pixels)) % UNSEEN == 0
    familiar = Familiar(FamiliarConfig()).to(device)
    familiar.fit(_batches(pixels[~is_unseen], device), _batches(pixels[is_unseen], device))
    made = FamiliarFacts(photos=int((~is_unseen).sum()), usual_by=int(is_unseen.sum()))
    save_bundle(bundle.having(familiar=familiar, facts=replace(bundle.facts, familiar=made)), where)
    return familiar


def _batches(pixels: Pixels, device: torch.device) -> Iterator[Image]:
    for some in pixels.split(BATCH):
        yield from_pixels(some).to(device)
