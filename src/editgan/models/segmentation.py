"""The segmentation branch: the generator's features -> an ensemble of per-pixel MLPs -> mean logits.

The first layer of a per-pixel MLP is linear, and so is bilinear upsampling: they commute. So each tap goes
through its slice of the first layer at its own resolution, and only the results are upsampled and summed.
The full-resolution hypercolumns (5.9 GB at 512 px in the original) never exist.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from editgan.core.errors import InputError
from editgan.core.types import Features, Logits
from editgan.models.kept import Kept
from editgan.models.layers import arithmetic
from editgan.models.windows import Patch, Window, cut, enlarge

SMALLEST_SIDE, USUAL_SIDE = 16, 512  # of a label map, in pixels
KEPT_VALUES = 45_000_000  # of the first layer, for the gradient: a whole label map of 256 px has so many
TILE_VALUES = 1_300_000  # of the first layer: 5 MB, which a processor's cache holds


@dataclass(frozen=True, kw_only=True, slots=True)
class BranchConfig:
    """Shape of a segmentation branch."""

    taps: tuple[str, ...]  # the generator's layers it reads, in network order
    tap_channels: tuple[int, ...]
    classes: int
    resolution: int  # side of the label map, in pixels; the image's own or less
    heads: int = 10  # members of the ensemble
    hidden: tuple[int, int] = (64, 32)  # widths of each member's hidden layers

    def __post_init__(self) -> None:
        if len(self.taps) != len(self.tap_channels) or not self.taps:
            raise InputError("a branch needs as many tap_channels as taps, and at least one")
        if min(self.classes - 1, self.heads, *self.hidden) < 1:
            raise InputError(f"a branch needs two classes, a head and hidden units, got {self}")


def default_label_side(resolution: int) -> int:
    """Of the label maps for images of `resolution` px: as fine, but painting needs no more than 512 px."""
    return min(resolution, USUAL_SIDE)


def check_label_side(side: int, resolution: int) -> None:
    """Raises InputError for label maps that cannot be of images of `resolution` px."""
    if not SMALLEST_SIDE <= side <= resolution:
        raise InputError(
            f"label maps have {SMALLEST_SIDE} px a side at least and the picture's {resolution} px at most, "
            f"got {side}"
        )


class SegmentationBranch(nn.Module):
    """The ensemble at inference: normalisation layers folded away, members side by side.

    Each member: linear, ReLU, linear, ReLU, linear. `training/branch` fits it and folds the rest.
    """

    def __init__(self, config: BranchConfig) -> None:
        super().__init__()
        self.config = config
        heads, (h1, h2) = config.heads, config.hidden
        self.first = nn.ParameterList(torch.zeros(heads * h1, c) for c in config.tap_channels)
        self.first_bias = nn.Parameter(torch.zeros(heads * h1))
        self.second = nn.Parameter(torch.zeros(heads, h2, h1))
        self.second_bias = nn.Parameter(torch.zeros(heads, h2))
        self.third = nn.Parameter(torch.zeros(heads, config.classes, h2))
        self.third_bias = nn.Parameter(torch.zeros(heads, config.classes))
        self.kept = Kept()

    def forward(self, features: Features, side: int | None = None) -> Logits:
        """Mean logits of the ensemble, [n, classes, side, side], float32; `resolution` by default.

        A smaller `side` reads at fewer points of the picture, for a preview: a quarter of it is nearly free.
        """
        return self._everywhere(features, self._mean_logits, side or self.config.resolution)

    def head_logits(self, features: Features) -> Float[Tensor, "n heads classes h w"]:
        """Each member's own logits: where they disagree, a label would help most."""
        together = self._everywhere(features, self._each_logits, self.config.resolution)
        return together.reshape(len(together), self.config.heads, self.config.classes, *together.shape[2:])

    def in_window(self, features: Features, window: Window) -> Float[Tensor, "n classes h w"]:
        """Mean logits in a rectangle of the label map only: what an edit needs around its region.

        Of a large label map only the logits are kept; what lies between is computed again for the gradient.
        """
        taps, side = self._in_order(features), self.config.resolution
        native = self._native(taps, window, side)

        def read(tile: Window) -> Tensor:
            return self._mean_logits(self._hidden(taps, native, tile, side))

        if side**2 * len(self.first_bias) <= KEPT_VALUES:
            return read(window)
        again = partial(checkpoint, read, use_reentrant=False, preserve_rng_state=False)
        tiles = window.tiles(self._tile_pixels(taps))
        return _joined(tiles, again if torch.is_grad_enabled() else read)

    def at_pixels(self, features: Features, pixels: Int[Tensor, "p 2"]) -> Float[Tensor, "n classes p"]:
        """Mean logits at (row, column) `pixels`, which may lie anywhere."""
        total: Tensor = self.first_bias
        for weight, x in zip(self.first, self._in_order(features), strict=True):
            total = total + _at(x.float(), pixels, self.config.resolution).transpose(1, 2) @ weight.t()
        return self._mean_logits(self._second_layer(total.unsqueeze(1))).squeeze(2)

    def _everywhere(self, features: Features, last: Callable[[Tensor], Tensor], side: int) -> Tensor:
        """The whole map tile by tile: what lies between the layers stays in the processor's cache."""
        whole = Window(0, 0, side, side)
        taps = self._in_order(features)
        native = self._native(taps, whole, side)
        tiles = whole.tiles(self._tile_pixels(taps))
        return _joined(tiles, lambda tile: last(self._hidden(taps, native, tile, side)))

    def _tile_pixels(self, taps: list[Tensor]) -> int:
        return TILE_VALUES // (len(taps[0]) * len(self.first_bias))

    def _native(self, taps: list[Tensor], window: Window, side: int) -> list[Patch]:
        """The first layer of the taps smaller than the label map: one sum for each of their resolutions."""
        sums: dict[int, Patch] = {}
        for index, x in enumerate(taps):
            if x.shape[2] < side:
                patch = cut(x, side, window)
                here = self._linear(index, patch.values)
                before = sums.get(patch.side)
                sums[patch.side] = replace(patch, values=here if before is None else before.values + here)
        return list(sums.values())

    def _hidden(self, taps: list[Tensor], native: list[Patch], window: Window, side: int) -> Tensor:
        """Both hidden layers in the window, [n, heads * h2, h, w]."""
        total = (
            self.first_bias.to(taps[0].dtype).expand(len(taps[0]), window.height, window.width, -1).clone()
        )
        for index, x in enumerate(taps):
            if x.shape[2] >= side:
                patch = cut(x, side, window)
                values = patch.values if x.shape[2] == side else enlarge([patch], side, window)
                self._linear(index, values, onto=total)
        return self._second_layer(enlarge(native, side, window, onto=total) if native else total)

    def _linear(
        self, index: int, values: Float[Tensor, "n h w c"], onto: Tensor | None = None
    ) -> Float[Tensor, "n h w units"]:
        """One tap's part of the first layer, added to `onto` in place if there is one."""
        dtype = values.dtype
        weight = self.kept.get((index, dtype), self.first[index], lambda weight: weight.to(dtype))
        if onto is None:
            return values @ weight.t()
        onto.flatten(0, 2).addmm_(values.flatten(0, 2), weight.t())
        return onto

    def _second_layer(self, x: Float[Tensor, "n h w units"]) -> Float[Tensor, "n hidden h w"]:
        weight = self._kernel("second", self.second, x.dtype, lambda w: w.flatten(0, 1))
        bias = self.second_bias.flatten().to(x.dtype)
        # A grouped convolution takes the members side by side as they lie, without copies
        return F.relu_(F.conv2d(F.relu_(x).permute(0, 3, 1, 2), weight, bias, groups=self.config.heads))

    def _mean_logits(self, hidden: Float[Tensor, "n hidden h w"]) -> Float[Tensor, "n classes h w"]:
        # The mean over members is linear too: one product instead of ten and a sum
        heads = self.config.heads  # weight: [classes, heads * h2]
        weight = self._kernel(
            "mean", self.third, hidden.dtype, lambda w: w.permute(1, 0, 2).flatten(1) / heads
        )
        return F.conv2d(hidden, weight, self.third_bias.mean(0).to(hidden.dtype)).float()

    def _each_logits(self, hidden: Float[Tensor, "n hidden h w"]) -> Float[Tensor, "n each h w"]:
        weight = self._kernel("each", self.third, hidden.dtype, lambda w: w.flatten(0, 1))
        bias = self.third_bias.flatten().to(hidden.dtype)
        return F.conv2d(hidden, weight, bias, groups=self.config.heads).float()

    def _kernel(
        self, name: str, weight: Tensor, dtype: torch.dtype, flat: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """`flat(weight)` [out, in] as a 1x1 convolution wants it: every tile needs it again."""
        return self.kept.get((name, dtype), weight, lambda w: flat(w)[:, :, None, None].to(dtype))

    def _in_order(self, features: Features) -> list[Tensor]:
        if missing := set(self.config.taps) - set(features):
            raise InputError(f"the branch needs the taps {sorted(missing)}; ask the generator for them")
        taps = [features[name] for name in self.config.taps]
        return [x.to(arithmetic(x)) for x in taps]


def _joined(tiles: Iterable[Window], read: Callable[[Window], Tensor]) -> Tensor:
    """What is read in tiles, which come row by row, side by side again."""
    rows: dict[int, list[Tensor]] = {}
    for tile in tiles:
        rows.setdefault(tile.top, []).append(read(tile))
    return torch.cat([torch.cat(row, 3) for row in rows.values()], 2)


def sample_features(
    features: Features, taps: Sequence[str], pixels: Tensor, side: int
) -> Float[Tensor, "n c p"]:
    """Hypercolumns at (row, column) `pixels` of a `side` x `side` label map, by bilinear sampling.

    Equal to upsampling every tap to `side`, stacking, and picking the pixels.
    """
    return torch.cat([_at(features[name].float(), pixels, side) for name in taps], dim=1)


def _at(x: Float[Tensor, "n c r r"], pixels: Int[Tensor, "p 2"], side: int) -> Float[Tensor, "n c p"]:
    """`x`, bilinearly enlarged to `side`, at (row, column) `pixels`."""
    pixels = pixels.to(x.device)
    if x.shape[2] == side:
        return x.flatten(2)[:, :, pixels[:, 0] * side + pixels[:, 1]]
    # Pixel centres, -1..1 over the picture, x before y
    grid = ((pixels.flip(1).float() + 0.5) / side * 2 - 1)[None, None].expand(x.shape[0], -1, -1, -1)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False).squeeze(2)


def disagreement(head_logits: Float[Tensor, "n heads classes h w"]) -> Float[Tensor, "n h w"]:
    """Jensen-Shannon divergence of the members' class probabilities, in bits over log2(heads): 0..1."""
    log_p = head_logits.log_softmax(2)
    p = log_p.exp()
    mean = p.mean(1)
    entropy_of_mean = -(mean * mean.clamp_min(1e-12).log()).sum(1)
    mean_entropy = -(p * log_p).sum(2).mean(1)
    bound = torch.log(torch.tensor(float(max(head_logits.shape[1], 2))))
    return ((entropy_of_mean - mean_entropy) / bound).clamp(0, 1)
