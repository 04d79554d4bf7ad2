"""Bilinear enlargement of a part of a map, as matrix products.

The numbers of `F.interpolate(mode="bilinear")`, but for a window of the result only, and several maps of
different resolutions are enlarged and summed in one product.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

COLUMNS = 64  # of a tile: wider ones multiply by more zeros, narrower ones read more margins


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of a label map, in its pixels; `bottom` and `right` are the first beyond it."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    def of(self, x: Tensor) -> Tensor:
        """Its part of [..., rows, columns]."""
        return x[..., self.top : self.bottom, self.left : self.right]

    def tiles(self, pixels: int) -> Iterator["Window"]:
        """Itself in pieces of about so many pixels, row by row."""
        width = min(COLUMNS, self.width)
        height = max(4, pixels // width)
        for top in range(self.top, self.bottom, height):
            for left in range(self.left, self.right, width):
                yield Window(top, left, min(top + height, self.bottom), min(left + width, self.right))


@dataclass(frozen=True, slots=True)
class Lines:
    """How some lines (rows or columns) of an enlarged map come from lines `start` to `stop` of the map."""

    start: int
    stop: int
    weights: Float[Tensor, "lines stop_minus_start"]


@lru_cache(maxsize=4096)  # a few per tile, resolution and device
def lines(side: int, size: int, first: int, last: int, dtype: torch.dtype, device: torch.device) -> Lines:
    """Lines `first` to `last` of `size`, from a map of `side`: pixel centres, edges repeated."""
    position = ((torch.arange(first, last, dtype=torch.float64) + 0.5) * side / size - 0.5).clamp_min(0)
    before = position.long().clamp_max(side - 1)
    share = position - before
    after = torch.where(share > 0, before + 1, before).clamp_max(side - 1)
    start, stop = int(before[0]), int(after[-1]) + 1
    weights = torch.zeros(last - first, stop - start, dtype=torch.float64)
    row = torch.arange(last - first)
    weights.index_put_((row, before - start), 1 - share, accumulate=True)
    weights.index_put_((row, after - start), share, accumulate=True)
    return Lines(start, stop, weights.to(device, dtype))


@dataclass(frozen=True, slots=True)
class Patch:
    """The part of a map of `side` x `side` that a window needs; its rows and columns start at these."""

    side: int
    top: int
    left: int
    values: Float[Tensor, "n h w c"]


def cut(x: Float[Tensor, "n c r r"], size: int, window: Window) -> Patch:
    """What the window of a map enlarged to `size` needs of `x`."""
    side = x.shape[2]
    rows = lines(side, size, window.top, window.bottom, x.dtype, x.device)
    columns = lines(side, size, window.left, window.right, x.dtype, x.device)
    values = x.permute(0, 2, 3, 1)[:, rows.start : rows.stop, columns.start : columns.stop]
    return Patch(side, rows.start, columns.start, values)


def enlarge(
    patches: list[Patch], size: int, window: Window, onto: Float[Tensor, "n h w c"] | None = None
) -> Tensor:
    """The sum of all patches, enlarged to `size`: the window of it. With `onto`, added there."""
    rows_done, columns = [], []
    for patch in patches:
        x = patch.values
        down = lines(patch.side, size, window.top, window.bottom, x.dtype, x.device)
        across = lines(patch.side, size, window.left, window.right, x.dtype, x.device)
        x = x[:, down.start - patch.top : down.stop - patch.top]
        x = x[:, :, across.start - patch.left : across.stop - patch.left]
        n, height, width, channels = x.shape
        rows_done.append((down.weights @ x.reshape(n, height, -1)).view(n, -1, width, channels))
        columns.append(across.weights)
    stacked = torch.cat(rows_done, 2).flatten(0, 1)  # [n h, all the patches' columns, c]
    weights = torch.cat(columns, 1).expand(len(stacked), -1, -1)
    n, height, channels = len(patches[0].values), window.height, stacked.shape[2]
    if onto is None:
        return torch.bmm(weights, stacked).view(n, height, window.width, channels)
    onto.flatten(0, 1).baddbmm_(weights, stacked)
    return onto
