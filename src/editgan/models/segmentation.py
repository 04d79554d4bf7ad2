"""The segmentation branch: the generator's features -> an ensemble of per-pixel MLPs -> mean logits.

The first layer of a per-pixel MLP is linear, and so is bilinear upsampling: they commute. So each tap goes
through its slice of the first layer at its own resolution, and only the results are upsampled and summed.
The full-resolution hypercolumns (5.9 GB at 512 px in the original) never exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from editgan.core.errors import InputError
from editgan.core.types import Features, Logits


@dataclass(frozen=True, kw_only=True, slots=True)
class BranchConfig:
    """Shape of a segmentation branch."""

    taps: tuple[str, ...]  # the generator's layers it reads, in network order
    tap_channels: tuple[int, ...]
    classes: int
    resolution: int  # side of the label map, in pixels
    heads: int = 10  # members of the ensemble
    hidden: tuple[int, int] = (64, 32)  # widths of each member's hidden layers

    def __post_init__(self) -> None:
        if len(self.taps) != len(self.tap_channels) or not self.taps:
            raise InputError("a branch needs as many tap_channels as taps, and at least one")
        if min(self.classes - 1, self.heads, *self.hidden) < 1:
            raise InputError(f"a branch needs two classes, a head and hidden units, got {self}")


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

    def forward(self, features: Features) -> Logits:
        """Mean logits of the ensemble, [n, classes, resolution, resolution], float32."""
        hidden = self._second_layer(self._first_layer(features).flatten(2))
        return self._as_maps(self._mean_logits(hidden))

    def head_logits(self, features: Features) -> Float[Tensor, "n heads classes h w"]:
        """Each member's own logits: where they disagree, a label would help most."""
        hidden = self._second_layer(self._first_layer(features).flatten(2))
        return self._as_maps(self.third @ hidden + self.third_bias.unsqueeze(2))

    def at_pixels(self, features: Features, pixels: Int[Tensor, "p 2"]) -> Float[Tensor, "n classes p"]:
        """Mean logits at (row, column) `pixels` only: what an edit needs inside its region."""
        side = self.config.resolution
        coarse: dict[int, Tensor] = {}  # first-layer outputs by resolution, still to be sampled
        total: Tensor = self.first_bias[:, None]
        for weight, x in zip(self.first, self._in_order(features), strict=True):
            # Fewer products first: the linear map at native resolution, or at the wanted pixels
            if x.shape[2] * x.shape[3] > len(pixels):
                total = total + weight @ _at(x, pixels, side)
            else:
                here = F.conv2d(x, weight[:, :, None, None])
                coarse[x.shape[2]] = coarse[x.shape[2]] + here if x.shape[2] in coarse else here
        for x in coarse.values():
            total = total + _at(x, pixels, side)
        return self._mean_logits(self._second_layer(total))

    def _first_layer(self, features: Features) -> Float[Tensor, "n units h w"]:
        """Coarse to fine; taps that share a resolution are summed before they are upsampled, once."""
        sums: dict[int, Tensor] = {}
        for weight, x in zip(self.first, self._in_order(features), strict=True):
            here = F.conv2d(x, weight[:, :, None, None])
            sums[x.shape[2]] = sums[x.shape[2]] + here if x.shape[2] in sums else here
        size = (self.config.resolution, self.config.resolution)
        total: Tensor = self.first_bias[:, None, None]
        for side, x in sums.items():
            total = total + (x if side == size[0] else F.interpolate(x, size, mode="bilinear"))
        return total

    def _second_layer(self, x: Float[Tensor, "n units p"]) -> Float[Tensor, "n heads h2 p"]:
        x = F.relu(x).unflatten(1, (self.config.heads, -1))
        return F.relu(self.second @ x + self.second_bias.unsqueeze(2))

    def _mean_logits(self, hidden: Float[Tensor, "n heads h2 p"]) -> Float[Tensor, "n classes p"]:
        # The mean over members is linear too: one product instead of ten and a sum
        weight = self.third.permute(1, 0, 2).flatten(1) / self.config.heads  # [classes, heads * h2]
        return weight @ hidden.flatten(1, 2) + self.third_bias.mean(0)[:, None]

    def _as_maps(self, logits: Tensor) -> Tensor:
        return logits.reshape(*logits.shape[:-1], self.config.resolution, self.config.resolution)

    def _in_order(self, features: Features) -> list[Tensor]:
        if missing := set(self.config.taps) - set(features):
            raise InputError(f"the branch needs the taps {sorted(missing)}; ask the generator for them")
        return [features[name].float() for name in self.config.taps]


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
