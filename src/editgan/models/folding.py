"""An ensemble of pixel classifiers as it was trained -> a SegmentationBranch: same logits, fewer operations.

A batch normalisation that no longer learns is linear, and so is a standardisation of the features: each goes
into the linear layer after it.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from editgan.models.segmentation import BranchConfig, SegmentationBranch


@dataclass(frozen=True, slots=True)
class Norm:
    """A batch normalisation behind a hidden layer of every member, with its running statistics."""

    weight: Float[Tensor, "heads h"]
    bias: Float[Tensor, "heads h"]
    mean: Float[Tensor, "heads h"]
    var: Float[Tensor, "heads h"]
    eps: float


@dataclass(frozen=True, slots=True)
class Members:
    """Each: linear, ReLU, normalisation, linear, ReLU, normalisation, linear."""

    weights: tuple[Float[Tensor, "heads _ _"], ...]  # three, [heads, in, out]
    biases: tuple[Float[Tensor, "heads _"], ...]
    norms: tuple[Norm, Norm]


@torch.no_grad()
def fold_members(
    members: Members,
    shape: BranchConfig,
    standard: tuple[Float[Tensor, "c"], Float[Tensor, "c"]] | None = None,
) -> SegmentationBranch:
    """The branch of this shape that gives the members' logits.

    `standard` is the features' mean and standard deviation, where the members were trained on standardised
    ones.
    """
    (w1, w2, w3), (b1, b2, b3) = members.weights, members.biases
    branch = SegmentationBranch(shape).to(w1.device)
    if standard is not None:
        mean, std = standard
        w1 = w1 / std[:, None]
        b1 = b1 - torch.einsum("c,hco->ho", mean, w1)
    first = w1.permute(0, 2, 1).flatten(0, 1)  # [heads * h1, c]
    for parameter, part in zip(branch.first, first.split(shape.tap_channels, dim=1), strict=True):
        parameter.copy_(part)
    branch.first_bias.copy_(b1.flatten())
    for weight, bias, norm, parameter, parameter_bias in (
        (w2, b2, members.norms[0], branch.second, branch.second_bias),
        (w3, b3, members.norms[1], branch.third, branch.third_bias),
    ):
        scale = norm.weight / (norm.var + norm.eps).sqrt()
        shift = norm.bias - norm.mean * scale
        parameter.copy_((weight * scale.unsqueeze(2)).transpose(1, 2))
        parameter_bias.copy_(bias + torch.einsum("hi,hio->ho", shift, weight))
    return branch
