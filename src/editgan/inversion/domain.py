"""How far a photo is from what the generator can draw, against unseen photos of its class.

In W+ a generator can redraw nearly anything, a face's generator even cars, so that one distance does not
tell. Three do, each for other pictures: drawings leave a large error, birds a large perceptual distance,
and cats, cars and negatives need a latent far from the mean. The worst of the three decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from editgan.bundle.bundle import BundleDraft
from editgan.bundle.facts import Reference
from editgan.bundle.opened import Domain, Verdict
from editgan.core.config import to_json
from editgan.core.images import psnr_db
from editgan.core.types import Image, WPlus
from editgan.perception.judge import perceptual_distance

PERCENTS = (0, 5, 10, 25, 50, 75, 90, 95, 98, 99, 100)
UNUSUAL = 98.0  # per distance: farther than all but two of 100. About 5 in 100 are so in one of the three
OUTSIDE = 100.0  # farther than every photo of the reference


@dataclass(frozen=True, kw_only=True, slots=True)
class Distances:
    """How far one embedded photo is. More is farther, but for the PSNR."""

    perceptual_distance: float  # between photo and reconstruction, by the bundle's judge of likeness
    psnr_db: float  # of the reconstruction
    latent_distance: float  # of w_plus from the mean: root mean square, in standard deviations of w


@torch.no_grad()
def measure_distances(bundle: BundleDraft, photo: Image, w_plus: WPlus) -> Distances:
    """Of one aligned photo [1, 3, r, r] and its embedding. One pass of the generator, two of the judge."""
    judge, generator = bundle.likeness(), bundle.generator
    image = generator.synthesis(w_plus).image
    units = bundle.axes.from_w(w_plus - generator.w_avg)
    return Distances(
        perceptual_distance=perceptual_distance(judge.features(image), judge.features(photo)).item(),
        psnr_db=psnr_db(image, photo),
        latent_distance=units.square().mean().sqrt().item(),
    )


def reference(distances: Sequence[Distances], *, subject: str, judge_name: str, steps: int) -> Reference:
    """The bundle's `facts.domain`, from unseen photos embedded with `steps` steps."""

    def quantiles(name: str, percents: Sequence[float]) -> tuple[float, ...]:
        values = np.percentile([getattr(d, name) for d in distances], percents)
        return tuple(values.tolist())

    return Reference(
        photos=len(distances),
        subject=subject,
        judge=judge_name,
        steps=steps,
        percents=PERCENTS,
        perceptual_distance=quantiles("perceptual_distance", PERCENTS),
        psnr_db=quantiles("psnr_db", [100 - percent for percent in PERCENTS]),
        latent_distance=quantiles("latent_distance", PERCENTS),
    )


def judge_domain(known: Reference | None, distances: Distances, *, judge_name: str, steps: int) -> Domain:
    """Compares one photo with the bundle's `facts.domain`, if it was embedded as those photos were.

    Args:
        known: from `reference`; None where the bundle has none.
        distances: the photo's.
        judge_name: the judge it was embedded with.
        steps: the steps it was allowed, not the best one's index.
    """
    if known is None:
        return _unjudged(distances, "this bundle does not say how far unseen photos are")
    if (judge_name, steps) != (known.judge, known.steps):
        theirs, own = f"{known.judge}, {known.steps} steps", f"{judge_name}, {steps} steps"
        return _unjudged(distances, f"unseen photos were measured with {theirs}, this one with {own}")
    percentiles = _percentiles(known, distances)
    worst = max(percentiles, key=lambda name: percentiles[name])
    verdict = _verdict(percentiles[worst])
    return Domain(
        **to_json(distances),
        percentile=percentiles[worst],
        median_ratio=distances.perceptual_distance / _median(known, "perceptual_distance"),
        verdict=verdict,
        sentence=_sentence(known, distances, worst, percentiles[worst], verdict),
    )


def _percentiles(known: Reference, distances: Distances) -> dict[str, float]:
    """Of each distance; 0 for nearer than all, 100 only for farther than all."""

    def percentile(name: str) -> float:
        sign = -1 if name == "psnr_db" else 1
        scale = sign * np.array(getattr(known, name))
        value = sign * getattr(distances, name)
        inside = float(np.interp(value, scale, known.percents))
        return 100.0 if value > scale[-1] else min(inside, 99.9)

    return {name: percentile(name) for name in to_json(distances)}


def _verdict(percentile: float) -> Verdict:
    if percentile >= OUTSIDE:
        return "outside"
    return "unusual" if percentile > UNUSUAL else "ordinary"


_READINGS = {
    "perceptual_distance": "perceptual distance {:.3f}, median {:.3f}",
    "psnr_db": "redrawn at {:.1f} dB, median {:.1f}",
    "latent_distance": "latent {:.2f} standard deviations from the mean, median {:.2f}",
}


def _sentence(known: Reference, distances: Distances, worst: str, percentile: float, verdict: Verdict) -> str:
    far, photos = "from what the generator can draw than", f"unseen {known.subject} photos"
    reading = _READINGS[worst].format(getattr(distances, worst), _median(known, worst))
    if verdict == "outside":
        every = f"each of {known.photos} {photos}"
        return f"farther {far} {every} ({reading}); do not count on its parts and edits"
    if verdict == "unusual":
        share = f"{int(percentile)} % of {photos}"
        return f"farther {far} {share} ({reading}); look at the parts before you edit"
    return f"no farther {far} {photos} usually are ({reading})"


def _median(known: Reference, name: str) -> float:
    return float(np.interp(50, known.percents, getattr(known, name)))


def _unjudged(distances: Distances, why: str) -> Domain:
    return Domain(**to_json(distances), sentence=f"whether the generator can draw this is not known: {why}")
