"""What a task asks of a photo, by the grader's reading of it: the same for every method."""

import time
from dataclasses import dataclass

import torch

from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import LabelError
from editgan.core.types import Image, LabelMap, Photo, Region
from editgan.data.align import crop
from editgan.data.detect import Box
from editgan.data.frame import Framing
from editgan.data.moving import Flow
from editgan.editing.geometry import flow_of
from editgan.editing.parts import repaint
from editgan.editing.region import edit_region
from editgan.evaluation.tasks import EditTask
from editgan.inversion.framing import find_framing
from editgan.perception.segmenter import Segmenter

MARGIN = 1 / 32  # of the frame: as the 64 px bundles' two pixels


@dataclass(frozen=True, slots=True)
class Seen:
    """A photo through its frame, at the grader's side."""

    photo: Photo
    framing: Framing
    image: Image
    parts: LabelMap


@dataclass(frozen=True, slots=True)
class Asked:
    """What should become of a photo's parts, and where."""

    seen: Seen
    target: LabelMap
    class_ids: tuple[int, ...]  # of the grader
    region: Region  # in the grader's pixels
    flow: Flow | None  # that brings it about; None where no displacement does


class Asker:
    """Reads each photo once. `is_framed`: the photo is its own frame, and none is sought."""

    def __init__(self, bundle: ModelBundle, grader: Segmenter, *, is_framed: bool = False) -> None:
        self.bundle, self.grader, self.is_framed = bundle, grader, is_framed
        self.seconds = 0.0  # that reading the photo at hand took
        self._seen: Seen | None = None

    def seen(self, photo: Photo) -> Seen:
        """Raises PhotoError where nobody is found."""
        if self._seen is None or self._seen.photo is not photo:
            started, box = time.perf_counter(), whole(photo) if self.is_framed else None
            framing = find_framing(photo, self.bundle.subject, self.bundle.aligner, box)
            image = crop(photo, framing, self.grader.config.side).to(self.bundle.device)
            self._seen = Seen(photo, framing, image, self.grader.read(image))
            self.seconds = time.perf_counter() - started
        return self._seen

    def asked(self, photo: Photo, task: EditTask) -> Asked:
        """Raises LabelError for a part that the grader does not know or find, or that stays as it is."""
        seen, schema = self.seen(photo), self.grader.schema
        side = seen.parts.shape[-1]
        operations = task.at(side)
        target = repaint(seen.parts, schema, operations)
        if torch.equal(target, seen.parts):
            raise LabelError(f"{task.name} changes nothing of what the grader sees")
        ids = schema.ids(*task.parts)
        region = edit_region(seen.parts, target, ids, margin=round(MARGIN * side))
        try:
            flow = flow_of(seen.parts.cpu(), schema, operations)
        except LabelError:
            flow = None
        return Asked(seen, target, tuple(ids), region, flow)


def whole(photo: Photo) -> Box:
    """The photo as a box: x, y, w, h."""
    height, width = photo.shape[1:3]
    return 0, 0, width, height
