"""What shapes a class's parts have: where they are, how large and how stretched, also against each other.

Gaussians over a few statistics of each part, and over what lies between each two, of the class's label maps;
so it can be told how unlike all that was seen a painted part is (as pictures are in perception/familiar.py).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from editgan.core.errors import InputError
from editgan.core.types import LabelMap

OWN, BETWEEN = 6, 3  # how many statistics a part has, and two parts have together
LEAST = 24  # label maps that have a part, or two parts together: of fewer nothing is said
TRIMMED = 0.05  # of the label maps, the farthest: misread ones would make everything usual
USUAL = 0.98  # of the class's label maps have a distance below 1, part by part; alone, and from the others
LEAST_FAR = 4.0  # standard deviations: nearer than that nothing is unusual, however alike all are
# No statistic is known better than so: log area, x, y, log widths, correlation (shares of the frame)
SOFT = (0.1, 0.005, 0.005, 0.05, 0.05, 0.05)
SOFT_BETWEEN = (0.005, 0.005, 0.1)


@dataclass(frozen=True, kw_only=True, slots=True)
class ShapesConfig:
    """Shape of `PartShapes`."""

    classes: int

    def __post_init__(self) -> None:
        if not 1 <= self.classes <= 256:
            raise InputError(f"shapes are of 1 to 256 classes of parts, got {self.classes}")


class PartShapes(nn.Module):
    """label maps -> how unlike those seen each part is, [n, classes]; NaN for one that is not there, or of
    which too little was seen."""

    def __init__(self, config: ShapesConfig) -> None:
        super().__init__()
        self.config = config
        n = config.classes
        self.mean, self.between_mean = _frozen(n, OWN), _frozen(n, n, BETWEEN)
        # To standard deviations, along which nothing depends on anything; zeros: not known
        self.whiten, self.between_whiten = _frozen(n, OWN, OWN), _frozen(n, n, BETWEEN, BETWEEN)
        # The distances, alone and from other parts, that are 1 afterwards; 0: of this part nothing is known
        self.usual = _frozen(n, 2)

    @torch.no_grad()
    def forward(self, label_map: LabelMap) -> Float[Tensor, "n classes"]:
        """Label maps of any side."""
        usual = self.usual.double()
        found = self._distances(statistics(label_map, self.config.classes)) / usual
        return torch.where(usual > 0, found, torch.nan).amax(2).float()

    @torch.no_grad()
    def fit(self, label_maps: LabelMap) -> "PartShapes":
        """From the class's label maps: the even ones are learnt from, the others say what is usual.

        Raises:
            InputError: fewer than twice `LEAST`.
        """
        if len(label_maps) < 2 * LEAST:
            raise InputError(f"shapes take {2 * LEAST} label maps or more, got {len(label_maps)}")
        own = statistics(label_maps, self.config.classes)
        learnt, unseen = own[::2], own[1::2]
        for a in range(self.config.classes):
            self.mean[a], self.whiten[a] = _gaussian(learnt[:, a], SOFT)
            for b in range(self.config.classes):
                together = between(learnt[:, a], learnt[:, b])
                self.between_mean[a, b], self.between_whiten[a, b] = _gaussian(together, SOFT_BETWEEN)
        distances = self._distances(unseen)
        for a in range(self.config.classes):
            there = distances[:, a][distances[:, a].isfinite().all(1)]
            if len(there) >= LEAST and self.whiten[a].any():
                self.usual[a] = torch.quantile(there, USUAL, dim=0).clamp_min(LEAST_FAR)
        return self

    def _distances(self, own: Float64[Tensor, "n classes own"]) -> Float64[Tensor, "n classes 2"]:
        """Root mean squares of deviations: of a part alone, and the largest of those from other parts."""
        alone = _deviation(own, self.mean, self.whiten)
        pairs = between(own[:, :, None], own[:, None])
        together = _deviation(pairs, self.between_mean, self.between_whiten)
        together = together.nan_to_num(0.0).amax(2)  # of parts that are not there nothing is said
        return torch.stack([alone, torch.where(alone.isnan(), alone, together)], 2)


def statistics(label_map: LabelMap, classes: int) -> Float64[Tensor, "n classes own"]:
    """Log area, centre, log widths (standard deviations) and their correlation, in shares of the frame.

    NaN where a part is not there. A pixel has its own width, so that one alone has a finite one.
    """
    side = label_map.shape[-1]
    at = (torch.arange(side, device=label_map.device).double() + 0.5) / side
    found = []
    for class_id in range(classes):
        mask = (label_map == class_id).double()  # [n, y, x]
        count = mask.sum((1, 2))
        columns, rows = mask.sum(1) / count[:, None], mask.sum(2) / count[:, None]
        x, y = columns @ at, rows @ at
        pixel = 1 / (12 * side**2)
        xx, yy = columns @ at.square() - x * x + pixel, rows @ at.square() - y * y + pixel
        xy = (mask @ at) @ at / count - x * y
        widths = [xx.clamp_min(pixel).sqrt(), yy.clamp_min(pixel).sqrt()]
        area = (count / side**2).log()
        found.append(torch.stack([area, x, y, *(w.log() for w in widths), xy / (widths[0] * widths[1])], 1))
    own = torch.stack(found, 1)
    return torch.where(own.isfinite().all(2, keepdim=True), own, torch.nan)


def between(a: Float64[Tensor, "*n own"], b: Float64[Tensor, "*m own"]) -> Float64[Tensor, "*nm between"]:
    """From the one part to the other: right, down, and how much larger (log)."""
    difference = a - b
    return torch.stack([difference[..., 1], difference[..., 2], difference[..., 0]], -1)


def _gaussian(seen: Float64[Tensor, "n k"], soft: tuple[float, ...]) -> tuple[Tensor, Tensor]:
    """Mean, and what makes deviations from it independent and of length 1; zeros where too few are seen."""
    seen = seen[seen.isfinite().all(1)]
    k = len(soft)
    if len(seen) < LEAST:
        return torch.zeros(k), torch.zeros(k, k)
    mean, whiten = _fitted(seen, soft)
    far = ((seen - mean) @ whiten.T).square().sum(1)
    return _fitted(seen[far <= torch.quantile(far, 1 - TRIMMED)], soft)


def _fitted(seen: Tensor, soft: tuple[float, ...]) -> tuple[Tensor, Tensor]:
    mean = seen.mean(0)
    covariance = (seen - mean).T @ (seen - mean) / len(seen) + torch.tensor(soft).to(seen).square().diag()
    return mean, torch.linalg.inv(torch.linalg.cholesky(covariance))


def _deviation(values: Tensor, mean: Tensor, whiten: Tensor) -> Tensor:
    """Root mean square of the last axis, in standard deviations."""
    apart = (values - mean.double())[..., None]
    return (whiten.double() @ apart)[..., 0].square().mean(-1).sqrt()


def _frozen(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(shape), requires_grad=False)
