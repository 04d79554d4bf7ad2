"""Part operations: repaint a label map without a brush.

Each returns a new label map. What a part leaves behind is filled with the nearest other part. Here are those
that keep a part's shape, and all operations in words; `shapes.py` has those that change it.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import binary_dilation, binary_erosion, shift

from editgan.core.errors import LabelError
from editgan.core.labels import LabelSchema, isin
from editgan.core.types import LabelMap
from editgan.editing.shapes import bend, fill, open_between, part_mask, scale, slide, spread

_IN_SHARES = ("scale", "erase", "replace")  # operations without pixels
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=bool)  # 4-neighbours: grows rounder than a square


def grow(label_map: LabelMap, part: Sequence[int], px: int) -> LabelMap:
    """The part, `px` pixels larger all round. New pixels take the class of the nearest part pixel."""
    mask = part_mask(label_map, part)
    grown = binary_dilation(mask, _CROSS, iterations=px) if px else mask  # scipy takes 0 for without end
    return fill(label_map, where=grown & ~mask, sources=mask)


def shrink(label_map: LabelMap, part: Sequence[int], px: int) -> LabelMap:
    """The part, `px` pixels smaller all round; what it leaves goes to the nearest other class."""
    mask = part_mask(label_map, part)
    # The picture's edge is not the part's edge
    kept = binary_erosion(mask, _CROSS, iterations=px, border_value=1) if px else mask
    return fill(label_map, where=mask & ~kept, sources=~mask)


def move(label_map: LabelMap, part: Sequence[int], dx: int, dy: int) -> LabelMap:
    """The part, `dx` pixels to the right and `dy` down; it covers what it comes upon."""
    mask = part_mask(label_map, part)
    moved = shift(mask.astype(np.uint8), (dy, dx), order=0) > 0
    classes = shift(label_map[0].cpu().numpy(), (dy, dx), order=0)
    ids = fill(label_map, where=mask, sources=~mask)[0].cpu().numpy()
    return torch.from_numpy(np.where(moved, classes, ids)).to(label_map).unsqueeze(0)


def replace(label_map: LabelMap, part: Sequence[int], by: int) -> LabelMap:
    """Every pixel of the part becomes class `by`."""
    return torch.where(isin(label_map, part), by, label_map)


def erase(label_map: LabelMap, part: Sequence[int]) -> LabelMap:
    """The part gives way to the nearest other classes."""
    mask = part_mask(label_map, part)
    if mask.all():
        raise LabelError("the whole picture is of this part; there is nothing to fill it with")
    return fill(label_map, where=mask, sources=~mask)


def repaint(label_map: LabelMap, schema: LabelSchema, operations: Iterable[tuple[str, str]]) -> LabelMap:
    """Several operations one after the other, each as (kind, text) of `apply_operation`."""
    for kind, text in operations:
        label_map = apply_operation(label_map, schema, kind, text)
    return label_map


def repaint_each(
    label_maps: Iterable[LabelMap],
    schema: LabelSchema,
    operations: Sequence[tuple[str, str]],
    *,
    at_least_px: int = 1,
) -> tuple[list[int], list[LabelMap], str]:
    """Those of several label maps in which the operations repaint something: positions, and what they become.

    Also why the last of the others was left out.
    """
    some, targets, reason = [], [], "nothing changes"
    for index, label_map in enumerate(label_maps):
        try:
            target = repaint(label_map, schema, operations)
        except LabelError as error:
            reason = str(error)
            continue
        if (target != label_map).sum() >= at_least_px:
            some.append(index)
            targets.append(target)
    return some, targets, reason


def apply_operation(label_map: LabelMap, schema: LabelSchema, kind: str, text: str) -> LabelMap:
    """One operation in the command line's words.

    `erase` takes PART, `replace` PART=OTHER, `move` PART:DX,DY, `slide` PART=AROUND:DX,DY, `spread`
    PART=OVER:DX,DY, `scale` PART:SX,SY, `bend` PART:PIXELS, `open` NEW=UPPER,LOWER:PIXELS, `grow` and
    `shrink` PART:PIXELS. A part is a class or a group of the schema; pixels are the label map's.

    Raises:
        LabelError: no such operation, an unknown part, a text or number that does not fit, or a part that is
            not in the picture.
    """
    if kind not in _OPERATIONS:
        raise LabelError(f"no operation {kind!r}; there are {', '.join(_OPERATIONS)}")
    operation = _OPERATIONS[kind]
    if not (match := re.fullmatch(operation.pattern, text.strip())):
        wanted = operation.example
        sentence = f"{kind} takes {wanted}, got {text!r}"
        raise LabelError(sentence, code="operation", kind=kind, wanted=wanted, text=text)
    values = match.groups()
    names = values[: operation.num_names]
    parts = [schema.ids(name) for name in names]
    for index in operation.needed:
        if not isin(label_map, parts[index]).any():
            raise LabelError(f"there is no {names[index]} in this picture to {kind}")
    if (paint := operation.paint) is not None and len(parts[paint]) > 1:
        members = ", ".join(schema.names[i] for i in parts[paint])
        raise LabelError(
            f"{kind} paints with one class, but {names[paint]} is a group; pick one of {members}"
        )
    return operation.apply(label_map, parts, values[operation.num_names :])


def enlarged(kind: str, text: str, factor: float) -> str:
    """The same operation on label maps `factor` times as large a side; whole pixels stay so, one at least."""
    if kind in _IN_SHARES:
        return text
    part, colon, numbers = text.partition(":")
    whole = kind != "bend"

    def times(found: re.Match[str]) -> str:
        value = float(found[0]) * factor
        return str(round(value) or (value > 0) - (value < 0)) if whole else f"{value:g}"

    return part + colon + re.sub(r"[+-]?[\d.]+", times, numbers)


def all_enlarged(operations: Iterable[tuple[str, str]], factor: float) -> tuple[tuple[str, str], ...]:
    """Each of the operations, (kind, text), `enlarged`."""
    return tuple((kind, enlarged(kind, text, factor)) for kind, text in operations)


@dataclass(frozen=True, slots=True)
class _Operation:
    """How an operation is said: names of parts first, then numbers."""

    pattern: str
    example: str
    apply: Callable[[LabelMap, Sequence[list[int]], Sequence[str]], LabelMap]
    num_names: int = 1
    needed: tuple[int, ...] = (0,)  # which of the names must be in the picture
    paint: int | None = None  # which of the names must be a single class, because it is painted with


_PART, _PX, _STEP = r"(\w+)", r"(\d{1,4})", r"([+-]?\d{1,4})"
_NUMBER = r"([+-]?(?:\d{1,9}\.?\d{0,9}|\.\d{1,9}))"
_OPERATIONS: dict[str, _Operation] = {
    "erase": _Operation(_PART, "PART, like eyeglasses", lambda m, p, _: erase(m, p[0])),
    "replace": _Operation(
        f"{_PART}={_PART}",
        "PART=OTHER, like iris=pupil",
        lambda m, p, _: replace(m, p[0], p[1][0]),
        num_names=2,
        paint=1,
    ),
    "move": _Operation(
        f"{_PART}:{_STEP},{_STEP}",
        "PART:DX,DY, like brow:0,-2 (up)",
        lambda m, p, v: move(m, p[0], int(v[0]), int(v[1])),
    ),
    "slide": _Operation(
        f"{_PART}={_PART}:{_STEP},{_STEP}",
        "PART=AROUND:DX,DY, like iris=eye:1,0",
        lambda m, p, v: slide(m, p[0], p[1], int(v[0]), int(v[1])),
        num_names=2,
    ),
    "spread": _Operation(
        f"{_PART}={_PART}:{_STEP},{_STEP}",
        "PART=OVER:DX,DY, like skin=hair:0,-3 (a higher hairline)",
        lambda m, p, v: spread(m, p[0], p[1], int(v[0]), int(v[1])),
        num_names=2,
        needed=(0, 1),
    ),
    "scale": _Operation(
        f"{_PART}:{_NUMBER},{_NUMBER}",
        "PART:SX,SY, like nose:0.8,1 (narrower)",
        lambda m, p, v: scale(m, p[0], float(v[0]), float(v[1])),
    ),
    "bend": _Operation(
        f"{_PART}:{_NUMBER}",
        "PART:PIXELS, like mouth:2 (a smile)",
        lambda m, p, v: bend(m, p[0], float(v[0])),
    ),
    "open": _Operation(
        f"{_PART}={_PART},{_PART}:{_PX}",
        "NEW=UPPER,LOWER:PIXELS, like mouth_interior=upper_lip,lower_lip:2",
        lambda m, p, v: open_between(m, p[0][0], p[1], p[2], int(v[0])),
        num_names=3,
        needed=(1, 2),
        paint=0,
    ),
    "grow": _Operation(f"{_PART}:{_PX}", "PART:PIXELS, like ear:8", lambda m, p, v: grow(m, p[0], int(v[0]))),
    "shrink": _Operation(
        f"{_PART}:{_PX}", "PART:PIXELS, like pupil:3", lambda m, p, v: shrink(m, p[0], int(v[0]))
    ),
}
OPERATIONS = tuple(_OPERATIONS)
