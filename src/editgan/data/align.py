"""Crop a photo as its generator expects, and paste the edit back into the original."""

import math
from typing import Literal

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from editgan.core.images import from_pixels, to_pixels
from editgan.core.labels import at_side
from editgan.core.types import Image, Keep, Pixels
from editgan.data.frame import (
    STRIP_PX,
    Aligned,
    AlignedMask,
    AlignedRegion,
    Framing,
    bars,
    bounds,
    centres,
    extent,
    looked_up,
    sampled,
    touched,
)

NEARBY_PX = 3  # of the frame: about a brow and the skin around it


def crop(pixels: Pixels, framing: Framing, resolution: int) -> Aligned:
    """The first photo of a batch, seen through its frame: [1, 3, resolution, resolution] in -1..1.

    Area-averaged where the photo is finer than the crop; outside the photo its edge pixels repeat. The
    bars of a letter-boxed frame are black, whatever the photo shows there.
    """
    scale = framing.side / resolution  # photo px per crop px
    samples = 1 if scale <= 1 else 2  # per crop px and axis: averaged, against aliasing
    x0, y0, x1, y1 = extent(framing, (0.0, 0.0, 1.0, 1.0), pixels, margin=4 + 4 * scale)
    part = pixels[0, y0:y1, x0:x1].cpu().numpy()
    if (shrink := scale / samples) > 1:
        size = (math.ceil((x1 - x0) / shrink), math.ceil((y1 - y0) / shrink))
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    image = from_pixels(torch.from_numpy(np.ascontiguousarray(part))[None])
    positions = framing.to_photo(
        centres(0, 0, resolution * samples, resolution * samples) / (resolution * samples)
    )
    within = (positions - torch.tensor([x0, y0])) / torch.tensor([x1 - x0, y1 - y0])
    seen = F.avg_pool2d(sampled(image, within), samples).clamp(-1, 1)
    return seen.masked_fill(bars(framing.letter_box, resolution), -1.0)


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
    keep: Keep | None = None,
) -> tuple[Pixels, Bool[Tensor, "h w"]]:
    """Brings an edit of the aligned crop back into the original photo, at the photo's size.

    `before` and `after` are the unedited and the edited rendering. "replace" puts the edited one in;
    "difference" adds what changed to the photo's own pixels, keeping their finer detail, but makes nothing
    lighter or darker than all of photo and edited rendering nearby: where a brow was rendered darker than it
    is, taking it away would leave a white one. Nor is detail kept where it belongs to a part that is gone
    (teeth under closed lips): in the pixels of `changed`, those that have become another part. `seen` is the
    photo through its frame, `crop(pixels, framing, r)`, for callers who have it already.

    A photo pixel may change if its centre lies in a true pixel of `region`, brought to the renderings' side,
    in none of `keep` and in no bar of a letter box; all others keep their bytes. Inside, the edit fades in
    over `feather_px` pixels of the renderings, or less if the region is nowhere as deep: how wide that looks
    does not depend on the side of `region` and `changed`.

    Returns:
        The edited photo, and the mask [h, w] of the pixels which were allowed to change.
    """
    resolution = before.shape[-1]
    where = at_side(region, resolution).cpu() & ~bars(framing.letter_box, resolution)
    if keep is not None:
        keep = keep.cpu()
        where = where & ~touched(keep, resolution)
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
    x0, y0, x1, y1 = extent(framing, bounds(where), pixels, margin=1)
    rows = max(STRIP_PX // (x1 - x0), 1)
    for top in range(y0, y1, rows):
        here = (slice(top, min(top + rows, y1)), slice(x0, x1))
        positions = framing.from_photo(centres(x0, top, x1 - x0, here[0].stop - top))
        allowed = looked_up(where[0, 0], positions)
        if keep is not None:
            allowed &= ~looked_up(keep[0, 0], positions)
        # The depth map has a border of one pixel around the frame
        ramp = (sampled(depth, (positions * resolution + 1) / (resolution + 2)) / feather).clamp(0, 1)
        alpha = ramp * ramp * (3 - 2 * ramp)  # smoothstep: no visible edge at either end
        photo = from_pixels(pixels[:1, here[0], here[1]].cpu())
        edit = sampled(source, positions)
        if mode == "replace":
            edit = edit - photo
        elif coarse.any():
            edit = edit + sampled(coarse, positions).clamp(0, 1) * (sampled(framed, positions) - photo)
        edited = photo + alpha * edit
        pasted[:, here[0], here[1]] = torch.where(
            allowed[None, :, :, None], to_pixels(edited).to(pixels.device), pixels[:1, here[0], here[1]]
        )
        mask[here] = allowed
    return pasted, mask


def between_bars(image: Image, letter_box: float) -> Float[Tensor, "n 3 rows w"]:
    """The rows of letter-boxed pictures that show something."""
    return image[:, :, ~bars(letter_box, image.shape[2])[0, 0, :, 0]]


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
