"""Did a part's fine detail move with it? A part that was drawn anew keeps the old detail where it was."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt8
from scipy.ndimage import gaussian_filter

from editgan.core.types import Photo

COARSE_PX = 4.0  # deviation of the Gaussian that is taken off, in photo px
BEYOND = 2.0  # times the wanted displacement are searched
FEW_PX = 30  # of a part: too small to say


@dataclass(frozen=True, slots=True)
class DetailMoved:
    """Where the old fine detail fits best inside the part's new place."""

    share: float  # of the wanted displacement, along it: 1 is all, 0 none
    correlation: float  # of old and new detail there, -1..1
    correlation_unmoved: float  # ... and without displacement


def detail_moved(
    before: Photo, after: Photo, where: Bool[np.ndarray, "h w"], wanted: tuple[float, float]
) -> DetailMoved | None:
    """Normalised correlation of fine detail, over whole-pixel displacements.

    Args:
        before: the photo, and `after`, the edited one.
        where: the photo's pixels in which the part should be afterwards.
        wanted: x, y in photo px by which it should have moved.

    Returns:
        None where the part is too small, or should move by less than a pixel.
    """
    reach = int(np.ceil(BEYOND * np.abs(wanted).max())) + 1
    ys, xs = np.nonzero(where)
    if len(ys) < FEW_PX or np.hypot(*wanted) < 1:
        return None
    height, width = where.shape
    inside = (ys >= reach) & (ys < height - reach) & (xs >= reach) & (xs < width - reach)
    ys, xs = ys[inside], xs[inside]
    if len(ys) < FEW_PX:
        return None
    old, new = _fine(before[0].numpy()), _fine(after[0].numpy())
    seen = new[ys, xs]
    found = {
        (dx, dy): _correlation(old[ys - dy, xs - dx], seen)
        for dx in range(-reach, reach + 1)
        for dy in range(-reach, reach + 1)
    }
    best = max(found, key=lambda shift: found[shift])
    along = (best[0] * wanted[0] + best[1] * wanted[1]) / (wanted[0] ** 2 + wanted[1] ** 2)
    return DetailMoved(float(along), found[best], found[0, 0])


def _fine(pixels: UInt8[np.ndarray, "h w 3"]) -> np.ndarray:
    grey = pixels.astype(np.float32).mean(2)
    fine: np.ndarray = grey - gaussian_filter(grey, COARSE_PX)
    return fine


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / max(np.sqrt((a * a).sum() * (b * b).sum()), 1e-6))
