"""Label maps as pictures: our palette PNGs and other people's, grey ids, the classes' colours.

A palette says what its indices show. Whoever saves a picture anew (as GIF, through a quantiser or an
optimiser) may give the same colours other indices, so the colours count; an index alone means a class only
where nothing speaks against it.
"""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int, UInt8
from PIL import Image as PilImage
from torch import Tensor

from editgan.core.errors import InputError, LabelError
from editgan.core.files import replacing
from editgan.core.labels import IGNORED, IGNORED_COLOR, LabelSchema
from editgan.core.pictures import decoded
from editgan.core.types import LabelMap

FORMATS = ("PNG", "BMP", "GIF", "TIFF", "WEBP")  # lossless, and decoded by Pillow itself
NO_CLASS = -1
STRIP = 1 << 22  # pixels looked up at a time
SHOWN = 3  # differences told in an error

Bytes = UInt8[np.ndarray, "h w"]


def palette_png(label_map: Int[Tensor, "h w"], schema: LabelSchema) -> PilImage.Image:
    """A palette picture: the pixel values are the class ids, the palette shows the colours."""
    picture = PilImage.fromarray(label_map.cpu().numpy().astype(np.uint8), mode=None)
    palette = [channel for c in schema.classes for channel in c.color]
    if (label_map == IGNORED).any():  # the last index needs a palette that goes so far
        palette += [0, 0, 0] * (IGNORED - len(schema)) + [*IGNORED_COLOR]
    picture.putpalette(palette)
    return picture


def save_label_map(label_map: Int[Tensor, "h w"], schema: LabelSchema, path: Path) -> None:
    """As a palette PNG."""
    with replacing(path) as scratch:
        palette_png(label_map, schema).save(scratch, format="PNG")


def load_own_label_map(path: Path, schema: LabelSchema) -> LabelMap:
    """The inverse of `save_label_map`, also where the classes have got other colours since.

    Raises:
        LabelError: not a picture of ids, or ids the schema does not have.
    """
    label_map = _to_label_map(_bytes(_decoded(path, str(path), None), str(path)))
    schema.check(label_map)
    return label_map


def load_label_map(path: Path, schema: LabelSchema, *, with_ignored: bool = False) -> LabelMap:
    """[1, h, w] from a file; as `read_label_map`."""
    return read_label_map(path, schema, str(path), with_ignored=with_ignored)


def read_label_map(
    source: Path | bytes,
    schema: LabelSchema,
    name: str,
    max_side: int | None = None,
    *,
    with_ignored: bool = False,
) -> LabelMap:
    """[1, h, w] from a palette picture, a grey picture of ids, or one in the schema's colours.

    A palette in the schema's order, or of grey steps, has ids as indices. Any other is read by its colours.

    Args:
        source: a file, or its bytes, that errors call `name`.
        max_side: in px; larger pictures are not even decoded.
        with_ignored: whether pixels may be `IGNORED`: of id 255, or in the colour that VOC gives them.

    Raises:
        LabelError: not a picture, or ids or colours the schema does not have.
    """
    picture = _decoded(source, name, max_side)
    if picture.mode in ("RGB", "RGBA"):
        label_map = _of_colors(np.asarray(picture.convert("RGB")), schema, name)
    elif picture.mode in ("P", "PA"):
        palette = np.array(picture.getpalette() or [], np.uint8).reshape(-1, 3)
        label_map = _of_palette(_bytes(picture, name), palette, schema, name)
    else:
        label_map = _of_grey(_bytes(picture, name), schema, name)
    schema.check(label_map, with_ignored=with_ignored)
    return label_map


def indices_and_palette(path: Path) -> tuple[Bytes, UInt8[np.ndarray, "colors 3"] | None]:
    """What a palette picture holds, or a grey one, which has no palette.

    Raises:
        LabelError: no such picture.
    """
    picture = _decoded(path, str(path), None)
    palette = picture.getpalette() if picture.mode in ("P", "PA") else None
    values = _bytes(picture, str(path))
    return values, None if palette is None else np.array(palette, np.uint8).reshape(-1, 3)


def _decoded(source: Path | bytes, name: str, max_side: int | None) -> PilImage.Image:
    try:
        return decoded(source, name, FORMATS, max_side=max_side)
    except InputError as error:
        raise LabelError(f"{error}; a label map is a palette PNG of class ids") from None


