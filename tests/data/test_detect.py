import cv2
import numpy as np
import pytest
import torch
from skimage.data import astronaut

from editgan.core.errors import NoSubjectError
from editgan.data.detect import detect, first_framing

FACE_CENTRE = (224, 118)  # of the astronaut, between eyes and mouth


def as_pixels(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture))[None]


def holds(box: tuple[float, float, float, float], x: float, y: float) -> bool:
    return box[0] < x < box[0] + box[2] and box[1] < y < box[1] + box[3]


def test_the_astronauts_face_is_found() -> None:
    box = detect(as_pixels(astronaut()), "face")[0]
    assert holds(box, *FACE_CENTRE)
    assert 75 < box[2] < 120


@pytest.mark.parametrize("factor", [0.4, 4.0])
def test_boxes_are_in_pixels_of_the_photo_at_every_size(factor: float) -> None:
    resized = cv2.resize(astronaut(), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    box = detect(as_pixels(resized), "face")[0]
    assert holds(box, FACE_CENTRE[0] * factor, FACE_CENTRE[1] * factor)
    assert 75 * factor < box[2] < 120 * factor


def test_a_tight_portrait_is_found_too() -> None:
    box = detect(as_pixels(astronaut()[66:176, 166:276]), "face")[0]
    assert holds(box, FACE_CENTRE[0] - 166, FACE_CENTRE[1] - 66)


def test_the_larger_of_two_faces_comes_first() -> None:
    face = astronaut()[0:230, 110:340]
    small = cv2.resize(face, (138, 138), interpolation=cv2.INTER_AREA)
    both = np.full((260, 460, 3), 128, dtype=np.uint8)
    both[60:198, 10:148], both[10:240, 200:430] = small, face
    boxes = detect(as_pixels(both), "face")
    assert len(boxes) == 2
    assert holds(boxes[0], 200 + 114, 10 + 118) and holds(boxes[1], 10 + 68, 60 + 71)


def test_an_empty_wall_has_no_face() -> None:
    assert detect(torch.full((1, 300, 400, 3), 90, dtype=torch.uint8), "face") == []


def test_unknown_subjects_are_refused_with_a_way_out() -> None:
    with pytest.raises(NoSubjectError, match=r"'car'.*a box, which is 0, 0, 512, 512 if"):
        detect(as_pixels(astronaut()), "car")


def test_the_first_framing_of_a_face_puts_the_eyes_roughly_in_place() -> None:
    framing = first_framing(detect(as_pixels(astronaut()), "face")[0], "face")
    eyes = framing.from_photo(torch.tensor([[208.0, 107.0], [241.0, 106.0]], dtype=torch.float64))
    assert (eyes - torch.tensor([[0.336, 0.326], [0.666, 0.325]])).abs().max() < 0.1
