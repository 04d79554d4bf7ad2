"""Annotated photos: a folder of pictures with palette PNGs or LabelMe JSON beside them, and classes.json."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Int, UInt8
from PIL import Image as PilImage
from PIL import ImageDraw
from safetensors import SafetensorError, safe_open
from torch import Tensor

from editgan.core.errors import LabelError
from editgan.core.files import read_json
from editgan.core.labels import LabelSchema, load_label_map
from editgan.core.types import LabelMap, Pixels, WPlus
from editgan.data.opening import read_photo
from editgan.data.photos import is_photo


@dataclass(frozen=True, slots=True)
class AnnotatedPhoto:
    """A photo and its parts, and its embedding if that is known."""

    name: str
    pixels: Pixels  # [1, h, w, 3]
    label_map: LabelMap  # [1, h, w]
    w_plus: WPlus | None = None  # [1, num_ws, w_dim], of the generator that it was embedded with


def with_bars(
    pixels: UInt8[Tensor, "n h w 3"], label_map: Int[Tensor, "n h w"]
) -> tuple[UInt8[Tensor, "n w w 3"], Int[Tensor, "n w w"]]:
    """A wide picture and its parts in a square: bars above and below, black and of class 0."""
    height, width = label_map.shape[1:]
    above = (width - height) // 2
    bars = (above, width - height - above)
    return F.pad(pixels, (0, 0, 0, 0, *bars)), F.pad(label_map, (0, 0, *bars))


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
        LabelError: no annotated photo at all, or labels or an embedding that do not fit.
        PhotoError: a photo that cannot be read.
    """
    paths, _ = find_annotated(folder)
    return [load_annotated(path, schema) for path in paths]


def find_annotated(folder: Path) -> tuple[list[Path], list[Path]]:
    """The photos that have labels beside them, and those that have none, in file order.

    Raises:
        LabelError: not a folder, or no annotated photo in it.
    """
    if not folder.is_dir():
        raise LabelError(f"{folder} should be a folder of photos with label maps, but it is not a folder")
    photos = _photos(folder)
    annotated = [path for path in photos if any(labels.exists() for labels in _beside(path))]
    if not annotated:
        raise LabelError(f"{folder} has no photo with a .png or .json label map of the same name")
    return annotated, [path for path in photos if path not in set(annotated)]


def _photos(folder: Path) -> list[Path]:
    """Pictures that may have labels. A PNG is itself labels, unless only LabelMe JSON lies beside it."""
    photos = [p for p in folder.iterdir() if is_photo(p.name) and p.suffix.lower() != ".png"]
    taken = {p.stem for p in photos}
    alone = [p for p in folder.glob("*.png") if p.stem not in taken and p.with_suffix(".json").exists()]
    return sorted(photos + alone)


def _beside(path: Path) -> list[Path]:
    """Where a photo's labels may be, best first."""
    palette, labelme = path.with_suffix(".png"), path.with_suffix(".json")
    return [labelme] if palette == path else [palette, labelme]


def load_annotated(path: Path, schema: LabelSchema) -> AnnotatedPhoto:
    """One of the photos that `find_annotated` finds; raises as `load_annotations` does."""
    pixels = read_photo(path)
    size = (pixels.shape[1], pixels.shape[2])
    labels = next(labels for labels in _beside(path) if labels.exists())
    is_palette = labels.suffix == ".png"
    label_map = load_label_map(labels, schema) if is_palette else load_labelme(labels, schema, size)
    if label_map.shape[1:] != size:
        raise LabelError(f"{path} is {size}, but its label map is {tuple(label_map.shape[1:])}")
    embedding = path.with_suffix(".safetensors")
    w_plus = load_w_plus(embedding) if embedding.exists() else None
    return AnnotatedPhoto(path.name, pixels, label_map, w_plus)


def load_w_plus(path: Path) -> WPlus:
    """[1, num_ws, w_dim] from the `w_plus` of a safetensors file, as `editgan embed` writes it.

    Raises:
        LabelError: not safetensors, or no finite w_plus of one photo in it.
    """
    try:
        with safe_open(path, framework="pt") as file:
            w_plus: Tensor = file.get_tensor("w_plus").float()
    except (SafetensorError, OSError) as error:
        raise LabelError(
            f"{path} should hold its photo's w_plus (safetensors), but reading it failed: {error}"
        ) from None
    w_plus = w_plus[None] if w_plus.ndim == 2 else w_plus
    if w_plus.ndim != 3 or len(w_plus) != 1 or not w_plus.isfinite().all():
        raise LabelError(
            f"{path} should hold one finite w_plus [num_ws, w_dim], but it is {list(w_plus.shape)}; embed "
            "its photo again"
        )
    return w_plus


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
