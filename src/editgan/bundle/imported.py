"""A bundle from somebody else's StyleGAN2: the first part of it, which the trainings go on from."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import torch
from PIL import Image as PilImage

from editgan.bundle.bundle import BundleDraft
from editgan.bundle.facts import DataFacts, Facts, ImportFacts
from editgan.bundle.random_judge import random_discriminator
from editgan.checkpoints.stylegan2 import load_stylegan2
from editgan.core.errors import InputError
from editgan.core.files import sha256
from editgan.core.images import grid
from editgan.data.align import between_bars
from editgan.models.latent_generator import samples
from editgan.perception.features import calibrate

CALIBRATED = 8  # samples that give the perceptual distance its scale; photos are not at hand


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """What a checkpoint does not say of itself."""

    name: str  # of the bundle
    subject: str = "picture"  # what the detector looks for; face and cat are detected, others need a box
    terms: str = "not stated"  # source and licence, for the model card
    class_id: int = 0  # of a generator of several classes
    rows: tuple[int, int] | None = None  # letter-boxed images: first row with content, first one after it
    with_discriminator: bool = True
    full_precision: bool = True  # float32 on disk; otherwise half the size, and output a little different


@torch.no_grad()
def import_stylegan2(path: Path, settings: Import) -> BundleDraft:
    """A bundle that draws what the network in `path` draws, ready for `train encoder` and `train branch`.

    Raises:
        CheckpointError: the file cannot be imported.
        InputError: `rows` are not the middle of the image.
    """
    found = load_stylegan2(path, class_id=settings.class_id, with_discriminator=settings.with_discriminator)
    letter_box = _letter_box(settings.rows, found.generator.config.resolution)
    drawn = torch.cat(list(samples(found.generator, CALIBRATED)))
    judging = found.discriminator or random_discriminator(found.generator.config.resolution)
    return BundleDraft(
        name=settings.name,
        subject=settings.subject,
        generator=found.generator,
        discriminator=found.discriminator,
        perceptual_scale=calibrate(judging, drawn),
        full_precision=settings.full_precision,
        facts=Facts(
            import_=ImportFacts(
                file=path.name,
                sha256=sha256(path),
                kind=found.kind,
                class_=settings.class_id if found.generator.config.c_dim else None,
                notes="; ".join(found.notes) or None,
                date=date.today().isoformat(),
            ),
            data=DataFacts(letter_box=letter_box or None, terms=settings.terms),
        ),
    )


@torch.no_grad()
def sample_sheet(bundle: BundleDraft, count: int) -> PilImage.Image:
    """The first seeds side by side, without bars: how a person sees that the import went well."""
    images = torch.cat(list(samples(bundle.generator, count, truncation_psi=0.7)))
    return grid(between_bars(images, bundle.letter_box), columns=max(1, round(count**0.5)))


def _letter_box(rows: tuple[int, int] | None, side: int) -> float:
    """The share of the side above the content."""
    if rows is None:
        return 0.0
    first, last = rows
    if not 0 <= first < last <= side or first != side - last:
        middle = f"{side // 8},{side - side // 8}"
        raise InputError(
            f"rows should be the middle of the {side} px image, like {middle}, got {first},{last}"
        )
    return first / side
