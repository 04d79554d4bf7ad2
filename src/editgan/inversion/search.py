"""Subjects in a photo, at any angle: a detector looks at all of it, then again at each hint, upright."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
import torch

from editgan.core.images import from_pixels
from editgan.core.types import Image, Pixels
from editgan.data.found import Seen, apart
from editgan.data.frame import Framing, extent
from editgan.perception.blazeface import SIDE_PX as FACES_PX
from editgan.perception.blazeface import blazeface
from editgan.perception.finder import SIDE_PX as FINDERS_PX
from editgan.perception.finder import finder_of
from editgan.perception.frames import Frames

BORDER_PX = 16  # of repeated edge around a look: the context that a portrait lacks
MAX_ENLARGED = 2.0  # a look is left out that would enlarge the photo more


@runtime_checkable
class Detector(Protocol):
    """A network that sees aligned frames in a picture."""

    def frames(self, image: Image, least: float) -> list[Frames]:
        """Of each picture, whose sides 16 divides, the frames with a logit of at least `least`."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """How a detector is used."""

    detector: Detector
    looks_px: tuple[int, ...]  # the photo's longer side
    thorough_px: int  # one more look, for smaller subjects
    turns: tuple[int, ...]  # quarters by which the photo is turned: between them, every angle is seen
    hint: float  # logit of a first look: of every subject, and of few places in other photos
    closer: tuple[float, ...]  # least logits of looks at a hint turned upright: each turns it better
    certain: float  # logit that nothing else ever has
    num_hints: int  # that are looked at again, the likeliest
    side_px: int  # of a closer look
    around: float  # frames a side that it shows
    tilts: tuple[float, ...] = (0.0,)  # degrees by which frames may still be off: tried until one is accepted


def search_for(subject: str) -> Search:
    """Of one of `data.detect.SUBJECTS`."""
    if subject == "face":
        return Search(
            detector=blazeface(),
            looks_px=(704, 260, 96),  # frames of 28 to 110 px are seen best
            thorough_px=1900,
            turns=(0, 2),
            hint=-1.0,
            closer=(0.0, 1.25),
            certain=1.6,  # what is no face has 1.3 at most
            num_hints=24,
            side_px=FACES_PX,
            around=1.4,
        )
    return Search(
        detector=finder_of(subject),
        looks_px=(704, 400, 220, 120, 60),
        thorough_px=1500,
        turns=(0, 1, 2, 3),
        hint=-1.0,
        closer=(0.0, 0.5),
        certain=math.inf,
        num_hints=10,
        side_px=FINDERS_PX,
        around=1.6,
        tilts=(0.0, -30.0, 30.0),  # with the four turns, and the aligner's 40 degrees, every angle
    )


@dataclass(frozen=True, slots=True)
class Sized:
    """The photo, shrunk or enlarged."""

    scale: float
    pixels: Pixels


def subjects_in(pixels: Pixels, search: Search, *, is_thorough: bool = False) -> list[Seen]:
    """Frames of the first photo's subjects, turned as they are, the surest first.

    Those with 4 % of the photo's longer side; `is_thorough`: 1.5 %, in several times the time.
    """
    picture = pixels[0].cpu().numpy()
    longer, hints = max(picture.shape[:2]), list[Seen]()
    sizes = [Sized(1.0, pixels)]
    for look in (search.thorough_px, *search.looks_px) if is_thorough else search.looks_px:
        if look <= MAX_ENLARGED * longer:
            picture = _resized(picture, look)  # of the one before: a large photo is gone through once
            hints += _first_look(search, picture, look / longer)
            sizes.append(Sized(look / longer, torch.from_numpy(picture)[None]))
    found = apart(hints)[: search.num_hints]
    for least in search.closer:
        looked = _closer_look(search, sizes, found)
        found = apart([one for one in looked if one.score >= least])
    return [replace(one, is_certain=one.score >= search.certain) for one in found]


def _first_look(search: Search, picture: np.ndarray, scale: float) -> list[Seen]:
    """In all turns."""
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
    seen = list[Seen]()
    for quarters in search.turns:
        turned = image.rot90(quarters, (2, 3)).contiguous(memory_format=torch.channels_last)
        found = search.detector.frames(turned, search.hint)[0]
        size = (turned.shape[3], turned.shape[2])
        seen += _seen(found, upright.adjusted(0, 0, 0, quarters * math.pi / 2), size)
    return seen


def _closer_look(search: Search, sizes: Sequence[Sized], seen: list[Seen]) -> list[Seen]:
    """Each frame turned upright, with as much around it as the detector likes best."""
    if not seen:
        return []
    side, better = search.side_px, list[Seen]()
    shown = [old.framing.adjusted(0.0, 0.0, math.log(search.around), 0.0) for old in seen]
    image = from_pixels(torch.from_numpy(np.stack([_view(sizes, one, side) for one in shown])))
    found = search.detector.frames(image.contiguous(memory_format=torch.channels_last), search.hint)
    for old, framing, frames in zip(seen, shown, found, strict=True):
        per_px = framing.adjusted(0.0, 0.0, -math.log(side), 0.0)
        near = [new for new in _seen(frames, per_px, (side, side)) if _is_near(new, old)]
        better += sorted(near, key=lambda new: new.score, reverse=True)[:1]
    return better


def _view(sizes: Sequence[Sized], framing: Framing, side: int) -> np.ndarray:
    """The photo through a frame, [side, side, 3] of bytes: what `crop` shows, coarser and in less time.

    Of the sizes that are fine enough the smallest is taken: large subjects of large photos cost no more.
    """
    fine = [size for size in sizes if size.scale * framing.side >= side]
    size = min(fine, key=lambda size: size.scale, default=sizes[0])
    framing = _at_scale(framing, size.scale)
    x0, y0, x1, y1 = extent(framing, (0.0, 0.0, 1.0, 1.0), size.pixels, margin=2 + 2 * framing.side / side)
    part, shrink = size.pixels[0, y0:y1, x0:x1].numpy(), max(framing.side / side, 1.0)
    if shrink > 1:
        part = cv2.resize(part, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    step, (middle_x, middle_y) = framing.side / side, (framing.centre_x - x0, framing.centre_y - y0)
    # From the view's pixels to the part's: OpenCV counts from their middles
    cos, sin = step * math.cos(framing.angle), step * math.sin(framing.angle)
    back = np.array([[cos, -sin, middle_x], [sin, cos, middle_y]])
    back[:, 2] += back[:, :2] @ np.full(2, (1 - side) / 2)
    wide, high = part.shape[1] / (x1 - x0), part.shape[0] / (y1 - y0)
    back = np.array([[wide], [high]]) * back - np.array([[0, 0, 0.5], [0, 0, 0.5]])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(part, back, (side, side), flags=how, borderMode=cv2.BORDER_REPLICATE)


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
