"""Annotated photos: a folder of pictures with palette PNGs or LabelMe JSON beside them, and classes.json."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image as PilImage
from PIL import ImageDraw

from editgan.core.errors import LabelError
from editgan.core.files import read_json
from editgan.core.labels import LabelSchema, load_label_map
from editgan.core.types import LabelMap, Pixels
from editgan.data.opening import read_photo
from editgan.data.photos import SUFFIXES


@dataclass(frozen=True, slots=True)
class AnnotatedPhoto:
    """A photo and its parts."""

    name: str
    pixels: Pixels  # [1, h, w, 3]
    label_map: LabelMap  # [1, h, w]


def load_schema(folder: Path) -> LabelSchema:
    """classes.json of the folder, or of the one above it."""
    for candidate in (folder / "classes.json", folder.parent / "classes.json"):
        if candidate.exists():
            return LabelSchema.load(candidate)
    raise LabelError(f"{folder} has no classes.json (ids, names, colours), nor has the folder above it")


def load_annotations(folder: Path, schema: LabelSchema) -> list[AnnotatedPhoto]:
    """Every photo that has a label map beside it, in file order.

    `name.png` (palette, ids or colours) comes before `name.json` (LabelMe). A photo without either is
    passed over: unlabelled pictures may lie in the same folder.

    Raises:
        LabelError: no annotated photo at all, or a label map that does not fit its photo or the schema.
        PhotoError: a photo that cannot be read.
    """
    if not folder.is_dir():
        raise LabelError(f"{folder} should be a folder of photos with label maps, but it is not a folder")
    annotated = [found for path in _photos(folder) if (found := _load(path, schema)) is not None]
    if not annotated:
        raise LabelError(f"{folder} has no photo with a .png or .json label map of the same name")
    return annotated


def _photos(folder: Path) -> list[Path]:
    """Pictures that may have labels. A PNG is itself labels, unless only LabelMe JSON lies beside it."""
    photos = [p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES - {".png"}]
    taken = {p.stem for p in photos}
    alone = [p for p in folder.glob("*.png") if p.stem not in taken and p.with_suffix(".json").exists()]
    return sorted(photos + alone)


def _load(path: Path, schema: LabelSchema) -> AnnotatedPhoto | None:
    palette, labelme = path.with_suffix(".png"), path.with_suffix(".json")
    has_palette = palette != path and palette.exists()
    if not has_palette and not labelme.exists():
        return None
    pixels = read_photo(path)
    size = (pixels.shape[1], pixels.shape[2])
    label_map = load_label_map(palette, schema) if has_palette else load_labelme(labelme, schema, size)
    if label_map.shape[1:] != size:
        raise LabelError(f"{path} is {size}, but its label map is {tuple(label_map.shape[1:])}")
    return AnnotatedPhoto(path.name, pixels, label_map)


def load_labelme(path: Path, schema: LabelSchema, size: tuple[int, int] | None = None) -> LabelMap:
    """[1, h, w] from LabelMe polygons, later shapes over earlier ones; what none covers is class 0.

    Raises:
        LabelError: not LabelMe JSON, a label the schema does not have, or another picture size than `size`.
    """
    notes = read_json(path)
    try:
        height, width = int(notes["imageHeight"]), int(notes["imageWidth"])
        shapes = [_shape(shape) for shape in notes["shapes"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LabelError(f"{path} should be LabelMe JSON, but {error!r} came up") from None
    if size is not None and size != (height, width):
        raise LabelError(f"{path} is for a picture of {(height, width)}, but its photo is {size}")
    canvas = PilImage.new("L", (width, height), 0)
    draw = ImageDraw.Draw(canvas)
    for label, kind, points in shapes:
        _draw(draw, kind, points, schema.ids(label)[0], path)
    return torch.from_numpy(np.array(canvas).astype(np.int64)).unsqueeze(0)


def _shape(notes: dict[str, Any]) -> tuple[str, str, list[Any]]:
    points = [(float(x), float(y)) for x, y in notes["points"]]
    return str(notes["label"]), notes.get("shape_type") or "polygon", points


def _draw(draw: ImageDraw.ImageDraw, kind: str, points: list[Any], class_id: int, path: Path) -> None:
    # LabelMe counts from the pixel's corner, the drawing library from its centre
    points = [(x - 0.5, y - 0.5) for x, y in points]
    if kind == "polygon" and len(points) >= 3:
        draw.polygon(points, fill=class_id)
    elif kind == "rectangle" and len(points) == 2:
        (x0, x1), (y0, y1) = (sorted(axis) for axis in zip(*points, strict=True))
        draw.rectangle((x0, y0, x1, y1), fill=class_id)
    elif kind == "circle" and len(points) == 2:
        (x, y), (rim_x, rim_y) = points
        radius = float(np.hypot(rim_x - x, rim_y - y))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=class_id)
    else:
        raise LabelError(f"{path} has a {kind} of {len(points)} points; draw polygons, rectangles or circles")
