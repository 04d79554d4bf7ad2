"""What edit vectors do to unseen photos, by strength and refinement: EditGAN's trade-off, our judges.

For each photo the vector's own part operations say which label map was wanted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from editgan.bundle.bundle import ModelBundle, Rendering
from editgan.core.descent import best
from editgan.core.errors import InputError, LabelError
from editgan.core.labels import at_side
from editgan.core.types import Image, LabelMap, Region, WPlus
from editgan.editing.context import EditContext
from editgan.editing.label_change import WORKS, label_change
from editgan.editing.parts import repaint_each
from editgan.editing.region import margin_px, parts_region
from editgan.editing.vector import EditVector
from editgan.editing.walk import Refinement, refine
from editgan.evaluation.identity import identity_similarity
from editgan.perception.judge import perceptual_distance

STRENGTHS = (0.5, 0.7, 1.0, 1.3, 1.5)
REFINE_STEPS = (0, 10, 30, 60)
BATCH = 10
ROOM = 4  # fewest repainted pixels that can be counted


@dataclass(frozen=True, kw_only=True, slots=True)
class VectorRow:
    """One vector at one strength after so many refinement steps; means over the photos it can be asked of."""

    vector: str
    strength: float
    refine_steps: int
    photos: int  # in which the parts were there to be repainted
    label_change: float  # share of the wanted change that happened
    works: float  # share of photos on which more than half of it did
    outside_mse: float  # of images in 0..1, outside the region
    outside_psnr_db: float  # of that mean
    outside_distance: float  # perceptual
    identity_similarity: float | None  # to the unedited reconstruction; None without a face network
    region_share: float


def measure_vectors(
    bundle: ModelBundle,
    w_plus: WPlus,
    vectors: Sequence[EditVector],
    *,
    strengths: Sequence[float] = STRENGTHS,
    refine_steps: Sequence[int] = REFINE_STEPS,
) -> Iterator[VectorRow]:
    """On embedded photos `w_plus` [n, num_ws, w_dim]; a row each as soon as it is known.

    Raises:
        InputError: a vector that was not learnt from part operations, so that nobody knows what it should do.
    """
    before = _render(bundle, w_plus)
    for vector in vectors:
        some, targets = _asked(bundle, vector, before.label_map)
        for steps in refine_steps:
            for strength in strengths:
                yield _row(bundle, vector, strength, steps, w_plus[some], _of(before, some), targets)


def _row(
    bundle: ModelBundle,
    vector: EditVector,
    strength: float,
    steps: int,
    w_plus: WPlus,
    before: Rendering,
    targets: LabelMap,
) -> VectorRow:
    ids, margin = bundle.schema.ids(*vector.classes), margin_px(bundle.label_side)
    moved = w_plus + strength * vector.delta.to(w_plus)
    after = _render(bundle, moved)
    region = parts_region(before.label_map, after.label_map, ids, margin=margin)
    if steps:
        after = _render(bundle, _refined(bundle, moved, before.image, after.label_map, region, steps))
    change = label_change(before.label_map, targets, after.label_map)
    mse, distance = _outside(bundle, before.image, after.image, region)
    similarity = None
    if bundle.identity is not None:
        similarity = identity_similarity(bundle.identity, before.image, after.image).mean().item()
    return VectorRow(
        vector=vector.name,
        strength=strength,
        refine_steps=steps,
        photos=len(targets),
        label_change=change.mean().item(),
        works=(change > WORKS).float().mean().item(),
        outside_mse=mse,
        outside_psnr_db=float(-10 * torch.tensor(mse).log10()),
        outside_distance=distance,
        identity_similarity=similarity,
        region_share=region.float().mean().item(),
    )


def _asked(bundle: ModelBundle, vector: EditVector, label_maps: LabelMap) -> tuple[list[int], Tensor]:
    """The photos on which the vector's operations can be carried out, and what they would make of them."""
    if not (operations := [(kind, text) for kind, text in vector.learnt.get("operations", [])]):
        raise InputError(f"{vector.name!r} was not learnt from part operations, so its aim is unknown")
    some, targets, _ = repaint_each(label_maps.split(1), bundle.schema, operations, at_least_px=ROOM)
    if not some:
        raise LabelError(f"none of the photos has the parts that {vector.name!r} edits")
    return some, torch.cat(targets)


def _refined(
    bundle: ModelBundle, w_plus: WPlus, before: Image, target: LabelMap, region: Region, steps: int
) -> WPlus:
    settings = Refinement(steps=steps)
    return torch.cat(
        [
            best(refine(EditContext.of(bundle), w_plus[i], before[i], target[i], region[i], settings)).value
            for i in torch.arange(len(w_plus)).split(BATCH)
        ]
    )


@torch.no_grad()
def _render(bundle: ModelBundle, w_plus: WPlus) -> Rendering:
    parts = [bundle.render(part) for part in w_plus.split(BATCH)]
    image, logits = torch.cat([p.image for p in parts]), torch.cat([p.logits for p in parts])
    return Rendering(w_plus, image, logits)


def _of(rendering: Rendering, some: list[int]) -> Rendering:
    return Rendering(rendering.w_plus[some], rendering.image[some], rendering.logits[some])


@torch.no_grad()
def _outside(bundle: ModelBundle, before: Image, after: Image, region: Region) -> tuple[float, float]:
    """Mean squared error of images in 0..1 and perceptual distance, each photo's own mean, averaged."""
    judge, outside = bundle.judge(), ~at_side(region, before.shape[-1])
    error = (before.clamp(-1, 1) - after.clamp(-1, 1)).square().mean(1, keepdim=True) / 4
    mse = (error * outside).sum((1, 2, 3)) / outside.sum((1, 2, 3)).clamp_min(1)
    distance = perceptual_distance(judge.features(before * outside), judge.features(after * outside), outside)
    return mse.mean().item(), distance.mean().item()


def as_report(bundle: ModelBundle, photos: int, rows: Sequence[VectorRow]) -> dict[str, Any]:
    """JSON-able: the rows and how they were measured."""
    return {
        "bundle": bundle.name,
        "photos": photos,
        "judge": bundle.judge().name,
        "works_means": f"more than {WORKS:.0%} of the pixels that the operation repaints became what it asks",
        "rows": [asdict(row) for row in rows],
    }
