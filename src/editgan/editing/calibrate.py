"""How strong is a vector's 1, and how strong may it be? Both are found by sweeping."""

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.core.images import psnr_db
from editgan.core.labels import at_side
from editgan.core.types import Image, LabelMap, WPlus
from editgan.editing.label_change import label_change
from editgan.editing.region import margin_px, parts_region
from editgan.editing.vector import EditVector

STEP = 0.25
UNITS = tuple(0.5 + 0.1 * i for i in range(16))  # 0.5 to 2: strengths tried for a vector's 1
NEARLY = 0.85  # of the best label change is enough: side effects grow with the square of the strength
LARGEST = 2.0  # twice what was asked; beyond, shapes become unlikely though nothing else is spoilt
OUTSIDE_DB = 24.0  # below this the rest of the rendering visibly changes; pasting hides it, refining mends it


@torch.no_grad()
def unit_strength(
    bundle: ModelBundle, w_plus: WPlus, label_map: LabelMap, target: LabelMap, delta: Tensor
) -> float:
    """The smallest strength that does nearly as much of what was asked as any does, on these photos' mean.

    A mean of several photos' deltas is shorter than each of them; multiplied by this, 1 does what was asked.
    """
    changes = [
        label_change(label_map, target, bundle.render(w_plus + unit * delta).label_map).mean().item()
        for unit in UNITS
    ]
    return next(unit for unit, change in zip(UNITS, changes, strict=True) if change >= NEARLY * max(changes))


def weaker(vector: EditVector, share: float) -> EditVector:
    """The same vector, but its 1 is what was this one's `share`: where all of it would be too much."""
    low, high = (max(-LARGEST, min(LARGEST, strength / share)) for strength in vector.strengths)
    return replace(
        vector,
        delta=vector.delta * share,
        strengths=(math.ceil(low / STEP) * STEP, math.floor(high / STEP) * STEP),
        learnt=vector.learnt | {"share": share},
    )


@torch.no_grad()
def useful_strengths(
    bundle: ModelBundle,
    w_plus: WPlus,
    before: Image,
    label_map: LabelMap,
    delta: Tensor,
    class_ids: Sequence[int],
) -> tuple[float, float]:
    """The widest range around 0 in which the outside of the parts keeps `OUTSIDE_DB` on these photos.

    `before` and `label_map` are the renderings of `w_plus`. In steps of `STEP`, up to `LARGEST` either way.
    """

    def is_clean(strength: float) -> bool:
        with bundle.fast():
            after = bundle.render(w_plus + strength * delta)
        region = parts_region(label_map, after.label_map, class_ids, margin=margin_px(bundle.label_side))
        return psnr_db(after.image, before, ~at_side(region, bundle.resolution)) >= OUTSIDE_DB

    def reach(sign: int) -> float:
        clean, spoilt = 0, round(LARGEST / STEP) + 1  # in steps; the farther, the more spoilt
        while spoilt - clean > 1:
            middle = (clean + spoilt) // 2
            clean, spoilt = (middle, spoilt) if is_clean(sign * middle * STEP) else (clean, middle)
        return sign * clean * STEP

    return reach(-1), reach(1)
