"""Faces in a photo, at any angle: BlazeFace looks at all of it, then again at each hint, upright."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch

from editgan.core.images import from_pixels
from editgan.core.types import Pixels
from editgan.data.align import crop
from editgan.data.found import Seen, apart
from editgan.data.frame import Framing
from editgan.perception.blazeface import SIDE_PX, BlazeFace, blazeface
from editgan.perception.frames import Frames

LOOKS_PX = (704, 260, 96)  # the photo's longer side: frames of 28 to 110 px are seen best
THOROUGH_PX = 1900  # one more look, for smaller faces
BORDER_PX = 16  # of repeated edge around it: the context that a portrait lacks
MAX_ENLARGED = 2.0  # a look is left out that would enlarge the photo more
HINT = -1.0  # logit of a first look: of every face within 90 degrees, and of few places in other photos
SURE = 1.25  # logit of the closer look
CERTAIN = 1.6  # what is no face has 1.3 at most
AROUND = 1.4  # frames a side that the closer look shows
NUM_HINTS = 24  # that are looked at again, the likeliest
CLOSER = (0.0, SURE)  # least logits of two more looks: the first turns it upright, the second is sure of it


@dataclass(frozen=True, slots=True)
class Sized:
    """The photo, shrunk or enlarged."""

    scale: float
    pixels: Pixels


def faces_in(pixels: Pixels, *, is_thorough: bool = False) -> list[Seen]:
    """Frames of the first photo's faces, turned as they are, the surest first.

    Those with 4 % of the photo's longer side; `is_thorough`: 1.5 %, in several times the time.
    """
    network, picture = blazeface(), pixels[0].cpu().numpy()
    longer, hints = max(picture.shape[:2]), list[Seen]()
    sizes = [Sized(1.0, pixels)]
    for look in (THOROUGH_PX, *LOOKS_PX) if is_thorough else LOOKS_PX:
        if look <= MAX_ENLARGED * longer:
            picture = _resized(picture, look)  # of the one before: a large photo is gone through once
            hints += _first_look(network, picture, look / longer)
            sizes.append(Sized(look / longer, torch.from_numpy(picture)[None]))
    found = apart(hints)[:NUM_HINTS]
    for least in CLOSER:
        looked = _closer_look(network, sizes, found)
        found = apart([one for one in looked if one.score >= least])
    return [replace(one, is_certain=one.score >= CERTAIN) for one in found]


def _first_look(network: BlazeFace, picture: np.ndarray, scale: float) -> list[Seen]:
    """Upright and upside down: between them, every angle."""
    down, right = (-(side + 2 * BORDER_PX) % 16 for side in picture.shape[:2])
    wide = cv2.copyMakeBorder(
        picture, BORDER_PX, BORDER_PX + down, BORDER_PX, BORDER_PX + right, cv2.BORDER_REPLICATE
    )
    image = from_pixels(torch.from_numpy(wide)[None]).contiguous(memory_format=torch.channels_last)
    # The aligned frame here stands for the whole picture, in px: it brings places back into the photo
    upright = Framing(
        centre_x=(wide.shape[1] / 2 - BORDER_PX) / scale,
        centre_y=(wide.shape[0] / 2 - BORDER_PX) / scale,
        side=1 / scale,
    )
    size, seen = wide.shape[1::-1], list[Seen]()
    for turned in (False, True):
        found = network.frames(image.flip(2, 3) if turned else image, HINT)[0]
        seen += _seen(found, upright.adjusted(0, 0, 0, math.pi if turned else 0), size)
    return seen


def _closer_look(network: BlazeFace, sizes: Sequence[Sized], seen: list[Seen]) -> list[Seen]:
    """Each frame turned upright, with as much around it as the network likes best."""
    better = []
    for old in seen:
        framing = old.framing.adjusted(0.0, 0.0, math.log(AROUND), 0.0)
        # Of the sizes that are fine enough the smallest: large faces of large photos cost no more than others
        fine = [size for size in sizes if size.scale * framing.side >= SIDE_PX]
        size = min(fine, key=lambda size: size.scale, default=sizes[0])
        found = network.frames(crop(size.pixels, _at_scale(framing, size.scale), SIDE_PX), HINT)[0]
        per_px = framing.adjusted(0.0, 0.0, -math.log(SIDE_PX), 0.0)
        near = [new for new in _seen(found, per_px, (SIDE_PX, SIDE_PX)) if _is_near(new, old)]
        better += sorted(near, key=lambda new: new.score, reverse=True)[:1]
    return better


def _seen(found: Frames, picture: Framing, size: tuple[int, int]) -> list[Seen]:
    """In the photo. `picture`: the middle of what was looked at, how large its px are, how it is turned."""
    seen = []
    for score, (x, y, dx, dy) in zip(found.scores.tolist(), found.places.tolist(), strict=True):
        if (side := math.hypot(dx, dy)) > 1:
            moved = picture.adjusted(x - size[0] / 2, y - size[1] / 2, math.log(side), math.atan2(dy, dx))
            seen.append(Seen(moved, score))
    return seen


def _at_scale(framing: Framing, scale: float) -> Framing:
    x, y, side = (value * scale for value in (framing.centre_x, framing.centre_y, framing.side))
    return replace(framing, centre_x=x, centre_y=y, side=side)


def _is_near(new: Seen, old: Seen) -> bool:
    a, b = new.framing, old.framing
    distance = math.hypot(a.centre_x - b.centre_x, a.centre_y - b.centre_y)
    return distance < 0.5 * b.side and 0.5 < a.side / b.side < 2


def _resized(picture: np.ndarray, longer: int) -> np.ndarray:
    scale = longer / max(picture.shape[:2])
    height, width = (max(round(side * scale), 1) for side in picture.shape[:2])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(picture, (width, height), interpolation=how)
