"""Train the segmentation branch: annotated photos, embedded -> features at pixels -> an ensemble of MLPs.

Features are sampled at pixel positions; the full feature tensor is never built. All members of the ensemble
train side by side in batched matrices, each on its own draws of pixels, rare classes more often than they
come. Afterwards the standardisation and the batch normalisation are folded into the linear layers, which
changes nothing but the cost.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from editgan.bundle.bundle import BundleDraft
from editgan.core.errors import InputError
from editgan.core.labels import IGNORED, LabelSchema
from editgan.core.rng import seed_step
from editgan.core.types import LabelMap, WPlus
from editgan.models.folding import Members, Norm, fold_members
from editgan.models.segmentation import (
    BranchConfig,
    SegmentationBranch,
    check_label_side,
    default_label_side,
    sample_features,
)
from editgan.training.loop import Status

ALL_UP_TO = 64  # px: of label maps that are no larger every pixel is learnt from ...
ROOM = 2**28  # ... of larger ones so many that all features together have at most so many values: 1 GB


@dataclass(frozen=True, kw_only=True, slots=True)
class BranchTraining:
    """A branch run."""

    label_side: int | None = None  # of the label maps, in pixels; the image's own, at most 512, by default
    heads: int = 10
    hidden: tuple[int, int] = (64, 32)
    batch_pixels: int = 512  # per member and step
    balance: float = 0.5  # 0 draws pixels as they come, 1 every class as often as any other
    lr: float = 2e-3
    max_steps: int = 3_000
    check_steps: int = 50  # between looks at the held-out pixels
    patience: int = 10  # looks without a better one before it stops
    held_out: float = 0.1  # share of the pixels, in blocks, that decides when to stop
    minimum_pixels: int = 3  # fewer of a class in a picture are slips of the resizing: not learnt from
    noise: float = 0.1  # of a feature's deviation, added while training: embedded test photos differ a little
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.balance <= 1:
            raise InputError(f"a branch's balance is between 0 and 1, got {self.balance}")

    def side_for(self, resolution: int) -> int:
        """Of the label maps for images of `resolution` px. Raises InputError where it cannot be as asked."""
        side = default_label_side(resolution) if self.label_side is None else self.label_side
        check_label_side(side, resolution)
        return side


@dataclass(frozen=True, slots=True)
class PixelSet:
    """Features and labels of labelled pixels."""

    features: Float[Tensor, "p c"]
    labels: Int[Tensor, "p"]
    is_held_out: Tensor  # [p] bool


@torch.no_grad()
def collect_pixels(
    bundle: BundleDraft, taps: Sequence[str], w_plus: WPlus, label_maps: LabelMap, config: BranchTraining
) -> PixelSet:
    """Every labelled pixel's features, picture by picture; of large label maps so many as fit into memory,
    drawn so that rare classes are among them. Held-out pixels are 4 x 4 blocks, since neighbours are near
    copies of each other."""
    side = label_maps.shape[1]
    device = w_plus.device
    positions = torch.cartesian_prod(torch.arange(side), torch.arange(side)).to(device)
    channels = sum(bundle.generator.config.tap_channels[tap] for tap in taps)
    most = side**2 if side <= ALL_UP_TO else ROOM // (channels * len(w_plus))
    rng = torch.Generator().manual_seed(config.seed)
    columns, labels, held_out = [], [], []
    for w, label_map in zip(w_plus, label_maps, strict=True):
        chosen = _chosen(label_map, most, config, rng)
        features = bundle.generator.synthesis(w[None], taps=taps).features
        blocks = torch.rand(-(-side // 4), -(-side // 4), generator=rng) < config.held_out
        blocks = blocks.repeat_interleave(4, 0).repeat_interleave(4, 1)[:side, :side].to(device)
        columns.append(sample_features(features, taps, positions[chosen], side)[0].t())
        labels.append(label_map.flatten()[chosen])
        held_out.append(blocks.flatten()[chosen])
    return PixelSet(torch.cat(columns), torch.cat(labels), torch.cat(held_out))


def _chosen(
    label_map: Int[Tensor, "h w"], most: int, config: BranchTraining, rng: torch.Generator
) -> Int[Tensor, "p"]:
    """Which pixels to learn from: all but specks and ignored ones, or `most` of them, as `balance` has it."""
    usable = _is_no_speck(label_map, config.minimum_pixels).flatten().cpu()
    labels = label_map.flatten().cpu()
    usable &= labels != IGNORED
    if int(usable.sum()) <= most:
        return usable.nonzero().squeeze(1).to(label_map.device)
    labels = labels.where(usable, 0)
    chances = class_weights(labels, int(labels.max()) + 1, config.balance)[labels] * usable
    return torch.multinomial(chances, most, generator=rng).sort().values.to(label_map.device)


def _is_no_speck(label_map: Int[Tensor, "h w"], minimum: int) -> Bool[Tensor, "h w"]:
    # The original turns specks into background, which then shows up in the middle of faces
    ids, counts = label_map.unique(return_counts=True)
    return torch.isin(label_map, ids[counts >= minimum])


def class_weights(labels: Int[Tensor, "p"], classes: int, balance: float) -> Float[Tensor, "classes"]:
    """How much a pixel of each class counts, so that drawing pixels by it follows `balance`; not `IGNORED`.

    The whites of the eyes are one pixel in three hundred of a face: drawn as they come, they are not learnt.
    """
    labels = labels[labels != IGNORED]
    shares = labels.bincount(minlength=classes).clamp_min(1) / max(len(labels), 1)
    return shares**-balance


class Ensemble(nn.Module):
    """The members while they train: linear, ReLU, batch norm, linear, ReLU, batch norm, linear; batched."""

    def __init__(self, channels: int, classes: int, heads: int, hidden: tuple[int, int]) -> None:
        super().__init__()
        widths = [channels, *hidden, classes]
        self.weights = nn.ParameterList(
            torch.randn(heads, a, b) * (2 / a) ** 0.5 for a, b in pairwise(widths)
        )
        self.biases = nn.ParameterList(torch.zeros(heads, 1, b) for b in widths[1:])
        self.norms = nn.ModuleList(nn.BatchNorm1d(heads * h) for h in hidden)

    def forward(self, x: Float[Tensor, "heads p c"]) -> Float[Tensor, "heads p classes"]:
        """Each member's logits for its own pixels."""
        for i, norm in enumerate(self.norms):
            x = F.relu(torch.baddbmm(self.biases[i], x, self.weights[i]))
            heads, p, h = x.shape
            x = norm(x.transpose(0, 1).reshape(p, heads * h)).reshape(p, heads, h).transpose(0, 1)
        return torch.baddbmm(self.biases[2], x, self.weights[2])


