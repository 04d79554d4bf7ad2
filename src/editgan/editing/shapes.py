"""Changes of a part's shape: stretch it, bend it, open it, slide it inside another, spread it over another.

Each returns a new label map. What a part leaves is filled with the nearest other class; what it comes upon it
covers. Sizes are whole pixels, so that a 4 px eye can become 5 px high.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt, find_objects, label, shift

from editgan.core.errors import LabelError
from editgan.core.labels import isin
from editgan.core.types import LabelMap

SCALES = (0.1, 10.0)  # factors outside this are slips of the keyboard
SPECK = 0.1  # pieces with less than this share of the largest piece's pixels are the branch's noise
GAP_PX = 2  # a border may have so many stray pixels in it, like skin between closed lips

_Box = tuple[slice, slice]  # rows, columns
_Pull = Callable[[np.ndarray, np.ndarray, _Box], tuple[np.ndarray, np.ndarray]]
_NEIGHBOURS = np.ones((3, 3), dtype=bool)  # 8: a thin brow may hold together by corners


def scale(label_map: LabelMap, part: Sequence[int], sx: float, sy: float) -> LabelMap:
    """The part, stretched `sx` times in width and `sy` times in height, each piece about its own centre.

    Raises:
        LabelError: a factor outside 0.1 to 10.
    """
    low, high = SCALES
    if not (low <= sx <= high and low <= sy <= high):
        raise LabelError(f"a part can be scaled {low:g} to {high:g} times, got {sx:g},{sy:g}")

    def pull(rows: np.ndarray, columns: np.ndarray, box: _Box) -> tuple[np.ndarray, np.ndarray]:
        return _unstretched(rows, box[0], sy), _unstretched(columns, box[1], sx)

    return _reshaped(label_map, part, pull)


def bend(label_map: LabelMap, part: Sequence[int], px: float) -> LabelMap:
    """The part, its left and right ends `px` higher than before, along a parabola; its middle stays.

    A mouth smiles with positive `px` and sulks with negative.

    Raises:
        LabelError: more pixels than the picture is high.
    """
    height = label_map.shape[1]
    if not abs(px) <= height:
        raise LabelError(f"a part can be bent by at most the picture's {height} px, got {px:g}")

    def pull(rows: np.ndarray, columns: np.ndarray, box: _Box) -> tuple[np.ndarray, np.ndarray]:
        left, right = box[1].start, box[1].stop - 1
        from_middle = (columns - (left + right) / 2) / max((right - left) / 2, 0.5)  # -1..1 in the part
        return rows + np.floor(px * from_middle**2 + 0.5).astype(int), columns  # halves never to even

    return _reshaped(label_map, part, pull)


def open_between(
    label_map: LabelMap, new: int, upper: Sequence[int], lower: Sequence[int], px: int
) -> LabelMap:
    """`px` more rows of class `new` where `upper` lies above `lower`, which is pushed down: a lens.

    The lens is `px` high in the middle of the border and closes towards its ends. Where `new` already lies
    between the two, it is made higher.

    Raises:
        LabelError: the two do not meet or are not two, or more pixels than the picture is high.
    """
    height, width = label_map.shape[1:]
    if not 0 <= px <= height:
        raise LabelError(f"a border can be opened by at most the picture's {height} px, got {px}")
    ids = label_map[0].cpu().numpy()
    is_upper, is_lower = part_mask(label_map, upper), part_mask(label_map, lower)
    if (is_upper & is_lower).any():
        raise LabelError("the upper and the lower part must be two different parts")
    borders = [_border(ids[:, x] == new, is_upper[:, x], is_lower[:, x]) for x in range(width)]
    if not any(borders):
        raise LabelError("the upper part does not touch the lower one from above; there is no border to open")
    painted = ids.copy()
    for run in _runs(borders):
        middle = (run.start + run.stop - 1) / 2
        for x in run:
            depth = math.floor(px * (1 - ((x - middle) / (len(run) / 2)) ** 2) + 0.5)
            if depth and (border := borders[x]):
                _push_down(painted[:, x], is_lower[:, x], *border, depth, new)
    return _as_label_map(painted, label_map)


def slide(label_map: LabelMap, part: Sequence[int], around: Sequence[int], dx: int, dy: int) -> LabelMap:
    """The part, `dx` pixels to the right and `dy` down, but only inside what is `around` it: a gaze.

    No other pixel changes: what would leave is cut off, and what is uncovered takes the nearest class of
    `around`.

    Raises:
        LabelError: nothing of `around` touches the part, or none of the part would be left.
    """
    mask = part_mask(label_map, part)
    room = mask | part_mask(label_map, around)
    pieces, _ = label(room, _NEIGHBOURS)
    if not np.intersect1d(pieces[mask], pieces[room & ~mask]).size:
        raise LabelError("nothing is around the part that it could slide in")
    # The same piece before and after, so that one eye's iris never lands in the other
    landed = shift(mask.astype(np.uint8), (dy, dx), order=0) > 0
    landed &= room & (shift(pieces, (dy, dx), order=0) == pieces)
    if not landed.any():
        raise LabelError(f"sliding by {dx},{dy} px leaves nothing of the part; use fewer pixels")
    classes = shift(label_map[0].cpu().numpy(), (dy, dx), order=0)
    ids = fill(label_map, where=mask, sources=room & ~mask)[0].cpu().numpy()
    return _as_label_map(np.where(landed, classes, ids), label_map)


def spread(label_map: LabelMap, part: Sequence[int], over: Sequence[int], dx: int, dy: int) -> LabelMap:
    """The part reaches `dx` pixels farther to the right and `dy` down, but only over `over`: a hairline.

    Their common border moves; no other border does, so that skin spread up over hair leaves the hair's own
    outline where it is. New pixels take the class of the nearest part pixel.

    Raises:
        LabelError: the part reaches none of `over` that way, or covers all of it.
    """
    mask, room = part_mask(label_map, part), part_mask(label_map, over) & ~part_mask(label_map, part)
    reached = mask.copy()
    steps = max(abs(dx), abs(dy))
    for step in range(1, steps + 1):  # a pixel at a time, so that nothing jumps across a third part
        by = [round(total * step / steps) - round(total * (step - 1) / steps) for total in (dy, dx)]
        reached |= (shift(reached.astype(np.uint8), by, order=0) > 0) & room
    if steps and not (reached & ~mask).any():
        raise LabelError(f"there is nothing to spread over within {dx},{dy} px of the part")
    if steps and not (room & ~reached).any():
        raise LabelError(f"spreading by {dx},{dy} px leaves nothing of what is covered; use fewer pixels")
    return fill(label_map, where=reached & ~mask, sources=mask)


def part_mask(label_map: LabelMap, part: Sequence[int]) -> np.ndarray:
    """[h, w] bool: where the part is."""
    mask: np.ndarray = isin(label_map, part)[0].cpu().numpy()
    return mask


def fill(label_map: LabelMap, *, where: np.ndarray, sources: np.ndarray) -> LabelMap:
    """The pixels `where` take the class of the nearest of `sources`; without sources nothing changes."""
    ids = label_map[0].cpu().numpy()
    if not sources.any():
        return label_map
    rows, columns = distance_transform_edt(~sources, return_distances=False, return_indices=True)
    return _as_label_map(np.where(where, ids[rows, columns], ids), label_map)


def _reshaped(label_map: LabelMap, part: Sequence[int], pull: _Pull) -> LabelMap:
    """Each piece of the part drawn anew: `pull` says where each pixel's class comes from, so no holes."""
    ids = label_map[0].cpu().numpy()
    mask = part_mask(label_map, part)
    here: np.ndarray = np.indices(mask.shape)
    left, landed, classes = (np.zeros_like(values) for values in (mask, mask, ids))
    for piece in _pieces(mask):
        rows, columns = pull(here[0], here[1], find_objects(piece)[0])
        came = _at(piece, rows, columns) > 0
        classes[came] = _at(ids, rows, columns)[came]
        landed |= came
        left |= piece > 0
    # What will be covered is no source: under a lip that moved up comes the mouth, not the skin above it
    sources = ~mask & ~landed
    filled = fill(label_map, where=left, sources=sources if sources.any() else ~mask)[0].cpu().numpy()
    return _as_label_map(np.where(landed, classes, filled), label_map)


