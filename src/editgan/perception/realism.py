"""How real a picture looks to the heads that taught its generator: a term for edits and refinement."""

from typing import Any, Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from editgan.core.images import resize
from editgan.core.types import Image, Mask
from editgan.perception.efficientnet import STRIDES
from editgan.perception.pretrained import pretrained

REACH = 16  # a picture counts as near the region up to this fraction of its side


@runtime_checkable
class Heads(Protocol):
    """What is asked of a discriminator on features here."""

    @property
    def config(self) -> Any:
        """Says which network it looks through, and at which sides of its maps."""
        ...

    def looked(self, maps: list[Tensor], image: Image) -> list[Tensor]:
        """What the heads see, from the pretrained network's maps and the picture."""
        ...

    def __call__(self, seen: list[Tensor]) -> Float[Tensor, "n heads"]:
        """Logits; high means real."""
        ...


class Realism:
    """The heads' loss on a picture that is new near a region and as before elsewhere.

    So only what the edit drew is graded, in its surroundings, and the rest of the picture cannot pay for it.

    Raises:
        UnavailableError: the heads' pretrained network is not installed.
    """

    def __init__(self, heads: Heads, device: torch.device | str) -> None:
        self.heads = heads
        self.network = pretrained(heads.config.network, device)
        self.side = heads.config.sides[0] * min(STRIDES)

    def logits(self, image: Image) -> Float[Tensor, "n heads"]:
        """One column a head; high means real."""
        return self.heads(self.heads.looked(self.network.maps(resize(image, self.side)), image))

    def loss(self, image: Image, before: Image, region: Mask) -> Float[Tensor, ""]:
        """Mean over pictures and heads of softplus(-logit): 0 is real beyond doubt, 0.69 undecided.

        Args:
            image: what was drawn, -1..1.
            before: the unedited picture.
            region: True where the edit may change things.
        """
        reach = max(image.shape[-1] // REACH, 1)
        near = F.max_pool2d(region.float(), 2 * reach + 1, 1, reach) > 0
        return F.softplus(-self.logits(torch.where(near, image, before))).mean()
