"""What a branch learns from: labelled pictures with their latents; and samples, to be labelled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file

from editgan.bundle.bundle import BundleDraft
from editgan.core.errors import LabelError
from editgan.core.files import filling
from editgan.core.images import psnr_db, save_picture, to_pil, to_pixels
from editgan.core.rng import sample_z
from editgan.core.types import Image, LabelMap, WPlus
from editgan.data.annotations import AnnotatedPhoto
from editgan.evaluation.embedding import embed_all
from editgan.evaluation.segmentation import at_bundle_size

LIKE_DB = 12.0  # a picture and what its latent draws are nearer; two pictures of a class are about 8 dB apart


@dataclass(frozen=True, slots=True)
class Labelled:
    """Pictures, their latents and their label maps."""

    photos: Image  # at the bundle's resolution
    w_plus: WPlus
    label_maps: LabelMap


def labelled_pictures(
    bundle: BundleDraft, annotated: Sequence[AnnotatedPhoto], classes: int, label_side: int, *, mirror: bool
) -> Labelled:
    """Those that come with a latent keep it; the others are embedded, with `mirror` also their mirror images.

    Raises:
        LabelError: a latent of another shape, or one that draws another picture.
    """
    photos, label_maps = at_bundle_size(bundle, annotated, classes, label_side)
    has_latent = torch.tensor([a.w_plus is not None for a in annotated], device=photos.device)
    known = [
        _checked(bundle, a.name, a.w_plus, photo)
        for a, photo in zip(annotated, photos.split(1), strict=True)
        if a.w_plus is not None
    ]
    others, other_maps = photos[~has_latent], label_maps[~has_latent]
    if mirror:  # the parts have no left and right, so a mirrored photo is one more
        others, other_maps = torch.cat([others, others.flip(3)]), torch.cat([other_maps, other_maps.flip(2)])
    found = [embed_all(bundle, others)] if len(others) else []
    return Labelled(
        torch.cat([photos[has_latent], others]),
        torch.cat([*known, *found]),
        torch.cat([label_maps[has_latent], other_maps]),
    )


@torch.no_grad()
def _checked(bundle: BundleDraft, name: str, w_plus: WPlus, photo: Image) -> WPlus:
    w_plus, config = w_plus.to(bundle.device), bundle.generator.config
    if w_plus.shape[1:] != (config.num_ws, config.w_dim):
        raise LabelError(
            f"the latent beside {name} is {list(w_plus.shape[1:])}, but this generator's are "
            f"{[config.num_ws, config.w_dim]}; remove it, and the photo is embedded"
        )
    likeness = psnr_db(bundle.generator.synthesis(w_plus).image, photo)
    if likeness < LIKE_DB:
        raise LabelError(
            f"the latent beside {name} draws another picture ({likeness:.0f} dB), so it belongs to "
            "another generator; remove it, and the photo is embedded"
        )
    return w_plus


def sample_files(seeds: range) -> list[str]:
    """What `write_samples` writes."""
    return [f"{_stem(seed)}{suffix}" for seed in seeds for suffix in (".jpg", ".safetensors")]


@torch.no_grad()
def write_samples(bundle: BundleDraft, seeds: range, truncation_psi: float, out: Path) -> Iterator[Path]:
    """A JPEG for each seed, its latent beside it: label them with any tool, and nothing need be embedded."""
    generator = bundle.generator
    for seed in seeds:
        z = sample_z([seed], generator.config.z_dim, bundle.device)
        w_plus = generator.sample(z, truncation_psi).contiguous()
        name = f"{_stem(seed)}.jpg"
        with filling(out) as scratch:  # never one without the other
            save_picture(to_pil(to_pixels(generator.synthesis(w_plus).image)), scratch / name)
            save_file({"w_plus": w_plus.cpu()}, scratch / f"{_stem(seed)}.safetensors")
        yield out / name


def _stem(seed: int) -> str:
    return f"seed-{seed:04d}"