def _at(values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The values at these places; 0 outside the picture."""
    height, width = values.shape
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return np.where(inside, values[np.where(inside, rows, 0), np.where(inside, columns, 0)], 0)


def _pieces(mask: np.ndarray) -> list[np.ndarray]:
    """The things a part consists of, as 0/1 arrays, without specks.

    Two eyes side by side are two things, but lips one above the other, around an open mouth, are one.
    """
    labels, count = label(mask, _NEIGHBOURS)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    pieces: list[np.ndarray] = []
    for index in np.argsort(-sizes):
        piece = labels == index + 1
        if sizes[index] < SPECK * sizes.max():
            continue
        above = next((p for p in pieces if _are_stacked(p, piece)), None)
        if above is None:
            pieces.append(piece.astype(np.uint8))
        else:
            above |= piece.astype(np.uint8)
    return pieces


def _are_stacked(a: np.ndarray, b: np.ndarray) -> bool:
    columns_a, columns_b = a.any(0), b.any(0)
    return bool((columns_a & columns_b).sum() > min(columns_a.sum(), columns_b.sum()) / 2)


def _unstretched(positions: np.ndarray, extent: slice, factor: float) -> np.ndarray:
    """Where each position lay before `extent` was stretched to a whole number of pixels; -1: outside."""
    before = extent.stop - extent.start
    after = max(math.floor(before * factor + 0.5), 1)
    start = math.floor(extent.start + (before - after) / 2 + 0.5)
    lay = extent.start + (2 * (positions - start) + 1) * before // (2 * after)
    inside: np.ndarray = (positions >= start) & (positions < start + after)
    return np.where(inside, lay, -1)


def _border(is_new: np.ndarray, is_upper: np.ndarray, is_lower: np.ndarray) -> tuple[int, int] | None:
    """In one column: the last row of the upper part and the first of the lower, if they meet."""
    tops, bottoms = np.flatnonzero(is_upper), np.flatnonzero(is_lower)
    pairs = [(top, int(bottoms[bottoms > top][0])) for top in tops.tolist() if (bottoms > top).any()]
    if not pairs:
        return None
    top, bottom = min(pairs, key=lambda pair: pair[1] - pair[0])
    return (top, bottom) if (~is_new[top + 1 : bottom]).sum() <= GAP_PX else None


def _runs(borders: Sequence[tuple[int, int] | None]) -> list[range]:
    """Stretches of neighbouring columns that have a border."""
    labels, _ = label([border is not None for border in borders])
    return [range(columns.start, columns.stop) for (columns,) in find_objects(labels)]


def _push_down(column: np.ndarray, is_lower: np.ndarray, top: int, bottom: int, depth: int, new: int) -> None:
    """Writes into `column`: the lower part `depth` rows further down, class `new` above it."""
    gone = np.flatnonzero(~is_lower[bottom:])
    end = bottom + int(gone[0]) if gone.size else len(column)
    pushed = column[bottom:end].copy()
    column[top + 1 : bottom + depth] = new
    room = column[bottom + depth : end + depth]
    room[:] = pushed[: len(room)]


def _as_label_map(ids: np.ndarray, like: LabelMap) -> LabelMap:
    return torch.from_numpy(ids).to(like).unsqueeze(0)
