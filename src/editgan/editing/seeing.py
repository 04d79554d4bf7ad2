"""What an edit shows in the photo itself, by the bundle's reader: the branch only knows the rendering.

A walk is optimised against the branch, and pasting may leave out what the rendering shows; the reader had no
part in either.
"""

from dataclasses import dataclass

import torch

from editgan.bundle.opened import OpenPhoto
from editgan.core.labels import isin, resize_label_map
from editgan.core.types import LabelMap, Photo
from editgan.editing.region import Repainting, dilate, region_iou
from editgan.perception.segmenter import Segmenter

CLAIMED = 0.1  # rise of the branch's IoU from which a target counts as reached at all

HIDDEN = 0.4  # of a part: where less is seen, something is in front of it (docs/edits.md has the rates)


@dataclass(frozen=True, slots=True)
class Rise:
    """Of the mean IoU of the asked parts with the target, inside the region."""

    before: float
    after: float

    @property
    def height(self) -> float:
        """What the edit gained."""
        return self.after - self.before

    def __str__(self) -> str:
        return f"{self.before:.2f} -> {self.after:.2f}"


@dataclass(frozen=True, slots=True)
class Sight:
    """What the reader sees of an edit."""

    rise: Rise
    share: float  # 0..1, of the asked parts before the edit: where such a part is seen, too


@torch.no_grad()
def seen(
    reader: Segmenter, photo: OpenPhoto, before: Photo, after: Photo, asked: Repainting, parts: LabelMap
) -> Sight:
    """Both photos through the frame of `photo`, read, and compared in the target's own pixels. One pass.

    `parts`: the branch's, before the edit.
    """
    side, target_side = reader.config.side, asked.target.shape[-1]
    views = torch.cat([photo.framed(pixels, side) for pixels in (before, after)])
    read = reader.read(views.to(asked.target.device))
    label_maps = resize_label_map(read, target_side, len(reader.schema)).split(1)
    ious = [region_iou(m, asked.target, asked.class_ids, asked.region) for m in label_maps]
    claimed, there = isin(parts, asked.class_ids), isin(label_maps[0], asked.class_ids)
    there = dilate(there[:, None], 1)[:, 0]  # the two draw outlines differently
    share = (claimed & there).sum() / claimed.sum() if claimed.any() else torch.tensor(1.0)
    return Sight(Rise(*ious), share.item())


def about_seen(claimed: Rise, found: Rise) -> list[str]:
    """A sentence where the branch says that a target was reached and the photo does not show it."""
    if claimed.height < CLAIMED or found.height > 0:
        return []
    return [
        f"the rendering has reached the target ({claimed}), but the photo does not show it ({found}): look "
        "at it, or paste differently"
    ]


def about_hidden(share: float) -> list[str]:
    """A sentence where hardly any of what is to be edited can be seen in the photo."""
    if share >= HIDDEN:
        return []
    return [
        f"only {share:.0%} of the parts that this edits can be seen in the photo: hair, glasses or a shadow "
        "may hide them, and is moved in their place"
    ]