class BranchFit:
    """One training of the ensemble, early-stopped on held-out pixels."""

    def __init__(
        self,
        bundle: BundleDraft,
        schema: LabelSchema,
        w_plus: WPlus,
        label_maps: LabelMap,
        config: BranchTraining,
    ) -> None:
        self.config, self.schema = config, schema
        channels = bundle.generator.config.tap_channels
        self.shape = BranchConfig(
            taps=tuple(channels),
            tap_channels=tuple(channels.values()),
            classes=len(schema),
            resolution=label_maps.shape[1],
            heads=config.heads,
            hidden=config.hidden,
        )
        pixels = collect_pixels(bundle, self.shape.taps, w_plus, label_maps, config)
        self.train_features, self.check_features = (
            (pixels.features[where], pixels.labels[where])
            for where in (~pixels.is_held_out, pixels.is_held_out)
        )
        del pixels  # copied by now, and the largest thing there is: hence in place, too
        learnt = self.train_features[0]
        self.mean, self.std = learnt.mean(0), learnt.std(0).clamp_min(1e-4)
        for features, _ in (self.train_features, self.check_features):
            features.sub_(self.mean).div_(self.std)
        torch.manual_seed(config.seed)
        self.ensemble = Ensemble(sum(self.shape.tap_channels), len(schema), config.heads, config.hidden)
        self.ensemble.to(w_plus.device)
        self.adam = torch.optim.Adam(self.ensemble.parameters(), lr=config.lr)
        self.best: tuple[float, dict[str, Tensor]] = (float("inf"), {})
        self.checks_since_best = 0
        self.weights = class_weights(self.train_features[1], len(schema), config.balance)
        self.chances = self.weights[self.train_features[1]]  # of each pixel to be drawn, not normalised

    def statuses(self) -> Iterator[Status]:
        """Trains to the end, and tells at every check; its images are steps, of `batch_pixels` each."""
        started = time.monotonic()
        for index in range(self.config.max_steps):
            if (news := self.step(index)) is None:
                return
            if news:
                speed = (index + 1) * self.config.batch_pixels / (time.monotonic() - started)
                yield Status(index + 1, self.config.max_steps, speed, news)

    def step(self, index: int) -> dict[str, float] | None:
        """One update; at a check, the held-out loss. Returns None when it is time to stop."""
        config = self.config
        seed_step(config.seed, index)
        features, labels = self.train_features
        drawn = torch.multinomial(self.chances, config.heads * config.batch_pixels, replacement=True)
        chosen = drawn.unflatten(0, (config.heads, -1))
        x = features[chosen]
        jitter = config.noise * torch.randn_like(x[:1])  # the same for all members: ten times cheaper
        logits = self.ensemble.train()(x + jitter)
        loss = F.cross_entropy(logits.flatten(0, 1), labels[chosen].flatten())
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        if (index + 1) % config.check_steps:
            return {}
        held_out = self.check()
        if held_out < self.best[0]:
            self.best = (held_out, {k: v.detach().clone() for k, v in self.ensemble.state_dict().items()})
            self.checks_since_best = 0
        else:
            self.checks_since_best += 1
        if self.checks_since_best >= config.patience or index + 1 >= config.max_steps:
            return None
        return {"loss": loss.item(), "held_out_loss": held_out}

    @torch.no_grad()
    def check(self) -> float:
        """Cross-entropy of the mean logits on the held-out pixels, weighted as training draws them."""
        features, labels = self.check_features
        logits = self.ensemble.eval()(features.expand(self.config.heads, -1, -1)).mean(0)
        return F.cross_entropy(logits, labels, weight=self.weights).item()

    def branch(self) -> SegmentationBranch:
        """The best ensemble so far, folded for inference: same logits, fewer operations."""
        self.ensemble.load_state_dict(self.best[1] or self.ensemble.state_dict())
        return fold(self.ensemble.eval(), self.shape, self.mean, self.std)


def fold(
    ensemble: Ensemble, shape: BranchConfig, mean: Float[Tensor, "c"], std: Float[Tensor, "c"]
) -> SegmentationBranch:
    """Standardisation goes into the first layer, each batch normalisation into the layer after it."""
    first, second = (_norm(norm, shape.heads) for norm in ensemble.norms)
    biases = tuple(bias.squeeze(1) for bias in ensemble.biases)
    return fold_members(Members(tuple(ensemble.weights), biases, (first, second)), shape, (mean, std))


def _norm(norm: nn.Module, heads: int) -> Norm:
    assert isinstance(norm, nn.BatchNorm1d)
    assert norm.running_mean is not None and norm.running_var is not None
    weight, bias, mean, var = (
        part.detach().unflatten(0, (heads, -1))
        for part in (norm.weight, norm.bias, norm.running_mean, norm.running_var)
    )
    return Norm(weight, bias, mean, var, norm.eps)
