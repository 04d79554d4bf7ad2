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
from editgan.editing.vector import EditVector

PasteMode = Literal["difference", "replace", "motion"]
MAX_STRENGTH = 10.0  # far beyond where any vector still draws a likely picture
OVERLAP = 0.1  # of the smaller region: more than neighbours' margins


@dataclass(frozen=True, slots=True)
class Composition:
    """Vectors at their strengths, in no order, and what is done with what they make."""

    strengths: Mapping[EditVector, float]
    refine_steps: int = 0  # that clean up the whole, not each vector; 30 are enough
    paste_mode: PasteMode = "motion"  # see `editing.pasting`
    painted: Region | None = None  # [1, 1, s, s], as the label map: may change, too
    keep: Keep | None = None  # [1, 1, k, k], of the frame at any side: must not change
    refined: WPlus | None = None  # where the refinement led before, to get the same again without its steps
    insist: bool = False  # on vectors of another generator, if their shape fits

    def __post_init__(self) -> None:
        if self.keep is not None and self.keep.shape[-1] != self.keep.shape[-2]:
            wanted = "what is to be kept should be a square mask of the frame"
            raise InputError(f"{wanted}, got {self.keep.shape[-1]}x{self.keep.shape[-2]} px")

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

    def scaled(self, factor: float) -> "Composition":
        """All strengths times the same factor."""
        scaled = {vector: factor * strength for vector, strength in self.strengths.items()}
        return replace(self, strengths=scaled)


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
