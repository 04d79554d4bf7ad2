"""The displacement that a part operation asks for: known without any generator.

Inside the part it is the operation's own arithmetic, turned round; outside it fades along the distance to the
part, so that the skin around is stretched and nothing tears.
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float64
from scipy.ndimage import binary_dilation, distance_transform_edt, find_objects, gaussian_filter, label
from torch import Tensor

from editgan.core.errors import LabelError
from editgan.core.labels import LabelSchema, isin
from editgan.core.types import LabelMap
from editgan.data.moving import Flow
from editgan.editing.parts import apply_operation

DISPLACING = ("move", "scale", "bend", "grow", "shrink", "spread")
REACH = 0.06  # of the frame: how far around a part things give way, at least
STEEP = 3.0  # times the displacement: farther, if that is much, so that nothing folds
SPECK = 0.1  # of the largest piece of a part: smaller ones are the reader's noise
FEATURE = 0.06  # of the frame: smaller parts, like eyes below brows, stay; skin and hair give way
UNFOLDED = 0.6  # px by which a displacement may change from one px to the next
EDGE = 0.05  # of the frame: where a displacement fades towards the frame's edge
ROUNDS = 20  # of `displaced`: the fixed point is found to a hundredth of a pixel


def flow_of(
    label_map: LabelMap, schema: LabelSchema, operations: Sequence[tuple[str, str]], amount: float = 1.0
) -> Flow:
    """What displaces a picture with these parts as the operations repaint them, one after the other.

    Args:
        label_map: [1, side, side]; the flow has this side, too.
        operations: as in `editing.parts.apply_operation`, in pixels of `label_map`.
        amount: of what they ask for; negative: the other way.

    Raises:
        LabelError: an operation that is no displacement (erase, replace, open, slide), or that does not fit.
    """
    side = label_map.shape[-1]
    flows = []
    for kind, text in operations:
        if kind not in DISPLACING:
            raise LabelError(f"no displacement brings about what {kind!r} repaints")
        after = apply_operation(label_map, schema, kind, text)
        names, _, numbers = text.partition(":")
        part, *over = (schema.ids(name.strip()) for name in names.split("="))
        if kind == "spread":
            flow = _spread(label_map, after, part, over[0], amount * np.array(_numbers(numbers)))
        else:
            flow = _flow_of_one(label_map, after, part, kind, _numbers(numbers), amount)
        flows.append(flow / side)
        label_map = after
    total = torch.zeros(1, 2, side, side)
    for flow in reversed(flows):  # a pixel asks the last operation first where it comes from
        total = followed(flow, total)
    return total


def followed(first: Flow, then: Flow) -> Flow:
    """One displacement after another: what `then` brings to a place comes from where `first` brought it."""
    places = _positions(then.shape[-1]).to(then.device) + then[0].permute(1, 2, 0).double()
    return then + looked_up_flow(first, places)


def displaced(points: Float64[Tensor, "p 2"], flow: Flow) -> Float64[Tensor, "p 2"]:
    """Where what is at `points` (in units of the frame) goes to: p with p + flow(p) = the point."""
    found = points.clone()
    for _ in range(ROUNDS):
        found = points - looked_up_flow(flow, found[None])[0, :, 0].T.double()
    return found


def moved_labels(label_map: LabelMap, flow: Flow) -> LabelMap:
    """A label map of the flow's side, displaced: the nearest pixel each."""
    side = flow.shape[-1]
    at = ((_positions(side) + flow[0].permute(1, 2, 0).double()) * side).floor().long().clamp(0, side - 1)
    return label_map[:, at[..., 1], at[..., 0]]


