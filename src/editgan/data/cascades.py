"""Cats in a photo, by OpenCV's cascades: hints, of which many are false alarms."""

import math
from pathlib import Path

import cv2
import cv2.data
import numpy as np

from editgan.core.types import Pixels
from editgan.data.found import Seen
from editgan.data.frame import Framing

CASCADES = ("frontalcatface_extended", "frontalcatface")
SEARCHES_PX = (640, 340)  # the photo's longer side while searching: finds subjects from a sixteenth of it on
BORDER = 0.25  # repeated edge around the photo, in shorter sides: the context that a portrait lacks
MIN_SUBJECT_PX = 40  # smaller ones, after shrinking, are mostly false alarms
MIN_SIDE_PX = 200  # of the photo while searching: a cascade's window has a least size
# Where the aligned frame lies around a box, in its sides; medians over 150 aligned photos
SHIFT_X, SHIFT_Y, SCALE = 0.004, -0.113, 1.58


def cat_hints(pixels: Pixels, degrees: float) -> list[Seen]:
    """Frames of the first photo that may be around cats turned by so much, clockwise as seen.

    Right to about a tenth of their side. The score is the number of a cascade's windows that agree.
    """
    grey = cv2.cvtColor(pixels[0].cpu().numpy(), cv2.COLOR_RGB2GRAY)
    scales = {max(min(px / max(grey.shape), 1.0), MIN_SIDE_PX / min(grey.shape)) for px in SEARCHES_PX}
    return [hint for scale in scales for hint in _hints(grey, scale, degrees)]


def _hints(grey: np.ndarray, scale: float, degrees: float) -> list[Seen]:
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=how)
    border = round(BORDER * min(grey.shape))
    wide = cv2.copyMakeBorder(grey, border, border, border, border, cv2.BORDER_REPLICATE)
    upright, turn = _turned_back(wide, degrees)
    hints = []
    for name in CASCADES:
        cascade = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / f"haarcascade_{name}.xml"))
        boxes, agreeing = cascade.detectMultiScale2(
            upright, scaleFactor=1.1, minNeighbors=1, minSize=(MIN_SUBJECT_PX, MIN_SUBJECT_PX)
        )
        for (x, y, w, h), count in zip(boxes, agreeing, strict=True):
            middle = np.array([x + w * (0.5 + SHIFT_X), y + h * (0.5 + SHIFT_Y), 1.0])
            centre = (turn @ middle - border) / scale
            framing = Framing(
                centre_x=float(centre[0]),
                centre_y=float(centre[1]),
                side=float(max(w, h)) * SCALE / scale,
                angle=math.radians(degrees),
            )
            hints.append(Seen(framing, float(count)))
    return hints


def _turned_back(grey: np.ndarray, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """The picture with what was turned upright, all of it; and OpenCV's matrix from there back."""
    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cos, sin = np.abs(matrix[0, :2])
    size = (math.ceil(width * cos + height * sin), math.ceil(width * sin + height * cos))
    matrix[0, 2] += (size[0] - width) / 2
    matrix[1, 2] += (size[1] - height) / 2
    turned = cv2.warpAffine(grey, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return turned, cv2.invertAffineTransform(matrix)
