"""Photos in which it is known where the subjects are: labelled ones pasted on other ground.

And photos in which there is nobody: scikit-image's, and pictures of other classes.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import skimage.data
import torch
from PIL import Image as PilImage

from editgan.core.types import Photo
from editgan.data.frame import Framing

SOFT = 0.06  # of a pasted subject's side: how it fades into the ground
WIDTH, HEIGHT = 640, 480
NOBODY = {  # name -> a crop of it (left, top, right, bottom in shares) or all
    "coffee": (None, (0, 0, 0.6, 0.6), (0.3, 0.2, 1, 1)),
    "rocket": (None, (0.3, 0, 0.8, 0.7)),
    "hubble_deep_field": (None, (0.2, 0.2, 0.6, 0.7)),
    "immunohistochemistry": (None,),
    "retina": (None, (0.3, 0.3, 0.7, 0.7)),
    "brick": (None,),
    "grass": (None,),
    "gravel": (None,),
    "coins": (None, (0, 0, 0.5, 0.5), (0.1, 0.4, 0.3, 0.7)),
    "moon": (None, (0, 0, 0.5, 0.5)),
    "page": (None, (0, 0, 0.5, 1)),
    "text": (None,),
    "clock": (None,),
    "cell": (None, (0.2, 0.2, 0.8, 0.8)),
    "colorwheel": (None,),
}
GROUNDS = ("coffee", "rocket", "hubble_deep_field", "immunohistochemistry", "brick", "grass", "gravel")


@dataclass(frozen=True, slots=True)
class Known:
    """A photo and the frames of all subjects in it."""

    photo: Photo
    frames: tuple[Framing, ...]


def turned(aligned: Sequence[np.ndarray], degrees: float, side: float, *, busy: bool, seed: int) -> Known:
    """One subject somewhere in a photo of 640x480."""
    rng = np.random.default_rng(seed)
    ground = busy_ground(rng) if busy else plain_ground(rng)
    subject = aligned[int(rng.integers(len(aligned)))]
    return _pasted(ground, [(subject, _anywhere(rng, side, math.radians(degrees)))])


def anywhere(subject: np.ndarray, smallest: float, largest: float, seed: int) -> Known:
    """At a random place, of a random size, turned at random, on plain or busy ground."""
    rng = np.random.default_rng(seed)
    ground = busy_ground(rng) if seed % 2 else plain_ground(rng)
    side = smallest * (largest / smallest) ** rng.uniform()
    return _pasted(ground, [(subject, _anywhere(rng, side, rng.uniform(-math.pi, math.pi)))])


def group(aligned: Sequence[np.ndarray], count: int, *, busy: bool, seed: int) -> Known:
    """Side by side, each at its own size and angle."""
    rng = np.random.default_rng(seed)
    ground = busy_ground(rng) if busy else plain_ground(rng)
    step, chosen = WIDTH / count, rng.choice(len(aligned), count, replace=False)
    placed = []
    for i, which in enumerate(chosen):
        side = step * rng.uniform(0.5, 0.68)
        x, y = step * (i + 0.5), rng.uniform(0.75 * side, HEIGHT - 0.75 * side)
        placed.append((aligned[which], _framing(x, y, side, math.radians(rng.uniform(-40, 40)))))
    return _pasted(ground, placed)


def with_nobody(others: Sequence[np.ndarray] = ()) -> Iterator[tuple[str, Photo]]:
    """scikit-image's pictures and crops of them, and `others`, by name."""
    for name, crops in NOBODY.items():
        picture = picture_of(name)
        height, width = picture.shape[:2]
        for i, part in enumerate(crops):
            left, top, right, bottom = part or (0, 0, 1, 1)
            cut = picture[int(top * height) : int(bottom * height), int(left * width) : int(right * width)]
            yield f"{name}-{i}", _as_photo(cut)
    for i, other in enumerate(others):
        yield f"other-{i}", _as_photo(other)


def corner_error(found: Framing, known: Framing) -> float:
    """Mean distance of the four corners, in sides of the known frame."""
    square = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]).double()
    distance = (found.to_photo(square) - known.to_photo(square)).norm(dim=1).mean()
    return float(distance) / known.side