def looked_up_flow(flow: Flow, positions: Float64[Tensor, "h w 2"]) -> Tensor:
    """[1, 2, h, w] at positions in units of the frame."""
    grid = (positions * 2 - 1).to(flow.dtype)[None]
    return F.grid_sample(flow, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _flow_of_one(
    before: LabelMap, after: LabelMap, ids: list[int], kind: str, numbers: list[float], amount: float
) -> Tensor:
    """[1, 2, side, side] in pixels of the label map."""
    mask, changed = (isin(m, ids)[0].cpu().numpy() for m in (before, after))
    features = _features(before, ids)
    if kind in ("grow", "shrink"):
        total, weight = _outline(mask, amount * (numbers[0] if kind == "grow" else -numbers[0]))
    else:
        total, weight = np.zeros((2, *mask.shape)), np.zeros(mask.shape)
        for piece in _pieces(mask):
            flow = amount * _inside(piece, kind, numbers)
            moving = piece | (changed & _near(piece, flow))
            largest = np.abs(flow[:, piece]).max()
            fade = _fade(moving, largest) * _yielding(moving, features, largest)
            total, weight = total + fade * flow, weight + fade
    total = total / np.maximum(weight, 1) * _from_edge(len(mask))
    return torch.from_numpy(total.astype(np.float32))[None]


def _spread(before: LabelMap, after: LabelMap, part: list[int], over: list[int], step: np.ndarray) -> Tensor:
    """[1, 2, side, side] in pixels: the border moves by `step`, and no third part does."""
    mask, changed, room = (
        isin(m, ids)[0].cpu().numpy() for m, ids in ((before, part), (after, part), (before, over))
    )
    side = len(mask)
    band = changed & ~mask & np.any(_pieces(room), axis=0)  # not the lashes that were read as hair
    if not band.any():
        return torch.zeros(1, 2, side, side)
    weight = _fade(band, np.abs(step).max())
    weight *= _smooth(distance_transform_edt(mask | room) / (REACH * side / 2))
    total = -weight * step[:, None, None] * _from_edge(side)
    return torch.from_numpy(total.astype(np.float32))[None]


def _inside(piece: np.ndarray, kind: str, numbers: list[float]) -> np.ndarray:
    """[2, h, w], x and y: where each pixel comes from, less where it is; as `editing.parts` and `shapes`."""
    ys, xs = np.indices(piece.shape).astype(float)
    rows, columns = find_objects(piece.astype(np.uint8))[0]
    cx, cy = (columns.start + columns.stop - 1) / 2, (rows.start + rows.stop - 1) / 2
    if kind == "move":
        return np.stack([np.full_like(xs, -numbers[0]), np.full_like(ys, -numbers[1])])
    if kind == "scale":
        return np.stack([(xs - cx) * (1 / numbers[0] - 1), (ys - cy) * (1 / numbers[1] - 1)])
    half = max((columns.stop - 1 - columns.start) / 2, 0.5)
    from_middle = ((xs - cx) / half).clip(-1.2, 1.2)
    return np.stack([np.zeros_like(xs), numbers[0] * from_middle**2])


def _outline(mask: np.ndarray, px: float) -> tuple[np.ndarray, np.ndarray]:
    """The part's outline moves by `px` outwards, along the way that leads there shortest."""
    depth = distance_transform_edt(mask) - distance_transform_edt(~mask)  # positive inside
    smooth = gaussian_filter(depth, max(abs(px) / 2, 1.0))
    dy, dx = np.gradient(smooth)
    length = np.maximum(np.hypot(dx, dy), 1e-6)
    beyond = np.maximum(np.abs(depth) - abs(px), 0)  # up to there all of it moves: the new outline, too
    fade = _smooth(1 - beyond / _reach(len(mask), abs(px)))
    return px * fade * np.stack([dx, dy]) / length, fade


def _pieces(mask: np.ndarray) -> list[np.ndarray]:
    labels, count = label(mask, np.ones((3, 3), dtype=bool))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    return [labels == i + 1 for i in range(count) if sizes[i] >= SPECK * sizes.max()]


def _features(label_map: LabelMap, ids: list[int]) -> np.ndarray:
    """Where other parts are that should stay as they are, however near."""
    shares = torch.bincount(label_map.flatten()).float() / label_map.numel()
    small = [i for i, share in enumerate(shares.tolist()) if 0 < share <= FEATURE and i not in ids]
    found: np.ndarray = isin(label_map, small)[0].cpu().numpy()
    return found


def _yielding(moving: np.ndarray, features: np.ndarray, largest: float) -> np.ndarray:
    """1 at what moves, 0 at features that stay: what is between them is stretched.

    But never so much that it folds: what is too near is taken along a little.
    """
    features = features & ~moving
    if not features.any():
        return np.ones(moving.shape)
    near, far = distance_transform_edt(~moving), distance_transform_edt(~features)
    taken_along = (1 - UNFOLDED * near / max(largest, 1e-6)).clip(0)
    weight: np.ndarray = np.maximum(_smooth(far / np.maximum(near + far, 1e-6)), taken_along)
    return weight


def _near(piece: np.ndarray, flow: np.ndarray) -> np.ndarray:
    steps = int(np.ceil(np.abs(flow[:, piece]).max()))
    near: np.ndarray = (
        binary_dilation(piece, np.ones((3, 3), dtype=bool), iterations=steps) if steps else piece
    )
    return near


def _fade(where: np.ndarray, largest: float) -> np.ndarray:
    return _smooth(1 - distance_transform_edt(~where) / _reach(len(where), largest))


def _reach(side: int, largest: float) -> float:
    return max(REACH * side, STEEP * largest)


def _from_edge(side: int) -> np.ndarray:
    from_edge = np.minimum(np.arange(side), np.arange(side)[::-1])
    return _smooth(np.minimum.outer(from_edge, from_edge) / (EDGE * side))


def _smooth(x: np.ndarray) -> np.ndarray:
    x = x.clip(0, 1)
    out: np.ndarray = x * x * (3 - 2 * x)
    return out


def _positions(side: int) -> Float64[Tensor, "side side 2"]:
    axis = (torch.arange(side, dtype=torch.float64) + 0.5) / side
    return torch.stack(torch.meshgrid(axis, axis, indexing="xy"), 2)


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]
