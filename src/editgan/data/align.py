"""Crop a photo as its generator expects, and paste the edit back into the original.

Positions in a photo are continuous: pixel (column i, row j) covers [i, i+1) x [j, j+1), its centre is at
(i + 0.5, j + 0.5). The aligned frame is the unit square, (0, 0) top left, (1, 1) bottom right.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from editgan.core.errors import PhotoError
from editgan.core.images import from_pixels, to_pixels
from editgan.core.labels import at_side
from editgan.core.types import Image, Pixels

# In the frame's resolution, which is not the photo's: hence not `Image`, which shares its h, w
Aligned = Float[Tensor, "1 3 r r"]  # -1..1
AlignedMask = Bool[Tensor, "1 1 r r"]
AlignedRegion = Bool[Tensor, "1 1 s s"]  # True where an edit may happen; s: the label map's side

NEARBY_PX = 3  # of the frame: about a brow and the skin around it
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


def crop(pixels: Pixels, framing: Framing, resolution: int) -> Aligned:
    """The first photo of a batch, seen through its frame: [1, 3, resolution, resolution] in -1..1.

    Area-averaged where the photo is finer than the crop; outside the photo its edge pixels repeat. The
    bars of a letter-boxed frame are black, whatever the photo shows there.
    """
    scale = framing.side / resolution  # photo px per crop px
    samples = 1 if scale <= 1 else 2  # per crop px and axis: averaged, against aliasing
    x0, y0, x1, y1 = _extent(framing, (0.0, 0.0, 1.0, 1.0), pixels, margin=4 + 4 * scale)
    part = pixels[0, y0:y1, x0:x1].cpu().numpy()
    if (shrink := scale / samples) > 1:
        size = (math.ceil((x1 - x0) / shrink), math.ceil((y1 - y0) / shrink))
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    image = from_pixels(torch.from_numpy(np.ascontiguousarray(part))[None])
    positions = framing.to_photo(
        _centres(0, 0, resolution * samples, resolution * samples) / (resolution * samples)
    )
    within = (positions - torch.tensor([x0, y0])) / torch.tensor([x1 - x0, y1 - y0])
    seen = F.avg_pool2d(_sample(image, within), samples).clamp(-1, 1)
    return seen.masked_fill(_bars(framing.letter_box, resolution), -1.0)


def paste(
    pixels: Pixels,
    framing: Framing,
    before: Aligned,
    after: Aligned,
    region: AlignedRegion,
    *,
    mode: Literal["difference", "replace"] = "difference",
    feather_px: float,
    changed: AlignedRegion | None = None,
    seen: Aligned | None = None,
) -> tuple[Pixels, Bool[Tensor, "h w"]]:
    """Brings an edit of the aligned crop back into the original photo, at the photo's size.

    `before` and `after` are the unedited and the edited rendering. "replace" puts the edited one in;
    "difference" adds what changed to the photo's own pixels, keeping their finer detail, but makes nothing
    lighter or darker than all of photo and edited rendering nearby: where a brow was rendered darker than it
    is, taking it away would leave a white one. Nor is detail kept where it belongs to a part that is gone
    (teeth under closed lips): in the pixels of `changed`, those that have become another part. `seen` is the
    photo through its frame, `crop(pixels, framing, r)`, for callers who have it already.

    A photo pixel may change if its centre lies in a true pixel of `region`, brought to the renderings' side,
    and in no bar of a letter box; all others keep their bytes. Inside, the edit fades in over `feather_px`
    pixels of the renderings, or less if the region is nowhere as deep: how wide that looks does not depend on
    the side of `region` and `changed`.

    Returns:
        The edited photo, and the mask [h, w] of the pixels which were allowed to change.
    """
    resolution = before.shape[-1]
    where = at_side(region, resolution).cpu() & ~_bars(framing.letter_box, resolution)
    pasted = pixels[:1].clone()
    mask = torch.zeros(pixels.shape[1:3], dtype=torch.bool)
    if not where.any():
        return pasted, mask
    depth = _depth(where)
    feather = max(min(feather_px, depth.max().item()), 1e-3)
    before, after = (image.detach().float().cpu() for image in (before, after))
    if mode == "difference":
        framed = crop(pixels, framing, resolution) if seen is None else seen.cpu()
        after = _difference(framed, before, after)
        gone = torch.zeros_like(region) if changed is None else changed
        coarse = F.avg_pool2d(gone.float().cpu(), 3, stride=1, padding=1)  # how much of its detail goes
    source = _fit(after, framing.side)
    x0, y0, x1, y1 = _extent(framing, _bounds(where), pixels, margin=1)
    rows = max(STRIP_PX // (x1 - x0), 1)
    for top in range(y0, y1, rows):
        here = (slice(top, min(top + rows, y1)), slice(x0, x1))
        positions = framing.from_photo(_centres(x0, top, x1 - x0, here[0].stop - top))
        allowed = _look_up(where[0, 0], positions)
        # The depth map has a border of one pixel around the frame
        ramp = (_sample(depth, (positions * resolution + 1) / (resolution + 2)) / feather).clamp(0, 1)
        alpha = ramp * ramp * (3 - 2 * ramp)  # smoothstep: no visible edge at either end
        photo = from_pixels(pixels[:1, here[0], here[1]].cpu())
        edit = _sample(source, positions)
        if mode == "replace":
            edit = edit - photo
        elif coarse.any():
            edit = edit + _sample(coarse, positions).clamp(0, 1) * (_sample(framed, positions) - photo)
        edited = photo + alpha * edit
        pasted[:, here[0], here[1]] = torch.where(
            allowed[None, :, :, None], to_pixels(edited).to(pixels.device), pixels[:1, here[0], here[1]]
        )
        mask[here] = allowed
    return pasted, mask


def between_bars(image: Image, letter_box: float) -> Float[Tensor, "n 3 rows w"]:
    """The rows of letter-boxed pictures that show something."""
    return image[:, :, ~_bars(letter_box, image.shape[2])[0, 0, :, 0]]


def _difference(photo: Aligned, before: Aligned, after: Aligned) -> Aligned:
    """`after` - `before`, held to what leaves `photo` within the values seen nearby, in it or in `after`."""
    seen = torch.cat([photo, after])
    lowest, highest = -_nearby_maximum(-seen), _nearby_maximum(seen)
    return (photo + after - before).maximum(lowest).minimum(highest) - photo


def _nearby_maximum(images: Float[Tensor, "n 3 r r"]) -> Aligned:
    """Over `NEARBY_PX` around, and over the images; rows first, then columns: a third of the time."""
    window = 2 * NEARBY_PX + 1
    rows = F.max_pool2d(images, (1, window), stride=1, padding=(0, NEARBY_PX))
    return F.max_pool2d(rows, (window, 1), stride=1, padding=(NEARBY_PX, 0)).amax(0, keepdim=True)


def _extent(
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


def _bounds(region: AlignedMask) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the region's true pixels, in frame units."""
    rows, columns = (region[0, 0].any(axis).nonzero() for axis in (1, 0))
    left, top = columns.min().item(), rows.min().item()
    right, bottom = columns.max().item() + 1, rows.max().item() + 1
    r = region.shape[-1]
    return left / r, top / r, right / r, bottom / r


