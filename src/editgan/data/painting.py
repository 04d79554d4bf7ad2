"""Outlines and masks of annotation formats, painted onto a label map: later ones over earlier ones.

Points are in pixels from the picture's corner; a pixel is inside where its centre is.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool

from editgan.core.errors import LabelError
from editgan.core.labels import IGNORED, LabelSchema, composed
from editgan.core.pictures import MAX_MEGAPIXELS
from editgan.core.types import LabelMap

BACKGROUNDS = ("_background_", "background")  # what annotation programs call what is no part
IGNORED_NAME = "__ignore__"  # and what they call pixels that nobody should learn from
FARTHEST_PX = 100_000  # of a point from the corner
MOST_POINTS = 100_000  # of one outline

Points = Sequence[tuple[float, float]]
Inside = Bool[np.ndarray, "h w"]


class Canvas:
    """A label map while it is painted; what nothing covers is class 0."""

    def __init__(self, size: tuple[int, int], schema: LabelSchema, name: str) -> None:
        height, width = size
        if min(size) < 1 or height * width > MAX_MEGAPIXELS * 1_000_000:
            raise LabelError(
                f"{name} should be for a picture of up to {MAX_MEGAPIXELS} megapixels, got {width}x{height}"
            )
        self.size, self.schema, self.name = size, schema, name
        self.ids = np.zeros(size, np.uint8)

    def polygon(self, points: Points, label: str) -> None:
        """At least three points; where it crosses itself, what is inside twice is outside."""
        self._check(points)
        self.ids[_inside_polygon(points, self.size)] = self._id(label)

    def rectangle(self, points: Points, label: str) -> None:
        """Two opposite corners."""
        (x0, y0), (x1, y1) = points
        self.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], label)

    def circle(self, points: Points, label: str) -> None:
        """The centre, and a point of the rim."""
        self._check(points)
        (x, y), (rim_x, rim_y) = points
        rows, columns = (np.arange(side, dtype=np.float32) + 0.5 for side in self.size)
        squared = (rows[:, None] - y) ** 2 + (columns - x) ** 2
        self.ids[squared <= (rim_x - x) ** 2 + (rim_y - y) ** 2] = self._id(label)

    def mask(self, mask: Inside, corner: tuple[float, float], label: str) -> None:
        """Where a mask is true, its upper left corner there; what lies outside the picture is cut off."""
        self._check([corner])
        left, top = (int(value) for value in corner)
        shown = mask[max(-top, 0) :, max(-left, 0) :]
        place = self.ids[max(top, 0) :, max(left, 0) :]
        height, width = (min(sides) for sides in zip(shown.shape, place.shape, strict=True))
        place[:height, :width][shown[:height, :width]] = self._id(label)

    def label_map(self) -> LabelMap:
        """What has been painted, [1, h, w]."""
        return torch.from_numpy(self.ids.astype(np.int64)).unsqueeze(0)

    def _id(self, label: str) -> int:
        names = [composed(name) for name in self.schema.names]
        if composed(label) in names:
            return names.index(composed(label))
        if label == IGNORED_NAME:
            return IGNORED
        if label in BACKGROUNDS:
            return next((names.index(name) for name in BACKGROUNDS if name in names), 0)
        raise LabelError(f"{self.name} has a shape {label!r}; the parts are {', '.join(self.schema.names)}")

    def _check(self, points: Points) -> None:
        if len(points) > MOST_POINTS:
            raise LabelError(f"{self.name} has an outline of {len(points)} points; {MOST_POINTS} are read")
        if not all(abs(value) <= FARTHEST_PX for point in points for value in point):  # nor is NaN
            raise LabelError(f"{self.name} has a point over {FARTHEST_PX} px away; draw that shape again")


def _inside_polygon(points: Points, size: tuple[int, int]) -> Inside:
    """By how many edges are crossed on the way to a pixel's centre from the left."""
    height, width = size
    corners = np.array(points, np.float64) - 0.5  # whole numbers are pixels' centres
    crossed = np.zeros((height, width + 1), bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        first, end = (int(np.ceil(np.clip(y, 0, height))) for y in sorted((y0, y1)))
        if first < end:
            rows = np.arange(first, end)
            x = x0 + (rows - y0) * (x1 - x0) / (y1 - y0)
            crossed[rows, np.ceil(x.clip(0, width)).astype(np.int64)] ^= True
    inside: Inside = np.logical_xor.accumulate(crossed, axis=1)[:, :width]
    return inside
