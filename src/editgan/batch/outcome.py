"""One composition on one photo: what `editgan apply`, the studio's batches and any engine do to each of many.

A composition can be pickled, so an engine sends it to another process together with a path.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from jaxtyping import Bool
from torch import Tensor

from editgan.bundle.opened import OpenPhoto
from editgan.core.config import known_json
from editgan.core.descent import Watch
from editgan.data.opening import Source
from editgan.editing.composition import Composition
from editgan.editing.outcome import Result, onwards
from editgan.editor import Editor
from editgan.inversion.cache import EmbeddingCache


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a photo."""

    photo: OpenPhoto
    result: Result
    open_seconds: float  # 0 for a photo that was open already
    apply_seconds: float

    @property
    def report(self) -> dict[str, Any]:
        """Ready for JSON."""
        times = {"embedding_seconds": self.open_seconds, "apply_seconds": self.apply_seconds}
        return times | known_json(self.photo.report) | known_json(self.result.report)

    @property
    def warnings(self) -> list[str]:
        """About the edit; what is to be said of the photo itself was said when it was opened."""
        return [sentence for sentence in self.result.report.warnings if sentence != self.photo.warning]


def outcomes(
    editor: Editor,
    subjects: Sequence[OpenPhoto],
    composition: Composition,
    *,
    keep: Bool[Tensor, "h w"] | None = None,  # pixels of the photo that must not change
    watch: Watch | None = None,
) -> list[Outcome]:
    """The same for several subjects of one photo, each edited into what the one before left.

    The last outcome's pixels have all of it. Raises InputError as `outcome` does.
    """
    made: list[Outcome] = []
    for subject in subjects:
        so_far = onwards(subject, made[-1].result if made else None)
        asked = replace(composition, keep=subject.keeping(keep))
        made.append(outcome(editor, so_far, asked, watch=watch))
    return made


def outcome(
    editor: Editor,
    source: Source | OpenPhoto,
    composition: Composition,
    *,
    cache: EmbeddingCache | None = None,
    watch: Watch | None = None,
) -> Outcome:
    """Opens the photo, unless it is open, and applies the composition.

    Raises:
        PhotoError: it cannot be opened.
        InputError: the composition does not fit the bundle.
    """
    started = time.perf_counter()
    is_open = isinstance(source, OpenPhoto)
    photo = source if isinstance(source, OpenPhoto) else editor.open(source, cache=cache, watch=watch)
    opened = time.perf_counter()
    result = editor.apply(photo, composition, watch=watch)
    open_seconds = 0.0 if is_open else round(opened - started, 3)
    return Outcome(photo, result, open_seconds, round(time.perf_counter() - opened, 3))