def _bytes(picture: PilImage.Image, name: str) -> Bytes:
    """A byte per pixel: an index, or an id."""
    values = np.asarray(picture)
    if picture.mode in ("PA", "LA"):
        values = values[..., 0]
    elif picture.mode not in ("P", "L", "1") and not picture.mode.startswith("I"):
        raise LabelError(f"{name} should be a palette PNG of class ids, but its mode is {picture.mode}")
    if values.min() < 0 or values.max() > 255:
        raise LabelError(f"{name} has ids from {values.min()} to {values.max()}; label maps have 0 to 255")
    return values.astype(np.uint8)


def _to_label_map(ids: Bytes) -> LabelMap:
    return torch.from_numpy(ids.astype(np.int64)).unsqueeze(0)


def _of_grey(values: Bytes, schema: LabelSchema, name: str) -> LabelMap:
    """Ids; or greys of the schema, which optimisers make of a palette that has no other colours."""
    used = np.unique(values)
    if set(used.tolist()) <= {*range(len(schema)), IGNORED} and set(used.tolist()) != {0, IGNORED}:
        return _to_label_map(values)
    greys = {c.color[0]: c.id for c in schema.classes if len(set(c.color)) == 1}
    if all(value in greys for value in used.tolist()):
        return _to_label_map(_table({v: greys[v] for v in used.tolist()})[values])
    if set(used.tolist()) == {0, IGNORED}:
        raise LabelError(
            f"{name} is black and white, which says nothing about classes; save class ids, or colours"
        )
    return _to_label_map(values)  # to be refused by number


def _of_palette(
    indices: Bytes, palette: UInt8[np.ndarray, "colors 3"], schema: LabelSchema, name: str
) -> LabelMap:
    used = np.unique(indices).tolist()
    shown = {i: tuple(palette[i].tolist()) if i < len(palette) else None for i in used}
    usual = {c.id: c.color for c in schema.classes}
    ids = {i: i for i in used}
    is_ours = all(i == IGNORED or shown[i] == usual.get(i) for i in used)
    is_grey = all(i == IGNORED or shown[i] == (i, i, i) for i in used)
    if not is_ours and not is_grey:
        known = _colors(schema)
        ids = {i: known.get(shown[i], IGNORED if i == IGNORED else NO_CLASS) for i in used}
    if NO_CLASS in ids.values():
        raise LabelError(
            f"{name} has a palette of other colours than the schema: {_differing(ids, shown, usual)}"
        )
    return _to_label_map(_table(ids)[indices])


def _colors(schema: LabelSchema) -> dict[tuple[int, ...] | None, int]:
    """What each colour means; one that several classes have means nothing."""
    meaning: dict[tuple[int, ...] | None, int] = {IGNORED_COLOR: IGNORED}
    of_class = [c.color for c in schema.classes]
    return meaning | {c.color: c.id if of_class.count(c.color) == 1 else NO_CLASS for c in schema.classes}


def _differing(
    ids: dict[int, int],
    shown: dict[int, tuple[int, ...] | None],
    usual: dict[int, tuple[int, int, int]],
) -> str:
    strange = [i for i, class_id in ids.items() if class_id == NO_CLASS]
    told = [
        f"{i} shows {list(shown[i] or [])}" + (f", not {list(usual[i])}" if i in usual else "")
        for i in strange[:SHOWN]
    ]
    more = f" and {len(strange) - SHOWN} more" if len(strange) > SHOWN else ""
    return f"{', '.join(told)}{more}; save it with the schema's colours"


def _table(ids: dict[int, int]) -> UInt8[np.ndarray, "256"]:
    table = np.zeros(256, np.uint8)
    table[list(ids)] = list(ids.values())
    return table


def _of_colors(pixels: UInt8[np.ndarray, "h w 3"], schema: LabelSchema, name: str) -> LabelMap:
    table = np.full(1 << 24, NO_CLASS, np.int16)
    for color, class_id in _colors(schema).items():
        assert color is not None
        table[color[0] << 16 | color[1] << 8 | color[2]] = class_id
    ids = np.empty(pixels.shape[:2], np.uint8)
    rows = max(1, STRIP // pixels.shape[1])  # a large picture's codes would take more memory than it does
    for top in range(0, len(pixels), rows):
        red, green, blue = np.moveaxis(pixels[top : top + rows].astype(np.int32), 2, 0)
        found = table[red << 16 | green << 8 | blue]
        if (found == NO_CLASS).any():
            strange = pixels[top : top + rows][found == NO_CLASS][0].tolist()
            raise LabelError(
                f"{name} has the colour {strange}, which no class of the schema uses alone; save it without "
                "smoothing"
            )
        ids[top : top + rows] = found
    return _to_label_map(ids)
