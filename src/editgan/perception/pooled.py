"""EfficientNet-Lite0's pooled features, to compare sets of pictures by."""

import torch
from jaxtyping import Float
from torch import Tensor

from editgan.core.images import resize
from editgan.core.types import Image
from editgan.perception.efficientnet import NUM_FEATURES
from editgan.perception.pretrained import pretrained

MIN_SIDE_PX = 64  # below, its last map has a single pixel: enlarged


class PooledFeatures:
    """picture -> features [n, `num_features`]. Of Lite0, which teaches nothing here, so that it may judge.

    Raises:
        UnavailableError: its weights are not installed.
    """

    name = "EfficientNet-Lite0"
    num_features = NUM_FEATURES

    def __init__(self, device: torch.device | str = "cpu") -> None:
        self.network = pretrained("lite0", device)

    def __call__(self, image: Image) -> Float[Tensor, "n d"]:
        """Pictures in -1..1, square and of any size; values beyond are clamped, as a file would."""
        image = image if image.shape[2] >= MIN_SIDE_PX else resize(image, MIN_SIDE_PX)
        return self.network.pooled(image.clamp(-1, 1)).float()
