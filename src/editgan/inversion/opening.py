"""Open a photo: find its subject, align it, embed it, read its parts. Or let the generator invent one."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.opened import Fidelity, OpenPhoto, opened
from editgan.bundle.whole import Wholeness
from editgan.core.descent import Watch, best, counting_on
from editgan.core.images import to_pixels
from editgan.core.rng import sample_z
from editgan.core.types import Image, Photo
from editgan.data.align import crop
from editgan.data.detect import Box
from editgan.data.found import Found, Which, chosen
from editgan.data.frame import Framing
from editgan.data.original import Original
from editgan.inversion.cache import Cached, EmbeddingCache
from editgan.inversion.domain import judge_domain, measure_distances
from editgan.inversion.embed import Embedding, embed
from editgan.inversion.framing import find_framing, find_subjects
from editgan.inversion.tuning import Tuning, tune_generator
from editgan.perception.familiar import SHOWN_PX
from editgan.perception.judge import Judge


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """How a photo is opened."""

    box: Box | None = None  # x, y, w, h in photo px, taken as the aligned frame instead of looking for one
    which: Which = "largest"  # of several subjects
    is_thorough: bool = False  # looks for smaller subjects, too
    found: tuple[Found, ...] | None = None  # what `find_in` found before: nothing is looked for again
    embedding: Embedding = field(default_factory=Embedding)
    fidelity: Fidelity = "standard"  # high: a copy of the generator is tuned to this photo

    @property
    def tuning(self) -> Tuning | None:
        """How the generator is tuned; None: it is not."""
        return Tuning() if self.fidelity == "high" else None

    @property
    def steps(self) -> int:
        """Of all walks together, at most."""
        return self.embedding.steps + (self.tuning.steps if self.tuning else 0)


def open_photo(
    bundle: ModelBundle,
    original: Original,
    judge: Judge,
    how: Opening,
    *,
    cache: EmbeddingCache | None = None,
    watch: Watch | None = None,
) -> OpenPhoto:
    """From the cache if it was opened in the same way before. Raises PhotoError where nothing is found."""
    pixels = original.srgb
    key = "" if cache is None else opening_key(bundle, pixels, judge, how)
    kept = None if cache is None else cache.get(key, bundle)
    found = kept or _embedded(bundle, pixels, judge, how, watch)
    if cache is not None and kept is None:
        cache.put(key, found, bundle)
        found = cache.get(key, bundle) or found  # rounded as it will be from now on
    aligned = crop(pixels, found.framing, bundle.resolution).to(bundle.device)
    domain = judge_domain(
        bundle.facts.domain,
        measure_distances(bundle, aligned, found.w_plus),
        judge_name=judge.name,
        steps=how.embedding.steps,
    )
    return opened(
        bundle,
        original.pixels,
        found.framing,
        aligned,
        found.w_plus,
        found.generator,
        original.notes,
        found=found.found,
        number=found.number,
        embedding_steps=found.steps,
        fidelity=how.fidelity,
        from_cache=kept is not None,
        domain=domain,
        unfamiliar=None if bundle.familiar is None else bundle.familiar(_seen(bundle, pixels, found)).item(),
    )


def _seen(bundle: ModelBundle, pixels: Photo, found: Cached) -> Image:
    """Through the frame, as large as it is looked at."""
    return crop(pixels, found.framing, SHOWN_PX).to(bundle.device)


def reopen_photo(
    bundle: ModelBundle,
    original: Original,
    judge: Judge,
    how: Opening,
    embedding: bytes | None,
    watch: Watch | None = None,
) -> OpenPhoto:
    """With an embedding from `EmbeddingCache.export`; one that does not fit the photo is found anew."""
    with TemporaryDirectory() as folder:
        cache = EmbeddingCache(Path(folder))
        if embedding is not None:
            cache.take_in(opening_key(bundle, original.srgb, judge, how), embedding)
        return open_photo(bundle, original, judge, how, cache=cache, watch=watch)


def find_in(bundle: ModelBundle, pixels: Photo, *, is_thorough: bool = False) -> list[Found]:
    """All subjects of a bundle's kind, numbered from left to right.

    Raises:
        NoSubjectError: there is no detector for the bundle's subject.
    """
    return find_subjects(pixels, bundle.subject, bundle.aligner, Wholeness(bundle), is_thorough=is_thorough)


def opening_key(bundle: ModelBundle, pixels: Photo, judge: Judge, how: Opening) -> str:
    """Under which a cache keeps a photo, in sRGB, that was opened so."""
    return EmbeddingCache.key(
        pixels,
        bundle,
        how.embedding,
        judge.name,
        how.box,
        how.tuning,
        how.which,
        how.is_thorough,
        how.found,
    )


def _embedded(bundle: ModelBundle, pixels: Photo, judge: Judge, how: Opening, watch: Watch | None) -> Cached:
    if how.box is not None:
        subjects, one = None, None
        framing = find_framing(pixels, bundle.subject, bundle.aligner, how.box)
    else:
        subjects = how.found
        if subjects is None:
            subjects = tuple(find_in(bundle, pixels, is_thorough=how.is_thorough))
        one = chosen(subjects, how.which, bundle.subject, *pixels.shape[2:0:-1])
        framing = one.framing
    framing = replace(framing, letter_box=bundle.letter_box)
    aligned = crop(pixels, framing, bundle.resolution).to(bundle.device)
    closest = best(embed(bundle, aligned, how.embedding, judge), watch)
    number = None if one is None else one.number
    found = Cached(closest.w_plus, framing, closest.index, None, subjects, number)
    if how.tuning is None:
        return found
    onwards = counting_on(watch, how.embedding.steps)
    tuned = tune_generator(bundle, aligned, closest.w_plus, how.tuning, judge, onwards)
    return replace(found, generator=tuned)


def sample_photo(bundle: ModelBundle, seed: int, truncation_psi: float) -> OpenPhoto:
    """A picture the generator invents, as if it had been opened."""
    generator = bundle.generator
    with torch.no_grad():
        z = sample_z([seed], generator.config.z_dim, bundle.device)
        w_plus = generator.sample(z, truncation_psi).clone()
        image = generator.synthesis(w_plus).image.clamp(-1, 1)
    side = bundle.resolution
    framing = Framing(centre_x=side / 2, centre_y=side / 2, side=float(side), letter_box=bundle.letter_box)
    return opened(bundle, to_pixels(image), framing, image, w_plus, seed=seed)
