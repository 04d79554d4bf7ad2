"""A network of random weights that describes pictures, to compare sets of them.

Naeem et al. (2020, section 4) found random networks the fairer judge where pictures are far from ImageNet's.
Here they have a second merit: nothing to download, the same everywhere, and no generator was trained on them.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from editgan.core.images import resize
from editgan.core.types import Image
from editgan.models.residual import ResidualBlock

RESOLUTION = 128  # side at which it looks at pictures, in pixels
WIDTHS = {32: 32, 16: 64, 8: 128, 4: 192}  # channels of the maps of so many pixels a side


class RandomFeatures(nn.Module):
    """picture -> features [n, `num_features`]: the means of its maps at four scales. Seeded and frozen."""

    name = "random features 1"  # reports name their judge; another seed or shape is another judge
    num_features = sum(WIDTHS.values())

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(48, WIDTHS[32], 3, padding=1)
        before = [WIDTHS[32], *WIDTHS.values()]
        self.blocks = nn.ModuleList(
            ResidualBlock(a, b, down=side != 32) for a, (side, b) in zip(before, WIDTHS.items(), strict=False)
        )
        rng = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if parameter.ndim == 4:  # He et al. 2015
                    spread = (2 / parameter[0].numel()) ** 0.5
                    parameter.copy_(spread * torch.randn(parameter.shape, generator=rng))
                else:  # normalisations let everything through, biases nothing
                    parameter.fill_(1.0 if name.endswith("weight") else 0.0)
        self.eval().requires_grad_(False)

    def forward(self, image: Image) -> Float[Tensor, "n d"]:
        """Pictures in -1..1, square and of any size; values beyond are clamped, as a file would."""
        x = self.stem(F.pixel_unshuffle(resize(image, RESOLUTION).clamp(-1, 1), 4))
        means = []
        for block in self.blocks:
            x = block(x)
            means.append(x.mean((2, 3)))
        return torch.cat(means, 1).float()
