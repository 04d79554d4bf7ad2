"""Where the aligned frame lies in a photo, and the arithmetic between the two.

Positions in a photo are continuous: pixel (column i, row j) covers [i, i+1) x [j, j+1), its centre is at
(i + 0.5, j + 0.5). The aligned frame is the unit square, (0, 0) top left, (1, 1) bottom right.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from editgan.core.errors import PhotoError
from editgan.core.types import Keep, Pixels

# In the frame's resolution, which is not the photo's: hence not `Image`, which shares its h, w
Aligned = Float[Tensor, "1 3 r r"]  # -1..1
AlignedMask = Bool[Tensor, "1 1 r r"]
AlignedRegion = Bool[Tensor, "1 1 s s"]  # True where an edit may happen; s: the label map's side

STRIP_PX = 1_000_000  # photo pixels pasted at a time: bounds the memory a 50 megapixel photo takes


@dataclass(frozen=True, kw_only=True, slots=True)
class Framing:
    """A similarity transform from the aligned frame to positions in the original photo."""

    centre_x: float  # photo px
    centre_y: float  # photo px
    side: float  # of the frame, in photo px
    angle: float = 0.0  # radians, clockwise as seen: the frame's x axis points to (cos, sin), y downwards
    letter_box: float = 0.0  # share of the side that is black above the picture, and as much below

    @classmethod
    def from_box(
        cls,
        x: int | float,
        y: int | float,
        w: int | float,
        h: int | float,
        *,
        photo_width: int,
        photo_height: int,
    ) -> "Framing":
        """The upright square around the middle of a box given in photo px, as large as its longer side.

        Raises:
            PhotoError: the box is empty or lies wholly outside the photo.
        """
        if not all(map(math.isfinite, (x, y, w, h))) or w <= 0 or h <= 0:
            raise PhotoError(
                f"a box needs a width and a height over 0 px, got {x},{y},{w},{h}; give x,y,w,h in pixels"
            )
        if x >= photo_width or y >= photo_height or x + w <= 0 or y + h <= 0:
            size = f"{photo_width}x{photo_height}"
            raise PhotoError(f"the box {x},{y},{w},{h} is outside the {size} photo; give x,y,w,h in its px")
        return cls(centre_x=float(x + w / 2), centre_y=float(y + h / 2), side=float(max(w, h)))

    @classmethod
    def from_corners(cls, corners: Sequence[tuple[float, float]]) -> "Framing":
        """Of the frame's corners in photo px, clockwise from its top left."""
        (x0, y0), (x1, y1), (x2, y2), _ = corners
        side, angle = math.hypot(x1 - x0, y1 - y0), math.atan2(y1 - y0, x1 - x0)
        return cls(centre_x=(x0 + x2) / 2, centre_y=(y0 + y2) / 2, side=side, angle=angle)

    def adjusted(self, dx: float, dy: float, log_scale: float, angle: float) -> "Framing":
        """Moved by (dx, dy) sides along its own axes, then scaled by exp(log_scale) and turned."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return replace(
            self,
            centre_x=self.centre_x + self.side * (cos * dx - sin * dy),
            centre_y=self.centre_y + self.side * (sin * dx + cos * dy),
            side=self.side * math.exp(log_scale),
            angle=self.angle + angle,
        )

    def to_photo(self, points: Float64[Tensor, "*n 2"]) -> Float64[Tensor, "*n 2"]:
        """Frame positions (x, y) to photo positions."""
        rotation = self._rotation()
        return (points - 0.5) @ rotation.T * self.side + torch.tensor([self.centre_x, self.centre_y]).double()

    def from_photo(self, points: Float64[Tensor, "*n 2"]) -> Float64[Tensor, "*n 2"]:
        """The inverse of `to_photo`."""
        centred = points - torch.tensor([self.centre_x, self.centre_y]).double()
        return centred @ self._rotation() / self.side + 0.5

    def _rotation(self) -> Float64[Tensor, "2 2"]:
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)


def extent(
    framing: Framing, bounds: tuple[float, float, float, float], pixels: Pixels, *, margin: float
) -> tuple[int, int, int, int]:
    """Photo pixels x0, y0, x1, y1 around a box of the frame and a margin; at least one pixel."""
    left, top, right, bottom = bounds
    corners = framing.to_photo(
        torch.tensor([[left, top], [right, top], [right, bottom], [left, bottom]]).double()
    )
    height, width = pixels.shape[1:3]
    low, high = (corners.amin(0) - margin).floor().tolist(), (corners.amax(0) + margin).ceil().tolist()
    x0, y0 = (min(max(int(v), 0), size - 1) for v, size in zip(low, (width, height), strict=True))
    x1, y1 = (min(max(int(v), 1), size) for v, size in zip(high, (width, height), strict=True))
    return x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)


def bounds(region: AlignedMask) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the region's true pixels, in frame units."""
    rows, columns = (region[0, 0].any(axis).nonzero() for axis in (1, 0))
    left, top = columns.min().item(), rows.min().item()
    right, bottom = columns.max().item() + 1, rows.max().item() + 1
    r = region.shape[-1]
    return left / r, top / r, right / r, bottom / r


