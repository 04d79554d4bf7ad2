"""Open a photo: find its subject, align it, embed it, read its parts. Or let the generator invent one."""

from dataclasses import asdict, replace
from typing import Any, Literal

import torch

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.opened import OpenPhoto, opened
from editgan.core.descent import Watch, best, counting_on
from editgan.core.images import to_pixels
from editgan.core.rng import sample_z
from editgan.core.types import Photo, WPlus
from editgan.data.align import Framing, crop
from editgan.data.detect import Box
from editgan.inversion.cache import Cached, EmbeddingCache
from editgan.inversion.domain import judge_domain, measure_distances
from editgan.inversion.embed import Embedding, embed
from editgan.inversion.framing import find_framing
from editgan.inversion.tuning import Tuning, tune_generator
from editgan.perception.judge import Judge

Fidelity = Literal["standard", "high"]


def open_photo(
    bundle: ModelBundle,
    pixels: Photo,
    judge: Judge,
    *,
    box: Box | None,
    embedding: Embedding,
    fidelity: Fidelity,
    cache: EmbeddingCache | None,
    watch: Watch | None,
) -> OpenPhoto:
    """From the cache if it was opened in the same way before. Raises PhotoError where nothing is found."""
    tuning = _tuning(fidelity)
    key = "" if cache is None else opening_key(bundle, pixels, judge, box, embedding, fidelity)
    kept = None if cache is None else cache.get(key, bundle)
    found = kept or _embedded(bundle, pixels, judge, box, embedding, tuning, watch)
    if cache is not None and kept is None:
        cache.put(key, found, bundle)
        found = cache.get(key, bundle) or found  # rounded as it will be from now on
    aligned = crop(pixels, found.framing, bundle.resolution).to(bundle.device)
    domain = judge_domain(
        bundle.facts.get("domain"),
        measure_distances(bundle, aligned, found.w_plus),
        judge_name=judge.name,
        steps=embedding.steps,
    )
    report = {
        "embedding_steps": found.steps,
        "fidelity": fidelity,
        "from_cache": kept is not None,
        "domain": asdict(domain),
    }
    return opened(bundle, pixels, found.framing, aligned, found.w_plus, report, found.generator)


def opening_key(
    bundle: ModelBundle,
    pixels: Photo,
    judge: Judge,
    box: Box | None,
    embedding: Embedding,
    fidelity: Fidelity,
) -> str:
    """Under which a cache keeps a photo that was opened so."""
    return EmbeddingCache.key(pixels, bundle, embedding, judge.name, box, _tuning(fidelity))


def _tuning(fidelity: Fidelity) -> Tuning | None:
    return Tuning() if fidelity == "high" else None


def _embedded(
    bundle: ModelBundle,
    pixels: Photo,
    judge: Judge,
    box: Box | None,
    embedding: Embedding,
    tuning: Tuning | None,
    watch: Watch | None,
) -> Cached:
    framing = find_framing(pixels, bundle.subject, bundle.aligner, box)
    framing = replace(framing, letter_box=bundle.letter_box)
    aligned = crop(pixels, framing, bundle.resolution).to(bundle.device)
    closest = best(embed(bundle, aligned, embedding, judge), watch)
    found = Cached(closest.value, framing, closest.index)
    if tuning is None:
        return found
    onwards = counting_on(watch, embedding.steps)
    return replace(found, generator=tune_generator(bundle, aligned, closest.value, tuning, judge, onwards))


def sample_photo(bundle: ModelBundle, seed: int, truncation_psi: float) -> OpenPhoto:
    """A picture the generator invents, as if it had been opened."""
    generator = bundle.generator
    with torch.no_grad():
        z = sample_z([seed], generator.config.z_dim, bundle.device)
        w_plus = generator.broadcast(generator.mapping(z, truncation_psi)).clone()
    return _invented(bundle, w_plus, {"seed": seed})


@torch.no_grad()
def _invented(bundle: ModelBundle, w_plus: WPlus, report: dict[str, Any]) -> OpenPhoto:
    image = bundle.generator.synthesis(w_plus).image.clamp(-1, 1)
    side = bundle.resolution
    framing = Framing(centre_x=side / 2, centre_y=side / 2, side=float(side), letter_box=bundle.letter_box)
    return opened(bundle, to_pixels(image), framing, image, w_plus, report)
