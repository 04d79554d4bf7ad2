"""Can a simple classifier tell edited parts from untouched ones? 0.5 is perfect: it cannot.

Logistic regression on EfficientNet-Lite0's features of the part, at the photo's own size. Edited and
untouched pictures are compressed alike first. Folds are by photo: none is told by what was learnt from it.
"""

import io
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from PIL import Image as PilImage
from torch import Tensor

from editgan.core.images import from_pil, from_pixels, to_pil
from editgan.core.types import Photo
from editgan.data.frame import AlignedRegion, Framing, bounds, centres, extent, looked_up
from editgan.evaluation.identity import auc
from editgan.perception.efficientnet import EfficientNetLite

STRIDES = (4, 8, 16)  # whose maps are pooled: fine to middling
AROUND_PX = 48  # of the photo, around the part: seen by the network, not pooled
QUALITY = 92  # of the JPEG both go through
FOLDS = 5
DECAY = 0.03  # on squared weights of standardised features
DRAWS = 400  # of photos, for the interval


@torch.no_grad()
def part_features(
    network: EfficientNetLite, photo: Photo, framing: Framing, region: AlignedRegion
) -> Float[Tensor, "d"]:
    """Mean and deviation of each map over the region of the photo's frame, at the photo's own size."""
    x0, y0, x1, y1 = extent(framing, bounds(region.cpu()), photo, margin=AROUND_PX)
    positions = framing.from_photo(centres(x0, y0, x1 - x0, y1 - y0))
    mask = looked_up(region[0, 0].cpu(), positions)[None, None].float()
    picture = from_pixels(_compressed(photo[:, y0:y1, x0:x1]))
    found = []
    for x in network.maps(picture.to(region.device), STRIDES):
        weight = F.interpolate(mask, tuple(x.shape[2:]), mode="area").to(x)
        weight = weight / weight.sum().clamp_min(1e-6)
        mean = (x * weight).sum((2, 3), keepdim=True)
        found += [mean[0, :, 0, 0], ((x - mean).square() * weight).sum((2, 3))[0].sqrt()]
    return torch.cat(found).float().cpu()


def scores(
    features: Float[Tensor, "n d"], is_edited: Bool[Tensor, "n"], photos: Sequence[str]
) -> Float[Tensor, "n"]:
    """How edited each looks to a classifier that learnt from the other folds' photos: log odds."""
    names = sorted(set(photos))
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(0)).tolist()
    fold_of = {names[i]: rank % FOLDS for rank, i in enumerate(order)}
    fold = torch.tensor([fold_of[photo] for photo in photos])
    found = torch.zeros(len(features))
    for index in fold.unique().tolist():
        learnt = fold != index
        mean, std = features[learnt].mean(0), features[learnt].std(0).clamp_min(1e-6)
        scaled = (features - mean) / std
        weights = logistic(scaled[learnt], is_edited[learnt])
        found[~learnt] = scaled[~learnt] @ weights[:-1] + weights[-1]
    return found


def logistic(features: Float[Tensor, "n d"], is_one: Bool[Tensor, "n"]) -> Float[Tensor, "d_and_bias"]:
    """Weights and bias of a logistic regression with weight decay, by L-BFGS."""
    weights = torch.zeros(features.shape[1] + 1, requires_grad=True)
    descent = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        descent.zero_grad()
        odds = features @ weights[:-1] + weights[-1]
        value = F.binary_cross_entropy_with_logits(odds, is_one.float())
        value = value + DECAY / 2 * weights[:-1].square().sum()
        value.backward()
        return value

    descent.step(loss)
    return weights.detach()


def auc_with_interval(
    found: Float[Tensor, "n"], is_edited: Bool[Tensor, "n"], photos: Sequence[str]
) -> tuple[float, float, float]:
    """The AUC, and between what it lies for nine of ten draws of the photos."""
    names = sorted(set(photos))
    rows = {name: torch.tensor([i for i, photo in enumerate(photos) if photo == name]) for name in names}
    rng = torch.Generator().manual_seed(0)
    drawn = []
    for _ in range(DRAWS):
        some = torch.cat([rows[names[i]] for i in torch.randint(len(names), (len(names),), generator=rng)])
        drawn.append(auc(found[some][is_edited[some]], found[some][~is_edited[some]]))
    low, high = torch.tensor(drawn).quantile(torch.tensor([0.05, 0.95])).tolist()
    return auc(found[is_edited], found[~is_edited]), low, high


def _compressed(pixels: Photo) -> Photo:
    file = io.BytesIO()
    to_pil(pixels).save(file, format="JPEG", quality=QUALITY, subsampling=0)
    with PilImage.open(file) as picture:
        return from_pil(picture)