def bars(letter_box: float, resolution: int) -> Bool[Tensor, "1 1 r 1"]:
    """True in the black rows of a letter-boxed frame."""
    rows, bar = torch.arange(resolution), round(letter_box * resolution)
    return ((rows < bar) | (rows >= resolution - bar)).reshape(1, 1, -1, 1)


def centres(left: int, top: int, width: int, height: int) -> Float64[Tensor, "height width 2"]:
    """Pixel centres (x, y) of a rectangle. Float64: which side of a border one falls on must not vary."""
    ys, xs = (torch.arange(a, a + n, dtype=torch.float64) + 0.5 for a, n in ((top, height), (left, width)))
    return torch.stack(torch.meshgrid(xs, ys, indexing="xy"), dim=2)


def sampled(
    image: Float[Tensor, "1 c h w"], positions: Float64[Tensor, "h2 w2 2"]
) -> Float[Tensor, "1 c h2 w2"]:
    """Bicubic values at positions in units of the image; outside, the edge repeats."""
    grid = (positions * 2 - 1).float()[None]
    return F.grid_sample(image, grid, mode="bicubic", padding_mode="border", align_corners=False)


def looked_up(region: Bool[Tensor, "r r"], positions: Float64[Tensor, "h w 2"]) -> Bool[Tensor, "h w"]:
    """The region's pixel at each frame position; false outside the frame."""
    index = (positions * region.shape[-1]).floor().long()
    inside = ((index >= 0) & (index < region.shape[-1])).all(2)
    x, y = index.clamp(0, region.shape[-1] - 1).unbind(2)
    return region[y, x] & inside


def touched(mask: Keep, side: int) -> Bool[Tensor, "1 1 side side"]:
    """The mask at another side: every pixel which any true pixel touches, however little."""
    if mask.shape[-1] == side:
        return mask
    grown: Tensor = F.adaptive_max_pool2d(mask.float(), side) > 0
    return grown


def through_frame(mask: Bool[Tensor, "h w"], framing: Framing, side: int) -> Keep:
    """A mask of the photo's pixels, seen through its frame: true where the centre of any of them lies."""
    seen = torch.zeros(1, 1, side, side, dtype=torch.bool)
    ys, xs = mask.cpu().nonzero(as_tuple=True)
    for start in range(0, len(ys), STRIP_PX):
        here = slice(start, start + STRIP_PX)
        positions = framing.from_photo(torch.stack([xs[here], ys[here]], 1).double() + 0.5)
        index = (positions * side).floor().long()
        x, y = index[((index >= 0) & (index < side)).all(1)].unbind(1)
        seen[0, 0, y, x] = True
    return seen
