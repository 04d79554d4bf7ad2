"""Move a photo's own pixels: what an edit of the aligned crop does to where things are."""

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from editgan.core.labels import at_side
from editgan.core.types import Keep, Pixels
from editgan.data.frame import (
    STRIP_PX,
    AlignedRegion,
    Framing,
    bars,
    bounds,
    centres,
    extent,
    looked_up,
    sampled,
)

Flow = Float[Tensor, "1 2 side side"]  # x, y in units of the frame: what is at p comes from p + flow


def move(
    pixels: Pixels, framing: Framing, flow: Flow, region: AlignedRegion, keep: Keep | None = None
) -> tuple[Pixels, Bool[Tensor, "h w"]]:
    """The photo with its pixels displaced inside `region`; all others, and those of `keep`, keep their bytes.

    `flow` is zero on the region's rim, so nothing needs to be blended.

    Returns:
        The photo, and the mask [h, w] of the pixels which were allowed to change.
    """
    side = max(flow.shape[-1], region.shape[-1])
    where = at_side(region, side).cpu() & ~bars(framing.letter_box, side)
    made, mask = pixels[:1].clone(), torch.zeros(pixels.shape[1:3], dtype=torch.bool)
    if not where.any():
        return made, mask
    flow = flow.detach().float().cpu()
    reach = flow.abs().max().item() * framing.side  # photo px
    x0, y0, x1, y1 = extent(framing, bounds(where), pixels, margin=1)
    left, top, right, bottom = extent(framing, bounds(where), pixels, margin=reach + 4)
    around = np.ascontiguousarray(pixels[0, top:bottom, left:right].cpu().numpy())
    rows = max(STRIP_PX // (x1 - x0), 1)
    for y in range(y0, y1, rows):
        here = (slice(y, min(y + rows, y1)), slice(x0, x1))
        positions = framing.from_photo(centres(x0, y, x1 - x0, here[0].stop - y))
        allowed = looked_up(where[0, 0], positions)
        if keep is not None:
            allowed &= ~looked_up(keep[0, 0].cpu(), positions)
        sources = framing.to_photo(positions + sampled(flow, positions)[0].permute(1, 2, 0).double())
        at = (sources - torch.tensor([left + 0.5, top + 0.5])).float().numpy()  # indices of `around`
        taken = cv2.remap(around, at[..., 0], at[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        moved = torch.from_numpy(taken).to(pixels.device)
        made[0, here[0], here[1]] = torch.where(allowed[..., None], moved, pixels[0, here[0], here[1]])
        mask[here] = allowed
    return made, mask
