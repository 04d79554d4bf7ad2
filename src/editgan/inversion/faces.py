"""Faces in a photo, at any angle: BlazeFace over the whole of it, then a second look at each, upright."""

import math

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from editgan.core.images import from_pixels
from editgan.core.types import Pixels
from editgan.data.align import crop
from editgan.data.found import Seen, apart
from editgan.data.frame import Framing
from editgan.perception.blazeface import SIDE_PX, BlazeFace, FacePoints, blazeface

LOOKS_PX = (704, 260, 96)  # the photo's longer side: frames of 28 to 110 px are seen best
THOROUGH_PX = 1900  # one more look, for smaller faces
BORDER_PX = 16  # of repeated edge around it: the context that a portrait lacks
MAX_ENLARGED = 2.0  # a look is left out that would enlarge the photo more
HINT = -1.0  # logit of a first look: of every face within 90 degrees, and of few places in other photos
SURE = 1.25  # logit of the second look
NUM_HINTS = 24  # that are looked at again, the likeliest
AROUND = 1.4  # frames a side that the second look shows

# Where the points lie in an aligned frame, and how much each says: medians and scatter over 150 of them
PLACES = torch.tensor(
    [[0.335, 0.340], [0.665, 0.340], [0.5, 0.550], [0.5, 0.708], [0.155, 0.400], [0.845, 0.400]]
).double()
WEIGHTS = torch.tensor([4.0, 4.0, 1.0, 2.0, 0.3, 0.3]).double()


def find_faces(pixels: Pixels, *, is_thorough: bool = False) -> list[Seen]:
    """Frames of the first photo's faces, turned as they are, the surest first.

    Faces whose frame has 4 % of the photo's longer side; `is_thorough`: 1.5 %, in about eight times the time.
    """
    network, picture = blazeface(), pixels[0].cpu().numpy()
    longer, hints = max(picture.shape[:2]), list[Seen]()
    for look in (THOROUGH_PX, *LOOKS_PX) if is_thorough else LOOKS_PX:
        if look <= MAX_ENLARGED * longer:
            picture = _resized(picture, look)  # of the one before: a large photo is gone through once
            hints += _first_look(network, picture, look / longer)
    found = apart(hints)[:NUM_HINTS]
    for _ in range(2):  # the first turns it upright, the second is sure of it
        found = apart(_second_look(network, pixels, found))
    return [seen for seen in found if seen.score >= SURE]


@torch.no_grad()
def _first_look(network: BlazeFace, picture: np.ndarray, scale: float) -> list[Seen]:
    """Upright and upside down: a face is seen within 90 degrees."""
    height, width = picture.shape[:2]
    down, right = (-(side + 2 * BORDER_PX) % 16 for side in (height, width))
    wide = cv2.copyMakeBorder(
        picture, BORDER_PX, BORDER_PX + down, BORDER_PX, BORDER_PX + right, cv2.BORDER_REPLICATE
    )
    image = from_pixels(torch.from_numpy(wide)[None]).contiguous(memory_format=torch.channels_last)
    size = torch.tensor([wide.shape[1], wide.shape[0]])
    seen = []
    for turned in (False, True):
        found = network.faces(image.flip(2, 3) if turned else image, HINT)[0]
        points = size - found.points if turned else found.points
        seen += _framed(found, (points - BORDER_PX).double() / scale)
    return seen


@torch.no_grad()
def _second_look(network: BlazeFace, pixels: Pixels, seen: list[Seen]) -> list[Seen]:
    """Each frame turned upright, with as much around it as the network likes best."""
    better = []
    for old in seen:
        framing = old.framing.adjusted(0.0, 0.0, math.log(AROUND), 0.0)
        found = network.faces(crop(pixels, framing, SIDE_PX), HINT)[0]
        frames = _framed(found, framing.to_photo(found.points.double() / SIDE_PX))
        near = [new for new in frames if _is_near(new.framing, old.framing)]
        better += sorted(near, key=lambda new: new.score, reverse=True)[:1]
    return better


def _framed(found: FacePoints, points: Float[Tensor, "n 6 2"]) -> list[Seen]:
    """The frames in which the points lie as in aligned ones, by least squares."""
    if not len(points):
        return []
    weights = WEIGHTS / WEIGHTS.sum()
    middle, seen_middle = weights @ PLACES, weights @ points  # [2], [n, 2]
    a = torch.view_as_complex(PLACES - middle)
    b = torch.view_as_complex((points - seen_middle[:, None]).contiguous())
    # A similarity is a complex factor: the side is its absolute value, the angle its argument
    factor = (weights * a.conj() * b).sum(1) / (weights * a.abs().square()).sum()
    centre = torch.view_as_complex(seen_middle) + factor * torch.view_as_complex(0.5 - middle)
    return [
        Seen(Framing(centre_x=c.real, centre_y=c.imag, side=abs(f), angle=math.atan2(f.imag, f.real)), score)
        for c, f, score in zip(centre.tolist(), factor.tolist(), found.scores.tolist(), strict=True)
        if abs(f) > 0
    ]


def _is_near(a: Framing, b: Framing) -> bool:
    apart_by = math.hypot(a.centre_x - b.centre_x, a.centre_y - b.centre_y)
    return apart_by < 0.5 * b.side and 0.5 < a.side / b.side < 2


def _resized(picture: np.ndarray, longer: int) -> np.ndarray:
    scale = longer / max(picture.shape[:2])
    height, width = (max(round(side * scale), 1) for side in picture.shape[:2])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(picture, (width, height), interpolation=how)
