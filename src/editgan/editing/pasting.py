"""Bring an edited rendering back into the photo, at the photo's size.

"difference" adds what changed to the photo's own pixels; "replace" puts the rendering in; "motion" draws
nothing, but moves the photo's own pixels as the edit moves the rendering's: sharp, and blind to what appears
or vanishes. A sample has nothing finer than its rendering, so there motion means difference.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from editgan.bundle.bundle import Rendering
from editgan.bundle.opened import OpenPhoto
from editgan.core.types import Keep, Photo, Region
from editgan.data.align import paste
from editgan.data.frame import bars
from editgan.data.moving import move
from editgan.editing.composition import PasteMode
from editgan.editing.motion import Motion, find_motion
from editgan.editing.region import dilate, margin_px, spared

MOTION_MARGINS = 2  # more than a drawn edit needs: what moves has to be squeezed or stretched around


@dataclass(frozen=True, slots=True)
class Pasted:
    """The edited photo, and where it was allowed to change."""

    pixels: Photo
    may_change: Bool[Tensor, "photo_h photo_w"]
    unmoved_share: float | None = None  # of the change, what motion cannot bring about


@torch.no_grad()
def pasted(
    photo: OpenPhoto, after: Rendering, region: Region, mode: PasteMode, keep: Keep | None = None
) -> Pasted:
    """The photo, edited inside `region` of its frame, moved also close around; all else keeps its bytes.

    So does `keep`, [1, 1, k, k] of the frame at any side.
    """
    if moves(photo, mode):
        motion, around = motion_of(photo, after, region, keep)
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
    return mode == "motion" and photo.report.seed is None


def motion_of(
    photo: OpenPhoto, after: Rendering, region: Region, keep: Keep | None = None
) -> tuple[Motion, Region]:
    """How an edit inside `region` moves things, and where: somewhat around it, too."""
    side = region.shape[-1]
    around = dilate(region, MOTION_MARGINS * margin_px(side))
    within = around & ~bars(photo.framing.letter_box, side).to(around.device)  # nothing moves across them
    within = spared(within, keep)
    return find_motion(photo.image, after.image, photo.label_map, after.label_map, within), around
