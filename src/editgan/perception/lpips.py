"""LPIPS as everybody measures it, from the `lpips` package (Zhang et al. 2018, version 0.1)."""

import warnings
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from editgan.core.errors import UnavailableError
from editgan.core.types import Image
from editgan.perception.judge import unit_channels


class LpipsJudge:
    """LPIPS with VGG or AlexNet features.

    Only the trunk's weights must be downloaded (by torchvision, into torch's hub cache); the calibration
    weights come with the package.

    Raises:
        UnavailableError: the trunk's weights are neither cached nor downloadable.
    """

    def __init__(self, net: Literal["vgg", "alex"] = "vgg", device: torch.device | str = "cpu") -> None:
        import lpips  # only who asks for it pays for the import

        self.name = f"LPIPS-{net}"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it passes torchvision's old `pretrained` argument
                self.network = lpips.LPIPS(net=net, verbose=False).to(device).eval().requires_grad_(False)
        except OSError as error:
            name = {"vgg": "vgg16-397923af.pth", "alex": "alexnet-owt-7be5be79.pth"}[net]
            raise UnavailableError(
                f"LPIPS needs torchvision's {name}, which is not here and could not be downloaded ({error}); "
                f"put it into {torch.hub.get_dir()}/checkpoints, or use the bundle's own judge"
            ) from None

    def features(self, image: Image) -> list[Tensor]:
        """Unit-length trunk activations times the square root of LPIPS' channel weights.

        Squared differences then add up to the package's own number. Pictures under 64 px are enlarged,
        since the trunk would run out of pixels.
        """
        if image.shape[2] < 64:
            image = F.interpolate(image, (64, 64), mode="bilinear")
        maps = self.network.net(self.network.scaling_layer(image))
        weights = [lin.model[-1].weight for lin in self.network.lins]
        return [unit_channels(x) * w.clamp_min(0).sqrt() for x, w in zip(maps, weights, strict=True)]
