"""What the detectors are compared with: OpenCV's cascades, which found subjects up to version 0.9."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import cv2.data
import numpy as np

from editgan.core.types import Pixels
from editgan.data.detect import Box
from editgan.data.frame import Framing

SEARCH_PX = 640  # the photo's longer side while searching: finds subjects from a sixteenth of it on
BORDER = 0.25  # repeated edge around the photo, in shorter sides: the context that a portrait lacks
MIN_SUBJECT_PX = 40  # smaller ones, after shrinking, are mostly false alarms


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """How to find one kind of subject, and where the aligned frame lies around what a cascade reports."""

    cascades: tuple[str, ...]  # the most reliable first
    shift_x: float  # from the box's centre to the frame's, in sides of the box
    shift_y: float
    scale: float  # side of the frame / side of the box


# Medians over 150 aligned photos each, with replicated and with blurred borders around them
SUBJECTS = {
    "face": Subject(
        cascades=("frontalface_alt2", "frontalface_default"), shift_x=0.005, shift_y=0.086, scale=1.14
    ),
    "cat": Subject(
        cascades=("frontalcatface_extended", "frontalcatface"), shift_x=0.004, shift_y=-0.113, scale=1.58
    ),
}


def detect(pixels: Pixels, subject: str) -> list[Box]:
    """Boxes around the subjects of the first photo, the largest first.

    Strict searches come first and the first that finds anything wins, so a large false alarm rarely beats
    a real subject. An empty list where even the most tolerant finds nothing.
    """
    folder = Path(cv2.data.haarcascades)
    files = [folder / f"haarcascade_{name}.xml" for name in SUBJECTS[subject].cascades]
    cascades = [cv2.CascadeClassifier(str(file)) for file in files]
    grey = cv2.cvtColor(pixels[0].cpu().numpy(), cv2.COLOR_RGB2GRAY)
    shrink = max(max(grey.shape) / SEARCH_PX, 1.0)
    if shrink > 1:
        grey = cv2.resize(grey, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    grow = max(200 / min(grey.shape), 1.0)  # a cascade's window has a least size
    if grow > 1:
        grey = cv2.resize(grey, None, fx=grow, fy=grow, interpolation=cv2.INTER_CUBIC)
    for neighbours in (6, 3, 1):  # agreeing windows it takes
        for cascade in cascades:
            if found := _search(cascade, grey, neighbours):
                return [tuple(v * shrink / grow for v in box) for box in found]
    return []


def first_framing(box: Box, subject: str) -> Framing:
    """Where the aligned frame lies if `box` is a detection: right to about a tenth of its side."""
    constants = SUBJECTS[subject]
    x, y, width, height = box
    return Framing(
        centre_x=float(x + width * (0.5 + constants.shift_x)),
        centre_y=float(y + height * (0.5 + constants.shift_y)),
        side=float(max(width, height) * constants.scale),
    )


def _search(cascade: cv2.CascadeClassifier, grey: np.ndarray, neighbours: int) -> list[Box]:
    border = round(BORDER * min(grey.shape))
    wide = cv2.copyMakeBorder(grey, border, border, border, border, cv2.BORDER_REPLICATE)
    found = cascade.detectMultiScale(
        wide, scaleFactor=1.1, minNeighbors=neighbours, minSize=(MIN_SUBJECT_PX, MIN_SUBJECT_PX)
    )
    boxes: list[Box] = [(float(x - border), float(y - border), float(w), float(h)) for x, y, w, h in found]
    return sorted(boxes, key=lambda box: box[2] * box[3], reverse=True)