def _bars(letter_box: float, resolution: int) -> Bool[Tensor, "1 1 r 1"]:
    """True in the black rows of a letter-boxed frame."""
    rows, bar = torch.arange(resolution), round(letter_box * resolution)
    return ((rows < bar) | (rows >= resolution - bar)).reshape(1, 1, -1, 1)


def _centres(left: int, top: int, width: int, height: int) -> Float64[Tensor, "height width 2"]:
    """Pixel centres (x, y) of a rectangle. Float64: which side of a border one falls on must not vary."""
    ys, xs = (torch.arange(a, a + n, dtype=torch.float64) + 0.5 for a, n in ((top, height), (left, width)))
    return torch.stack(torch.meshgrid(xs, ys, indexing="xy"), dim=2)


def _sample(
    image: Float[Tensor, "1 c h w"], positions: Float64[Tensor, "h2 w2 2"]
) -> Float[Tensor, "1 c h2 w2"]:
    """Bicubic values at positions in units of the image; outside, the edge repeats."""
    grid = (positions * 2 - 1).float()[None]
    return F.grid_sample(image, grid, mode="bicubic", padding_mode="border", align_corners=False)


def _look_up(region: Bool[Tensor, "r r"], positions: Float64[Tensor, "h w 2"]) -> Bool[Tensor, "h w"]:
    """The region's pixel at each frame position; false outside the frame."""
    index = (positions * region.shape[-1]).floor().long()
    inside = ((index >= 0) & (index < region.shape[-1])).all(2)
    x, y = index.clamp(0, region.shape[-1] - 1).unbind(2)
    return region[y, x] & inside


def _depth(region: AlignedMask) -> Float[Tensor, "1 1 r2 r2"]:
    """Signed distance to the region's outline in frame px, positive inside, with a border of one px.

    A distance field enlarges smoothly where the mask itself would show its pixels as stairs.
    """
    inside = np.pad(region[0, 0].cpu().numpy(), 1).astype(np.uint8)  # beyond the frame nothing may change
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).clip(0.5)
    outer = cv2.distanceTransform(1 - inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).clip(0.5)
    return torch.from_numpy(np.where(inside > 0, depth - 0.5, 0.5 - outer).astype(np.float32))[None, None]


def _fit(image: Float[Tensor, "1 3 r r"], side: float) -> Float[Tensor, "1 3 r2 r2"]:
    """Averaged down where the photo is coarser than the frame; else as it is."""
    size = max(round(side), 1)
    if size >= image.shape[-1]:
        return image
    return F.interpolate(image, size=(size, size), mode="bicubic", antialias=True, align_corners=False)
