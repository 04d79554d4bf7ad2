"""Methods of editing photos, to be compared: ours in each way of pasting, and geometry without a generator.

A rival is a class in a file of its own.
"""

import time
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

from jaxtyping import Bool
from torch import Tensor

from editgan.bundle.opened import OpenPhoto
from editgan.core.errors import LabelError
from editgan.core.images import to_pil
from editgan.core.types import Photo
from editgan.data.moving import move
from editgan.editing.composition import Composition, PasteMode
from editgan.editing.learn import asked_of, learn_vector
from editgan.editing.library import find_vector
from editgan.editing.outcome import applied
from editgan.editing.region import Repainting
from editgan.editing.vector import EditVector
from editgan.editing.walk import Editing
from editgan.editor import Editor
from editgan.evaluation.asked import Asker, whole
from editgan.evaluation.tasks import EditTask

Opened = TypeVar("Opened")


@dataclass(frozen=True, slots=True)
class Edited:
    """What a method made of a photo."""

    pixels: Photo  # of the photo's own size
    may_change: Bool[Tensor, "photo_h photo_w"]  # what the method says it kept to
    seconds: float  # that a person would have waited, once the photo was open ...
    open_seconds: float  # ... and until it was


@runtime_checkable
class EditMethod(Protocol[Opened]):
    """Edits photos. What it cannot do it refuses with an InputError, in one sentence."""

    @property
    def name(self) -> str:
        """How reports call it; other weights or settings have another name."""
        ...

    @property
    def labels_used(self) -> int | None:
        """How many label maps it learnt from; None if nobody knows."""
        ...

    def open(self, photo: Photo) -> Opened:
        """What is done once for all edits of a photo."""
        ...

    def edit(self, opened: Opened, task: EditTask) -> Edited:
        """One edit."""
        ...


class Ours:
    """What all ways of pasting share: a photo is opened once, and an edit learnt once."""

    def __init__(self, editor: Editor, *, is_framed: bool = False) -> None:
        self.editor, self.is_framed = editor, is_framed
        self.open_seconds = 0.0  # of the photo at hand
        self._photo: Photo | None = None
        self._opened: OpenPhoto | None = None
        self._learnt: dict[str, tuple[Repainting, EditVector, float]] = {}

    def open(self, photo: Photo) -> OpenPhoto:
        """Found, framed and embedded; the photo before is forgotten."""
        if self._opened is None or self._photo is not photo:
            box = whole(photo) if self.is_framed else None
            started = time.perf_counter()
            self._opened, self._photo, self._learnt = self.editor.open(to_pil(photo), box=box), photo, {}
            self.open_seconds = time.perf_counter() - started
        return self._opened

    def learnt(self, opened: OpenPhoto, task: EditTask) -> tuple[Repainting, EditVector, float]:
        """What repainting asks for, the vector that does it, and the seconds that took."""
        if task.name not in self._learnt:
            started = time.perf_counter()
            asked = asked_of(opened, task.at(opened.label_map.shape[-1]))
            vector, _ = learn_vector(
                self.editor.context, [opened], asked, name=task.name, settings=Editing(), watch=None
            )
            self._learnt[task.name] = (asked, vector, time.perf_counter() - started)
        return self._learnt[task.name]


class Pasted:
    """Ours, brought back into the photo in one of the ways: repainted, or by the bundle's own vector."""

    def __init__(self, ours: Ours, mode: PasteMode) -> None:
        self.ours, self.mode = ours, mode

    @property
    def name(self) -> str:
        """With the bundle's name, and the beginning of its generator's fingerprint."""
        bundle = self.ours.editor.bundle
        return f"{self.mode} {bundle.name} {bundle.fingerprint[:6]}"

    @property
    def labels_used(self) -> int | None:
        """The branch's, as far as the bundle's facts say."""
        return self.ours.editor.bundle.facts.branch.annotated_photos

    def open(self, photo: Photo) -> OpenPhoto:
        """As published: found, framed, embedded."""
        return self.ours.open(photo)

    def edit(self, opened: OpenPhoto, task: EditTask) -> Edited:
        """As `Editor.edit` and `Editor.apply` do it."""
        context, seconds, painted = self.ours.editor.context, 0.0, None
        if task.vector is None:
            asked, vector, seconds = self.ours.learnt(opened, task)
            painted = asked.region
        else:
            vector = find_vector(context.bundle, task.vector)
        started = time.perf_counter()
        result = applied(context, opened, Composition({vector: 1.0}, paste_mode=self.mode, painted=painted))
        seconds += time.perf_counter() - started
        return Edited(result.pixels, result.may_change, seconds, self.ours.open_seconds)


class KnownGeometry:
    """The baseline: the photo displaced as the operation says, by the grader's reading of its parts."""

    name, labels_used = "known geometry", None

    def __init__(self, asker: Asker) -> None:
        self.asker = asker

    def open(self, photo: Photo) -> Photo:
        """Found and read."""
        self.asker.seen(photo)
        return photo

    def edit(self, opened: Photo, task: EditTask) -> Edited:
        """Moved; no generator has a part in it, nor has a vector."""
        started = time.perf_counter()
        asked = self.asker.asked(opened, task)
        if asked.flow is None:
            raise LabelError(f"no displacement brings {task.name} about")
        region = (asked.flow != 0).any(1, keepdim=True)
        pixels, may_change = move(opened, asked.seen.framing, asked.flow, region)
        return Edited(pixels, may_change, time.perf_counter() - started, self.asker.seconds)
