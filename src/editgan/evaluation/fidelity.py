"""What tuning the generator to each photo buys, and what it costs."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from editgan.bundle.bundle import ModelBundle
from editgan.core.descent import best
from editgan.core.images import psnr_db
from editgan.core.types import Image, LabelMap, WPlus
from editgan.evaluation.segmentation import IoU
from editgan.inversion.embed import Embedding, embed
from editgan.inversion.tuning import Tuning, tune_generator
from editgan.perception.judge import perceptual_distance


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One photo, drawn by one generator."""

    psnr_db: float
    perceptual_distance: float
    label_map: LabelMap
    seconds: float  # since the photo was given


def measure_fidelity(
    bundle: ModelBundle,
    photos: Image,
    *,
    embedding: Embedding | None = None,
    tuning: Tuning | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Aligned `photos`, opened one at a time: embedded only, and tuned as well.

    PSNR in dB, perceptual distance by the bundle's judge of likeness and seconds per photo, as means over the
    photos. The parts of both are compared: the share of pixels, and the mIoU over all photos together.
    """
    embedded, tuned = [], []
    for index, photo in enumerate(photos.split(1)):
        started = time.perf_counter()
        w_plus = best(embed(bundle, photo, embedding)).value
        embedded.append(_draw(bundle, photo, w_plus, started))
        generator = tune_generator(bundle, photo, w_plus, tuning)
        tuned.append(_draw(bundle.drawing_with(generator), photo, w_plus, started))
        if on_progress is not None:
            on_progress(index + 1, len(photos))
    return {
        "photos": len(photos),
        "judge": bundle.likeness().name,
        "embedded": _means(embedded),
        "tuned": _means(tuned) | _agreement(embedded, tuned, len(bundle.schema)),
    }


@torch.no_grad()
def _draw(bundle: ModelBundle, photo: Image, w_plus: WPlus, started: float) -> _Drawn:
    judge = bundle.likeness()
    rendering = bundle.render(w_plus)
    distance = perceptual_distance(judge.features(rendering.image), judge.features(photo)).item()
    label_map = rendering.label_map.cpu()  # on a GPU, this waits for it
    return _Drawn(psnr_db(rendering.image, photo), distance, label_map, time.perf_counter() - started)


def _means(drawn: Sequence[_Drawn]) -> dict[str, float]:
    return {
        "psnr_db": statistics.fmean(d.psnr_db for d in drawn),
        "worst_psnr_db": min(d.psnr_db for d in drawn),
        "perceptual_distance": statistics.fmean(d.perceptual_distance for d in drawn),
        "seconds": statistics.fmean(d.seconds for d in drawn),
    }


def _agreement(before: Sequence[_Drawn], after: Sequence[_Drawn], classes: int) -> dict[str, float]:
    iou = IoU(classes)
    shares = []
    for a, b in zip(before, after, strict=True):
        iou.add(b.label_map, a.label_map)
        shares.append((a.label_map == b.label_map).float().mean().item())
    return {"parts_agreement": statistics.fmean(shares), "parts_miou": iou.miou}
