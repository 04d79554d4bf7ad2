"""A method of editing photos, to be compared with others: ours here, each rival in a file of its own."""

from typing import Protocol, TypeVar, runtime_checkable

from editgan.bundle.opened import OpenPhoto
from editgan.core.images import to_pil
from editgan.core.types import Photo
from editgan.editing.parts import repaint
from editgan.editor import Editor
from editgan.evaluation.tasks import EditTask

Opened = TypeVar("Opened")


@runtime_checkable
class EditMethod(Protocol[Opened]):
    """Edits aligned photos. What it cannot do it refuses with an InputError, in one sentence."""

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

    def edit(self, opened: Opened, task: EditTask) -> Photo:
        """The edited picture, of the photo's own size."""
        ...


class ByRepainting:
    """Ours: the photo's own parts are repainted as the task says, and the photo follows."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor

    @property
    def name(self) -> str:
        """With the bundle's name, and the beginning of its generator's fingerprint."""
        bundle = self.editor.bundle
        return f"EditGAN {bundle.name} {bundle.fingerprint[:6]}"

    @property
    def labels_used(self) -> int | None:
        """The branch's, as far as the bundle's facts say."""
        count: int | None = self.editor.bundle.facts.get("branch", {}).get("annotated_photos")
        return count

    def open(self, photo: Photo) -> OpenPhoto:
        """Embeds it and reads its parts; the frame is the whole photo."""
        height, width = photo.shape[1:3]
        return self.editor.open(to_pil(photo), box=(0, 0, width, height))

    def edit(self, opened: OpenPhoto, task: EditTask) -> Photo:
        """Pasted back into the photo."""
        target = repaint(opened.label_map, self.editor.schema, task.at(opened.label_map.shape[-1]))
        return self.editor.edit(opened, target, name=task.name).result.pixels
