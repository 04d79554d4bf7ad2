"""Composition: everything that is done to a photo, as one value."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import torch

from editgan.core.errors import InputError
from editgan.core.labels import LabelSchema, isin
from editgan.core.types import Keep, LabelMap, Region, WPlus
from editgan.editing.region import margin_px, parts_region, spared
from editgan.editing.vector import EditVector

PasteMode = Literal["difference", "replace", "motion", "geometry"]
MAX_STRENGTH = 10.0  # far beyond where any vector still draws a likely picture
MAX_REFINE_STEPS = 1000  # a refinement has gained what it can after a tenth of them
MAX_KEEP_PX = 4096  # of a mask of what is to be kept
OVERLAP = 0.1  # of the smaller region: more than neighbours' margins


@dataclass(frozen=True, slots=True)
class Composition:
    """Vectors at their strengths, in no order, and what is done with what they make."""

    strengths: Mapping[EditVector, float]
    refine_steps: int = 0  # that clean up the whole, not each vector; 30 are enough
    paste_mode: PasteMode = "geometry"  # see `editing.pasting`
    painted: Region | None = None  # [1, 1, s, s], as the label map: may change, too
    keep: Keep | None = None  # [1, 1, k, k], of the frame at any side: must not change
    refined: WPlus | None = None  # where the refinement led before, to get the same again without its steps
    insist: bool = False  # on vectors of another generator, if their shape fits

    def __post_init__(self) -> None:
        if not 0 <= self.refine_steps <= MAX_REFINE_STEPS:
            raise InputError(
                f"a refinement takes 0 to {MAX_REFINE_STEPS} steps (30 are enough), got {self.refine_steps}"
            )
        if self.keep is not None:
            _check_keep(self.keep)

    def with_edit(self, vector: EditVector, painted: Region) -> "Composition":
        """A vector more, at strength 1, that was learnt on top of it. A refinement begins anew."""
        everywhere = painted if self.painted is None else painted | self.painted.to(painted.device)
        return replace(self, strengths={**self.strengths, vector: 1.0}, painted=everywhere, refined=None)

    @property
    def active(self) -> dict[EditVector, float]:
        """Vectors whose strength is not zero."""
        return {vector: strength for vector, strength in self.strengths.items() if strength}

    @property
    def classes(self) -> set[str]:
        """Names of the parts that any of the vectors edits."""
        return {name for vector in self.strengths for name in vector.classes}

    def region(self, before: LabelMap, after: LabelMap, schema: LabelSchema) -> Region:
        """Where the photo may change: at the vectors' parts, before or after, and where it was painted.

        But not where it is to be kept.
        """
        ids = schema.ids(*self.classes)
        region = parts_region(before, after, ids, margin=margin_px(before.shape[-1]))
        if self.painted is not None:
            region = region | self.painted.to(region.device)
        return spared(region, self.keep)

    def scaled(self, factor: float) -> "Composition":
        """All strengths times the same factor."""
        scaled = {vector: factor * strength for vector, strength in self.strengths.items()}
        return replace(self, strengths=scaled)


NOTHING = Composition({})


def _check_keep(keep: Keep) -> None:
    shape = tuple(keep.shape)
    is_square = len(shape) == 4 and shape[:2] == (1, 1) and shape[2] == shape[3]
    if not is_square or not 0 < shape[3] <= MAX_KEEP_PX or keep.dtype != torch.bool:
        raise InputError(
            "what is to be kept should be a bool mask of the frame, [1, 1, k, k] with k up to "
            f"{MAX_KEEP_PX}, got {keep.dtype} {list(shape)}; photo.keeping(mask) makes one of a photo's mask"
        )


def compose(w_plus: WPlus, strengths: Mapping[EditVector, float]) -> WPlus:
    """`w_plus` plus the sum of all vectors, each times its strength. The order makes no difference.

    Raises:
        InputError: a strength that is no number or beyond `MAX_STRENGTH`, or a vector of another shape.
    """
    total = torch.zeros(w_plus.shape[1:], dtype=torch.float64)
    for vector, strength in strengths.items():
        if not math.isfinite(strength) or abs(strength) > MAX_STRENGTH:
            raise InputError(
                f"strengths go from {-MAX_STRENGTH:g} to {MAX_STRENGTH:g} (1 is as learnt), got "
                f"{strength:g} for {vector.name!r}"
            )
        if vector.delta.shape != total.shape:
            raise InputError(
                f"vector {vector.name!r} is {tuple(vector.delta.shape)}, but the photo's w_plus is "
                f"{tuple(total.shape)}; use bundle {vector.bundle}, with which it was learnt"
            )
        total += strength * vector.delta.cpu().double()
    return w_plus + total.to(w_plus)


def warnings_about(
    strengths: Mapping[EditVector, float], before: LabelMap, after: LabelMap, schema: LabelSchema
) -> list[str]:
    """Sentences: strengths beyond a vector's useful range, and vectors whose regions overlap."""
    sentences = []
    for vector, strength in strengths.items():
        low, high = vector.strengths
        if not low <= strength <= high:
            sentences.append(
                f"strength {strength:g} of {vector.name} is beyond its useful range {low:g} to {high:g}: "
                "expect side effects"
            )
    for a, b in combinations([v for v, strength in strengths.items() if strength], 2):
        if (share := _overlap(a, b, before, after, schema)) > OVERLAP:
            sentences.append(
                f"{a.name} and {b.name} edit the same place ({share:.0%} of the smaller): they may spoil "
                "each other"
            )
    return sentences


def _overlap(a: EditVector, b: EditVector, before: LabelMap, after: LabelMap, schema: LabelSchema) -> float:
    """Of the smaller of the two vectors' parts, the share that is the other's, too."""
    places = []
    for vector in (a, b):
        ids = schema.ids(*vector.classes)
        places.append(isin(before, ids) | isin(after, ids))
    smaller = min(places[0].sum().item(), places[1].sum().item())
    return (places[0] & places[1]).sum().item() / smaller if smaller else 0.0
