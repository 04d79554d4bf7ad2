"""What a reader of another format finds: annotated photos, not read yet."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Literal

from editgan.core.errors import LabelError
from editgan.core.labels import LabelSchema
from editgan.core.types import LabelMap, WPlus

Kind = Literal["celebamask-hq", "coco", "datasetgan", "folder", "voc"]


@dataclass(frozen=True, slots=True)
class Found:
    """One photo with its labels."""

    name: str  # of the files to be written, without suffix
    photo: Path
    labels: Callable[[tuple[int, int]], LabelMap]  # [1, h, w] of a photo of that size; raises LabelError
    w_plus: Callable[[], WPlus] | None = None  # [1, num_ws, w_dim], where latents came with it


@dataclass(frozen=True, slots=True)
class Finding:
    """All that lies in a folder."""

    kind: Kind
    schema: LabelSchema
    photos: list[Found]
    dropped: Counter[str] = field(default_factory=Counter)  # what was left out, and how often
    is_boxed: bool = False  # whether wide photos get bars above and below, as their generator draws them
    remark: str | None = None  # a sentence about the classes that somebody should read


def paired(photos: Collection[int], labels: Collection[int]) -> tuple[list[int], Counter[str]]:
    """The numbers that are on both sides, and how many are on one only."""
    numbers = sorted(set(photos) & set(labels))
    dropped = {"photo without labels": len(photos), "labels without a photo": len(labels)}
    return numbers, Counter({what: count - len(numbers) for what, count in dropped.items()})


def flat_name(path: PurePath) -> str:
    """Of the files to be written for a photo that lies in folders: their names come into its own."""
    return "-".join(path.with_suffix("").parts)


def fixed_names(classes: str | Path | None, kind: Kind) -> None:
    """Raises LabelError where somebody gives class names to a format that brings its own."""
    if classes is not None:
        raise LabelError(
            f"{kind} annotations bring their own class names",
            "give none; edit the new classes.json to rename parts",
            code="brings-classes",
        )
