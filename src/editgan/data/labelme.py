"""LabelMe's JSON: a picture's shapes, each with a label -> label map."""

import base64
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool

from editgan.core.errors import InputError, LabelError
from editgan.core.files import read_json
from editgan.core.labels import LabelSchema
from editgan.core.pictures import decoded
from editgan.core.types import LabelMap
from editgan.data.painting import BACKGROUNDS, IGNORED_NAME, Canvas

OUTLINES = ("polygon", "oriented_rectangle", "rotation")  # the last is what a successor calls the second
MOST_SHAPES = 10_000  # in one picture


@dataclass(frozen=True, slots=True)
class Shape:
    """One thing that a person drew."""

    label: str
    kind: str
    points: list[tuple[float, float]]  # x, y in px from the corner
    mask: str | None  # of kind "mask": a PNG in base64, its corner at the first point


def load_labelme(
    path: Path,
    schema: LabelSchema,
    size: tuple[int, int] | None = None,
    left_out: Counter[str] | None = None,
) -> LabelMap:
    """[1, h, w] from LabelMe's shapes, later ones over earlier ones; what none covers is class 0.

    `_background_` is class 0 and `__ignore__` is `IGNORED`, unless the schema has such a class.

    Args:
        size: height and width of the photo; needed where the file has null for them.
        left_out: gets a count of each kind of shape that covers nothing: lines, points, polygons of two.

    Raises:
        LabelError: not LabelMe JSON, a label the schema does not have, or another picture size than `size`.
    """
    notes = _read(path)
    said, shapes = _size(notes, path), _shapes(notes, path)
    if said is not None and size not in (None, said):
        raise LabelError(f"{path} is for a picture of {said}, but its photo is {size}")
    if (size := size or said) is None:
        raise LabelError(f"{path} should say imageHeight and imageWidth, but they are null; save it anew")
    canvas = Canvas(size, schema, str(path))
    for shape in shapes:
        if not _paint(canvas, shape, path) and left_out is not None:
            left_out[f"{shape.kind} of {len(shape.points)} points"] += 1
    return canvas.label_map()


def labels_in(path: Path) -> set[str]:
    """The labels of a file's shapes that are classes. Raises LabelError for what is not LabelMe JSON."""
    return {s.label for s in _shapes(_read(path), path)} - {*BACKGROUNDS, IGNORED_NAME}


def _read(path: Path) -> dict[str, Any]:
    try:
        notes = read_json(path)
    except InputError as error:
        raise LabelError(str(error)) from None
    if not isinstance(notes, dict):
        raise LabelError(f"{path} should be LabelMe JSON, but it is no object")
    return notes


def _size(notes: dict[str, Any], path: Path) -> tuple[int, int] | None:
    height, width = notes.get("imageHeight"), notes.get("imageWidth")
    if height is None or width is None:
        return None
    if type(height) is not int or type(width) is not int:
        raise LabelError(f"{path} should say imageHeight and imageWidth in pixels")
    return height, width


def _shapes(notes: dict[str, Any], path: Path) -> list[Shape]:
    try:
        shapes = [_shape(shape) for shape in notes["shapes"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LabelError(f"{path} should be LabelMe JSON, but {error!r} came up") from None
    if len(shapes) > MOST_SHAPES:
        raise LabelError(f"{path} should have at most {MOST_SHAPES} shapes, got {len(shapes)}")
    return shapes


def _shape(notes: dict[str, Any]) -> Shape:
    points = [(float(x), float(y)) for x, y in notes["points"]]
    mask = notes.get("mask")
    return Shape(
        str(notes["label"]),
        str(notes.get("shape_type") or "polygon"),
        points,
        None if mask is None else str(mask),
    )


def _paint(canvas: Canvas, shape: Shape, path: Path) -> bool:
    """Whether the shape covers anything."""
    count = len(shape.points)
    is_cornered = shape.kind == "rectangle" and count == 4  # as other programs write it
    if is_cornered or (shape.kind in OUTLINES and count >= 3):
        canvas.polygon(shape.points, shape.label)
    elif shape.kind == "rectangle" and count == 2:
        canvas.rectangle(shape.points, shape.label)
    elif shape.kind == "circle" and count == 2:
        canvas.circle(shape.points, shape.label)
    elif shape.kind == "mask" and count and shape.mask is not None:
        canvas.mask(_mask(shape.mask, path), shape.points[0], shape.label)
    else:
        return False
    return True


def _mask(text: str, path: Path) -> Bool[np.ndarray, "h w"]:
    try:
        picture = decoded(base64.b64decode(text), f"a mask in {path}", ("PNG",))
    except ValueError as error:  # an InputError, too, is one
        raise LabelError(f"{path} should have its masks as PNG in base64, but {error}") from None
    return np.asarray(picture.convert("L")) > 0
