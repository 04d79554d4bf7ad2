"""Part operations: repaint a label map without a brush.

Each returns a new label map. What a part leaves behind is filled with the nearest other part.
"""

import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from scipy.ndimage import binary_dilation, binary_erosion, distance_transform_edt, shift

from editgan.core.errors import LabelError
from editgan.core.labels import LabelSchema, isin
from editgan.core.types import LabelMap

_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=bool)  # 4-neighbours: grows rounder than a square


def grow(label_map: LabelMap, part: Sequence[int], px: int) -> LabelMap:
    """The part, `px` pixels larger all round. New pixels take the class of the nearest part pixel."""
    mask = _mask(label_map, part)
    grown = binary_dilation(mask, _CROSS, iterations=px) if px else mask  # scipy takes 0 for without end
    return _fill(label_map, where=grown & ~mask, sources=mask)


def shrink(label_map: LabelMap, part: Sequence[int], px: int) -> LabelMap:
    """The part, `px` pixels smaller all round; what it leaves goes to the nearest other class."""
    mask = _mask(label_map, part)
    # The picture's edge is not the part's edge
    kept = binary_erosion(mask, _CROSS, iterations=px, border_value=1) if px else mask
    return _fill(label_map, where=mask & ~kept, sources=~mask)


def move(label_map: LabelMap, part: Sequence[int], dx: int, dy: int) -> LabelMap:
    """The part, `dx` pixels to the right and `dy` down; it covers what it comes upon."""
    mask = _mask(label_map, part)
    moved = shift(mask.astype(np.uint8), (dy, dx), order=0) > 0
    classes = shift(label_map[0].cpu().numpy(), (dy, dx), order=0)
    ids = _fill(label_map, where=mask, sources=~mask)[0].cpu().numpy()
    return _as_label_map(np.where(moved, classes, ids), label_map)


def replace(label_map: LabelMap, part: Sequence[int], by: int) -> LabelMap:
    """Every pixel of the part becomes class `by`."""
    return torch.where(isin(label_map, part), by, label_map)


def erase(label_map: LabelMap, part: Sequence[int]) -> LabelMap:
    """The part gives way to the nearest other classes."""
    mask = _mask(label_map, part)
    if mask.all():
        raise LabelError("the whole picture is of this part; there is nothing to fill it with")
    return _fill(label_map, where=mask, sources=~mask)


def repaint(label_map: LabelMap, schema: LabelSchema, operations: Iterable[tuple[str, str]]) -> LabelMap:
    """Several operations one after the other, each as (kind, text) of `apply_operation`."""
    for kind, text in operations:
        label_map = apply_operation(label_map, schema, kind, text)
    return label_map


def apply_operation(label_map: LabelMap, schema: LabelSchema, kind: str, text: str) -> LabelMap:
    """One operation in the command line's words.

    `grow` and `shrink` take PART:PIXELS, `move` takes PART:DX,DY, `replace` takes PART=OTHER, `erase` takes
    PART. A part is a class or a group of the schema; pixels are the bundle's.

    Raises:
        LabelError: an unknown part, a text that does not fit, or a part that is not in the picture.
    """
    pattern, example, apply = _OPERATIONS[kind]
    if not (match := re.fullmatch(pattern, text.strip())):
        raise LabelError(f"--{kind} takes {example}, got {text!r}")
    name, *values = match.groups()
    part = schema.ids(name)
    if not isin(label_map, part).any():
        raise LabelError(f"there is no {name} in this picture to {kind}")
    return apply(label_map, part, values, schema)


_Apply = Callable[[LabelMap, Sequence[int], Sequence[str], LabelSchema], LabelMap]
_OPERATIONS: dict[str, tuple[str, str, _Apply]] = {
    "grow": (r"(\w+):(\d+)", "PART:PIXELS, like ear:8", lambda m, p, v, s: grow(m, p, int(v[0]))),
    "shrink": (r"(\w+):(\d+)", "PART:PIXELS, like pupil:3", lambda m, p, v, s: shrink(m, p, int(v[0]))),
    "move": (
        r"(\w+):(-?\d+),(-?\d+)",
        "PART:DX,DY, like brow:0,-2 (up)",
        lambda m, p, v, s: move(m, p, int(v[0]), int(v[1])),
    ),
    "replace": (
        r"(\w+)=(\w+)",
        "PART=OTHER, like iris=pupil",
        lambda m, p, v, s: replace(m, p, s.ids(v[0])[0]),
    ),
    "erase": (r"(\w+)", "PART, like eyeglasses", lambda m, p, v, s: erase(m, p)),
}
OPERATIONS = tuple(_OPERATIONS)


def _mask(label_map: LabelMap, part: Sequence[int]) -> np.ndarray:
    mask: np.ndarray = isin(label_map, part)[0].cpu().numpy()
    return mask


def _fill(label_map: LabelMap, *, where: np.ndarray, sources: np.ndarray) -> LabelMap:
    """The pixels `where` take the class of the nearest of `sources`; without sources nothing changes."""
    ids = label_map[0].cpu().numpy()
    if not sources.any():
        return label_map
    rows, columns = distance_transform_edt(~sources, return_distances=False, return_indices=True)
    return _as_label_map(np.where(where, ids[rows, columns], ids), label_map)


def _as_label_map(ids: np.ndarray, like: LabelMap) -> LabelMap:
    return torch.from_numpy(ids).to(like).unsqueeze(0)
