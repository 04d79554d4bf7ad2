"""Faces at any angle, several of them, and none: in photos made from scikit-image's."""

import math

import cv2
import numpy as np
import pytest
import torch
from skimage.data import astronaut, coffee

from editgan.core.types import Pixels
from editgan.data.found import Seen
from editgan.data.frame import Framing
from editgan.inversion.search import search_for, subjects_in

EYES = torch.tensor([[208.0, 107.0], [241.0, 106.0]]).double()  # of the astronaut, left to right as seen


def faces_in(pixels: Pixels, *, is_thorough: bool = False) -> list[Seen]:
    return subjects_in(pixels, search_for("face"), is_thorough=is_thorough)


def as_pixels(picture: np.ndarray) -> Pixels:
    return torch.from_numpy(np.ascontiguousarray(picture))[None]


def turned(degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """The astronaut clockwise as seen, on a larger ground; and where her eyes are."""
    matrix = cv2.getRotationMatrix2D((224, 118), -degrees, 0.8)
    matrix[:, 2] += np.array([300, 250]) - (224, 118)
    picture = cv2.warpAffine(astronaut(), matrix, (600, 500), borderValue=(90, 110, 130))
    return picture, EYES.numpy() @ matrix[:, :2].T + matrix[:, 2]


def holds_eyes(framing: Framing, eyes: torch.Tensor) -> bool:
    """Within a tenth of the side: what the aligner mends."""
    apart = framing.from_photo(eyes) - torch.tensor([[0.336, 0.326], [0.666, 0.325]])
    return bool(apart.abs().max() < 0.1)


@pytest.mark.parametrize("degrees", [0, 45, 90, 135, 180, 270])
def test_a_face_is_found_at_its_angle(degrees: int) -> None:
    picture, eyes = turned(degrees)
    seen = faces_in(as_pixels(picture))
    framing = max((one.framing for one in seen), key=lambda framing: framing.side)
    assert holds_eyes(framing, torch.from_numpy(eyes))
    assert abs(math.remainder(framing.angle - math.radians(degrees), math.tau)) < 0.2


@pytest.mark.parametrize("factor", [0.4, 4.0])
def test_frames_are_in_pixels_of_the_photo_at_every_size(factor: float) -> None:
    resized = cv2.resize(astronaut(), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    assert holds_eyes(faces_in(as_pixels(resized))[0].framing, EYES * factor)


def test_a_tight_portrait_is_found_too() -> None:
    (seen,) = faces_in(as_pixels(astronaut()[66:176, 166:276]))
    assert holds_eyes(seen.framing, EYES - torch.tensor([166, 66]))


def test_every_face_of_a_photo_is_found() -> None:
    face = astronaut()[0:230, 110:340]
    both = np.full((260, 460, 3), 128, dtype=np.uint8)
    both[60:198, 10:148], both[10:240, 200:430] = cv2.resize(face, (138, 138)), face[::-1, ::-1]
    seen = sorted(faces_in(as_pixels(both)), key=lambda one: one.framing.centre_x)
    assert [round(one.framing.centre_x / 50) for one in seen] == [2, 6]
    assert abs(seen[0].framing.angle) < 0.3 and math.cos(seen[1].framing.angle) < -0.9


def test_a_small_face_is_found_when_it_is_sought_thoroughly() -> None:
    wide = np.full((900, 1900, 3), 120, dtype=np.uint8)
    wide[400:530, 1200:1300] = cv2.resize(astronaut()[20:280, 124:324], (100, 130))
    assert not faces_in(as_pixels(cv2.resize(wide, (475, 225))))
    (seen,) = faces_in(as_pixels(wide), is_thorough=True)
    assert abs(seen.framing.centre_x - 1250) < 12 and abs(seen.framing.centre_y - 449) < 12


@pytest.mark.parametrize("picture", [coffee(), np.full((300, 400, 3), 90, np.uint8)], ids=["coffee", "wall"])
def test_where_nobody_is_nothing_is_found(picture: np.ndarray) -> None:
    assert faces_in(as_pixels(picture)) == []
