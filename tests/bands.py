"""Labels and a branch for networks of random weights: bands of brightness, which a branch truly reads."""

import torch
import torch.nn.functional as F
from torch import Tensor

from editgan.bundle.bundle import BundleDraft
from editgan.core.labels import LabelSchema
from editgan.models.segmentation import SegmentationBranch
from editgan.training.branch import BranchFit, BranchTraining


def brightness_bands(images: Tensor) -> Tensor:
    """[n, h, w] class ids 0 to 4, by the brightness of each pixel's surroundings; every class is common."""
    smooth = F.avg_pool2d(F.pad(images.mean(1, keepdim=True), (2, 2, 2, 2), mode="replicate"), 5, stride=1)
    levels = smooth.flatten().quantile(torch.tensor([0.3, 0.5, 0.7, 0.85]))
    return torch.bucketize(smooth.squeeze(1), levels)


def trained_branch(
    bundle: BundleDraft, schema: LabelSchema, w_plus: Tensor, label_maps: Tensor
) -> SegmentationBranch:
    training = BranchTraining(heads=3, hidden=(16, 8), batch_pixels=256, max_steps=150, minimum_pixels=1)
    fit = BranchFit(bundle, schema, w_plus, label_maps, training)
    for index in range(training.max_steps):
        if fit.step(index) is None:
            break
    return fit.branch()
