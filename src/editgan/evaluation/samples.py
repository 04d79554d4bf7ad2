"""How much samples look like photos, as sets: FID, KID, precision and recall against photos.

Two networks judge, neither of which has taught a generator: EfficientNet-Lite0, which is kin to Lite1, the
teacher, and random features, which are kin to nothing. Photos are described once (`describe_photos`, kept in
a file if asked), then each generator is scored against them.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from editgan.bundle.bundle import BundleDraft
from editgan.core.errors import UnavailableError
from editgan.core.files import replacing
from editgan.core.images import from_pixels, resize
from editgan.core.types import Image, Pixels
from editgan.evaluation.distribution import (
    Standardised,
    features_of,
    fid,
    kid,
    precision_recall,
    standardised,
)
from editgan.models.latent_generator import LatentGenerator
from editgan.models.latent_generator import samples as seeded
from editgan.models.random_features import RandomFeatures
from editgan.perception.pooled import PooledFeatures

BATCH = 32
FEW, MANY = 2_000, 10_000  # samples: to follow a training, to publish
FORMAT = "1"  # of the files of features; others are misses

Watch = Callable[[str], None]  # is told how far it got, in words


@runtime_checkable
class Describer(Protocol):
    """A frozen network that describes pictures by numbers."""

    @property
    def name(self) -> str:
        """How reports call it; other weights have another name."""
        ...

    @property
    def num_features(self) -> int:
        """How many numbers a picture."""
        ...

    def __call__(self, image: Image) -> Float[Tensor, "n d"]:
        """Pictures in -1..1 of any size, to a row of features each."""
        ...


@dataclass(frozen=True, slots=True)
class DescribedPhotos:
    """Photos as one describer sees them at one resolution: what generators are scored against."""

    describer: Describer
    resolution: int  # to which samples are brought before they are described
    features: Float[Tensor, "n d"]
    _halves: dict[int, dict[str, Any]] = field(default_factory=dict, repr=False)

    def halves(self, samples: int) -> dict[str, Any]:
        """What perfect samples would give, nearly: some photos stand in for so many, the others for photos.

        At most half stand in; `photos` says how many were on either side. Computed once for each count.
        """
        fake = min(samples, len(self.features) // 2)
        if fake not in self._halves:
            order = torch.randperm(len(self.features), generator=torch.Generator().manual_seed(0))
            real, held = self.features[order].split([len(order) - fake, fake])
            figures = _figures(standardised(real, held))
            self._halves[fake] = {**figures, "photos": [len(real), len(held)]}
        return self._halves[fake]


def available_describers(device: torch.device | str = "cpu") -> tuple[list[Describer], list[str]]:
    """Random features, and EfficientNet-Lite0 where it is installed; and a sentence for what is not."""
    found: list[Describer] = [RandomFeatures().to(device)]
    try:
        found.append(PooledFeatures(device))
    except UnavailableError as error:
        return found, [f"judged by random features alone: {error}"]
    return found, []


def describe_photos(
    describer: Describer,
    photos: Pixels,
    resolution: int,
    *,
    device: torch.device | str = "cpu",
    cache: Path | None = None,
    watch: Watch | None = None,
) -> DescribedPhotos:
    """Brings photos to `resolution` and describes them, or reads from the folder `cache` what it said before.

    The file's name covers the photos' bytes, the describer and the resolution; an unreadable one is replaced.
    """
    path = None if cache is None else cache / f"{_key(describer, photos, resolution)}.safetensors"
    features = None if path is None else _load(path, (len(photos), describer.num_features))
    if features is None:
        batches = (resize(from_pixels(part).to(device), resolution) for part in photos.split(BATCH))
        features = features_of(
            describer, _watched(batches, f"of {len(photos)} photos described by {describer.name}", watch)
        )
        if path is not None:
            _save(path, features)
    return DescribedPhotos(describer, resolution, features)


@torch.no_grad()
def score(
    generator: LatentGenerator,
    photos: Sequence[DescribedPhotos],
    *,
    samples: int = FEW,
    watch: Watch | None = None,
) -> dict[str, Any]:
    """`fid_2k`, `kid_2k`, `precision_2k` and `recall_2k` of seeds 0, 1, ... without truncation.

    The names carry the count. The first describer's are at the top, another's under its name; `halves` beside
    them says what the photos themselves give. The generator draws once for all describers.
    """
    fakes: list[list[Tensor]] = [[] for _ in photos]
    for images in _watched(
        seeded(generator, samples, batch_size=BATCH), f"of {samples} samples drawn and described", watch
    ):
        for known, parts in zip(photos, fakes, strict=True):
            parts.append(features_of(known.describer, [resize(images, known.resolution)]))
    if watch is not None:
        watch("comparing photos and samples")
    first, *others = (_row(known, torch.cat(parts)) for known, parts in zip(photos, fakes, strict=True))
    report = {"resolution": photos[0].resolution, "photos": len(photos[0].features), "samples": samples}
    by_name = {row["features"]: row for row in others}
    return report | first | by_name | {"notes": _notes(photos, samples)}


def measure_samples(
    bundle: BundleDraft,
    photos: Pixels,
    *,
    samples: int = MANY,
    resolution: int | None = None,
    cache: Path | None = None,
    watch: Watch | None = None,
) -> dict[str, Any]:
    """`score` of the bundle's generator by every describer there is.

    Both sides are brought to `resolution` first, the bundle's own by default. Bundles of different resolution
    compare at the larger one: what the smaller cannot draw then counts.
    """
    side = resolution or bundle.resolution
    describers, missing = available_describers(bundle.device)
    known = [
        describe_photos(describer, photos, side, device=bundle.device, cache=cache, watch=watch)
        for describer in describers
    ]
    report = score(bundle.generator, known, samples=samples, watch=watch)
    report["notes"] += missing
    return report


def _row(known: DescribedPhotos, fake: Tensor) -> dict[str, Any]:
    count = len(fake)
    suffix = f"{count // 1000}k" if count % 1000 == 0 else str(count)
    sets = standardised(known.features, fake)
    return {
        "features": known.describer.name,
        "features_used": sets.real.shape[1],
        "features_left_out": sets.left_out,
        **{f"{name}_{suffix}": value for name, value in _figures(sets).items()},
        "halves": known.halves(count),
    }


def _figures(sets: Standardised) -> dict[str, float]:
    precision, recall = precision_recall(sets)
    return {
        "fid": round(fid(sets), 3),
        "kid": round(kid(sets), 4),
        "precision": round(precision, 4),
        "recall": round(recall, 4),
    }


def _notes(photos: Sequence[DescribedPhotos], samples: int) -> list[str]:
    return [
        f"fewer samples or photos than {known.describer.name} has features "
        f"({known.describer.num_features}): compare only figures of equal counts"
        for known in photos
        if min(samples, len(known.features)) < known.describer.num_features
    ]


def _watched(batches: Iterable[Tensor], what: str, watch: Watch | None) -> Iterator[Tensor]:
    done = 0
    for images in batches:
        yield images
        done += len(images)
        if watch is not None:
            watch(f"{done} {what}")


def _key(describer: Describer, photos: Pixels, resolution: int) -> str:
    settings = {
        "format": FORMAT,
        "describer": describer.name,
        "resolution": resolution,
        "size": list(photos.shape),
    }
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    digest.update(photos.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _save(path: Path, features: Tensor) -> None:
    with suppress(OSError, SafetensorError), replacing(path) as scratch:  # no reason to lose what is at hand
        save_file({"features": features.contiguous()}, scratch)


def _load(path: Path, shape: tuple[int, int]) -> Tensor | None:
    try:
        features = load_file(path)["features"]
    except (SafetensorError, OSError, KeyError):
        return None
    return features if features.shape == shape and features.isfinite().all() else None