def read_aligned(folder: Path) -> list[np.ndarray]:
    """A folder's JPEGs, or those of its folders (train and test), [h, w, 3] of bytes."""
    files = sorted(folder.glob("*.jpg")) or sorted(folder.glob("*/*.jpg"))
    return [np.asarray(PilImage.open(file).convert("RGB")) for file in files]


def plain_ground(rng: np.random.Generator) -> np.ndarray:
    """One colour, a little brighter at one side."""
    colour = rng.uniform(40, 220, 3)
    slope = np.linspace(-15, 15, WIDTH)[None, :, None]
    return np.broadcast_to(colour + slope, (HEIGHT, WIDTH, 3)).clip(0, 255).astype(np.uint8).copy()


def busy_ground(rng: np.random.Generator) -> np.ndarray:
    """A part of a picture in which there is nobody."""
    picture = picture_of(GROUNDS[rng.integers(len(GROUNDS))])
    height, width = picture.shape[:2]
    share = rng.uniform(0.5, 1.0)
    w = int(min(width, height * WIDTH / HEIGHT) * share)
    h = int(w * HEIGHT / WIDTH)
    x, y = rng.integers(width - w + 1), rng.integers(height - h + 1)
    return cv2.resize(picture[y : y + h, x : x + w], (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def _anywhere(rng: np.random.Generator, side: float, angle: float) -> Framing:
    reach = side * 0.72  # of a turned square's corners
    x, y = (rng.uniform(min(reach, size / 2), max(size - reach, size / 2)) for size in (WIDTH, HEIGHT))
    return _framing(x, y, side, angle)


def _framing(x: float, y: float, side: float, angle: float) -> Framing:
    return Framing(centre_x=float(x), centre_y=float(y), side=float(side), angle=float(angle))


def _pasted(ground: np.ndarray, placed: Sequence[tuple[np.ndarray, Framing]]) -> Known:
    """Where the subjects' edges fade, the ground shows through."""
    picture, size = ground.astype(np.float32), ground.shape[1::-1]
    for subject, framing in placed:
        shrunk, full = _averaged(subject, framing.side), len(subject)
        matrix = to_photo(framing, len(shrunk))
        drawn = cv2.warpAffine(shrunk, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        soft = np.zeros((full, full), np.float32)
        edge = int(SOFT * full)
        soft[edge:-edge, edge:-edge] = 1
        blurred = cv2.GaussianBlur(soft, (0, 0), edge / 2)
        alpha = cv2.warpAffine(blurred, to_photo(framing, full), size, flags=cv2.INTER_LINEAR)[..., None]
        picture += alpha * (drawn - picture)
    return Known(_as_photo(picture.round().clip(0, 255).astype(np.uint8)), tuple(f for _, f in placed))


def _averaged(subject: np.ndarray, side: float) -> np.ndarray:
    """Not much finer than it is drawn."""
    size = min(len(subject), max(math.ceil(side), 8))
    return cv2.resize(subject, (size, size), interpolation=cv2.INTER_AREA)


def to_photo(framing: Framing, side: int) -> np.ndarray:
    """OpenCV's matrix from a subject's pixels (their centres are whole numbers there) to the photo's."""
    scale, half = framing.side / side, side / 2 - 0.5
    cos, sin = scale * math.cos(framing.angle), scale * math.sin(framing.angle)
    x, y = framing.centre_x - 0.5, framing.centre_y - 0.5
    return np.array(
        [[cos, -sin, x - cos * half + sin * half], [sin, cos, y - sin * half - cos * half]], np.float64
    )


def picture_of(name: str) -> np.ndarray:
    """One of scikit-image's, [h, w, 3] of bytes."""
    picture = np.asarray(getattr(skimage.data, name)())
    if picture.dtype == bool:
        picture = picture.astype(np.uint8) * 255
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, 2)
    return np.ascontiguousarray(picture[..., :3])


def _as_photo(picture: np.ndarray) -> Photo:
    return torch.from_numpy(np.ascontiguousarray(picture))[None]
