"""Bring an edited rendering back into the photo, at the photo's size.

"difference" adds what changed to the photo's own pixels; "replace" puts the rendering in; "motion" draws
nothing, but moves the photo's own pixels as the edit moves the rendering's: sharp, and blind to what appears
or vanishes. "geometry" moves them, too, but where a vector was learnt from part operations, as those say.
A sample has nothing finer than its rendering, so there either means difference.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from editgan.bundle.bundle import Rendering
from editgan.bundle.opened import OpenPhoto
from editgan.core.types import Keep, Photo, Region
from editgan.data.align import paste
from editgan.data.frame import bars, touched
from editgan.data.moving import move
from editgan.editing.composition import PasteMode
from editgan.editing.geometry import followed
from editgan.editing.known_motion import KnownMotion
from editgan.editing.motion import SIDE, Motion, faded, find_motion
from editgan.editing.region import dilate, margin_px, spared

MOTION_MARGINS = 2  # more than a drawn edit needs: what moves has to be squeezed or stretched around
STILL = 0.02 / SIDE  # of the frame: what moves less does not move


@dataclass(frozen=True, slots=True)
class Pasted:
    """The edited photo, and where it was allowed to change."""

    pixels: Photo
    may_change: Bool[Tensor, "photo_h photo_w"]
    unmoved_share: float | None = None  # of the sought change, what motion cannot bring about


@torch.no_grad()
def pasted(
    photo: OpenPhoto,
    after: Rendering,
    region: Region,
    mode: PasteMode,
    keep: Keep | None = None,
    known: KnownMotion | None = None,
) -> Pasted:
    """The photo, edited inside `region` of its frame, moved also close around; all else keeps its bytes.

    So does `keep`, [1, 1, k, k] of the frame at any side. `known` moves the photo before the rest is sought.
    """
    if moves(photo, mode):
        motion, around = motion_of(photo, after, region, keep, known)
        moved, may_change = move(photo.pixels, photo.framing, motion.flow, around, keep)
        return Pasted(moved, may_change, motion.left_share)
    space = photo.notes.space  # what was drawn comes into the photo in the photo's own values
    pixels, may_change = paste(
        photo.pixels,
        photo.framing,
        space.from_srgb(photo.image),
        space.from_srgb(after.image),
        region,
        mode="replace" if mode == "replace" else "difference",  # a sample is a rendering: exact as drawn
        feather_px=margin_px(after.image.shape[2]),
        changed=(photo.label_map != after.label_map).unsqueeze(1),
        seen=photo.aligned if space.is_srgb else None,
        keep=keep,
    )
    return Pasted(pixels, may_change)


def moves(photo: OpenPhoto, mode: PasteMode) -> bool:
    """Whether the photo's own pixels are moved; a sample is drawn, whatever was asked for."""
    return mode in ("motion", "geometry") and photo.report.seed is None


def motion_of(
    photo: OpenPhoto,
    after: Rendering,
    region: Region,
    keep: Keep | None = None,
    known: KnownMotion | None = None,
) -> tuple[Motion, Region]:
    """How an edit inside `region` moves things, and where: somewhat around it, too.

    What is `known` goes as far as it goes, and `region` is not asked.
    """
    if known is None:
        return _sought(photo, photo, after, region, keep)
    allowed = _movable(photo, torch.ones_like(region), keep)
    flow = known.flow.to(region.device) * faded(allowed, SIDE)
    moving = touched((flow.abs() > STILL).any(1, keepdim=True), region.shape[-1])
    if known.start is None or known.sought is None:
        return Motion(flow, None), moving
    rest, around = _sought(photo, known.start, after, known.sought, keep)
    return Motion(followed(flow, rest.flow), rest.left_share), moving | around


def _sought(
    photo: OpenPhoto,
    before: OpenPhoto | Rendering,
    after: Rendering,
    region: Region,
    keep: Keep | None,
) -> tuple[Motion, Region]:
    around = dilate(region, MOTION_MARGINS * margin_px(region.shape[-1]))
    within = _movable(photo, around, keep)
    return find_motion(before.image, after.image, before.label_map, after.label_map, within), around


def _movable(photo: OpenPhoto, around: Region, keep: Keep | None) -> Region:
    """Nothing moves across the bars, nor into what is kept."""
    return spared(around & ~bars(photo.framing.letter_box, around.shape[-1]).to(around.device), keep)
