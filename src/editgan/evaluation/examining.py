"""What is measured of an edited photo, whatever the method: by networks that no edit was made with."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import InputError, UnavailableError
from editgan.core.images import from_pixels
from editgan.core.types import Image, Photo
from editgan.data.align import crop
from editgan.data.frame import centres, looked_up
from editgan.editing.geometry import displaced
from editgan.editing.region import region_iou
from editgan.evaluation.asked import Asked, Asker, Seen
from editgan.evaluation.detail import detail_moved
from editgan.evaluation.identity import identity_similarity
from editgan.evaluation.methods import Edited
from editgan.evaluation.probe import part_features
from editgan.evaluation.tasks import EditTask
from editgan.perception.dlib_identity import DlibIdentity
from editgan.perception.dlib_landmarks import AROUND, POINTS, SIDE_PX, DlibLandmarks, eye_distance
from editgan.perception.judge import perceptual_distance
from editgan.perception.pretrained_judge import PretrainedJudge

FAR = 0.5  # points count that should move this share of what the farthest should


@dataclass(frozen=True, slots=True)
class Examined:
    """Figures for a row, and what the probe needs."""

    figures: dict[str, Any]
    features: dict[str, Tensor] = field(default_factory=dict)  # of the part: `edited`, `untouched`


class Examiner:
    """Figures of edits of one bundle's class; without an `asker` those that need no grader."""

    def __init__(self, bundle: ModelBundle, asker: Asker | None = None) -> None:
        self.bundle, self.asker = bundle, asker
        self.judge = PretrainedJudge(bundle.device, network="lite0")
        self.dlib_identity = _if_installed(DlibIdentity) if bundle.subject == "face" else None
        self.landmarks = _if_installed(DlibLandmarks) if bundle.subject == "face" else None
        self._before: tuple[Seen, Tensor] | None = None  # the photo at hand and its landmarks

    @torch.no_grad()
    def __call__(self, photo: Photo, task: EditTask, edited: Edited) -> Examined:
        """Of a photo, what was asked for, and what a method made of it."""
        height, width = photo.shape[1:3]
        figures: dict[str, Any] = {
            "size": f"{width}x{height}",
            "changed_share": (photo != edited.pixels).any(3).float().mean().item(),
            "outside_max_bytes": _largest_difference(photo, edited),
        }
        if self.asker is None:
            return Examined(figures | self._likeness(from_pixels(photo), from_pixels(edited.pixels)))
        try:
            asked = self.asker.asked(photo, task)
        except InputError as error:
            return Examined(figures | {"ungraded": str(error)})
        seen = asked.seen
        after = crop(edited.pixels, seen.framing, seen.image.shape[2]).to(seen.image)
        parts = self.asker.grader.read(after)
        for name, label_map in (("iou_before", seen.parts), ("iou_after", parts)):
            figures[name] = region_iou(label_map, asked.target, asked.class_ids, asked.region)
        figures["frame_px"] = round(seen.framing.side)
        figures |= self._likeness(seen.image, after) | self._points(asked, task, edited.pixels)
        figures |= _detail(asked, task, edited.pixels)
        network = self.asker.grader.network
        return Examined(
            figures,
            {
                name: part_features(network, pixels, seen.framing, asked.region)
                for name, pixels in (("untouched", photo), ("edited", edited.pixels))
            },
        )

    def _likeness(self, before: Image, after: Image) -> dict[str, float]:
        """To Lite0; and of the person: to dlib where a frame is known, or to the bundle's own network."""
        device = self.bundle.device
        before, after = before.to(device), after.to(device)
        distance = perceptual_distance(self.judge.features(before), self.judge.features(after)).item()
        if self.dlib_identity is not None and self.asker is not None:
            name, network = "identity", self.dlib_identity
        elif (own := self.bundle.identity) is not None:
            name, network = "own_identity", own
        else:
            return {"distance": distance}
        return {"distance": distance, name: identity_similarity(network, before, after).item()}

    def _points(self, asked: Asked, task: EditTask, edited: Photo) -> dict[str, float]:
        """Of the points that should move: median distance from their goal, in % of that of the eyes."""
        numbers = [i for part in task.parts for i in POINTS.get(part, ())]
        if self.landmarks is None or asked.flow is None or not numbers:
            return {}
        if self._before is None or self._before[0] is not asked.seen:
            self._before = asked.seen, self._landmarks(asked.seen, asked.seen.photo)
        before, after = self._before[1], self._landmarks(asked.seen, edited)
        wanted = displaced(before[numbers], asked.flow)
        way = (wanted - before[numbers]).norm(dim=1)
        far = way >= FAR * way.max()
        unit = eye_distance(before) / 100
        errors = {"points_before": before[numbers] - wanted, "points_after": after[numbers] - wanted}
        return {name: (e[far].norm(dim=1).median() / unit).item() for name, e in errors.items()}

    def _landmarks(self, seen: Seen, pixels: Photo) -> Tensor:
        assert self.landmarks is not None
        around = replace(seen.framing, side=AROUND * seen.framing.side)
        points: Tensor = self.landmarks(crop(pixels, around, SIDE_PX))
        return points


def _detail(asked: Asked, task: EditTask, edited: Photo) -> dict[str, float]:
    """Of a part that is moved as a whole; else nothing is said."""
    operations = task.at(asked.target.shape[-1])
    if [kind for kind, _ in operations] != ["move"] or asked.flow is None:
        return {}
    framing, photo, side = asked.seen.framing, asked.seen.photo, asked.target.shape[-1]
    height, width = photo.shape[1:3]
    where = torch.isin(asked.target[0].cpu(), torch.tensor(asked.class_ids))
    in_photo = looked_up(where, framing.from_photo(centres(0, 0, width, height)))
    step = torch.tensor([[float(v) / side for v in operations[0][1].partition(":")[2].split(",")]]).double()
    wanted = (framing.to_photo(step) - framing.to_photo(torch.zeros(1, 2).double()))[0].tolist()
    found = detail_moved(photo, edited, in_photo.numpy(), (wanted[0], wanted[1]))
    if found is None:
        return {}
    return {
        "detail_moved": found.share,
        "detail_match": found.correlation,
        "detail_match_unmoved": found.correlation_unmoved,
    }


def _largest_difference(photo: Photo, edited: Edited) -> int:
    outside = (photo.int() - edited.pixels.int()).abs()[0][~edited.may_change]
    return int(outside.max()) if outside.numel() else 0


def _if_installed(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except UnavailableError:
        return None
