"""How real a picture looks to the heads that taught its generator: a term for edits and refinement."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from editgan.core.types import Image, Mask
from editgan.perception.pretrained import Name, pretrained

REACH = 16  # a picture counts as near the region up to this fraction of its side


@runtime_checkable
class Heads(Protocol):
    """What is asked of a discriminator on features here."""

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

    def __init__(self, heads: Heads, network: Name, device: torch.device | str) -> None:
        self.heads = heads
        self.maps: Callable[[Image], list[Tensor]] = pretrained(network, device).maps

    def loss(self, image: Image, before: Image, region: Mask) -> Float[Tensor, ""]:
        """Mean over pictures and heads of softplus(-logit): 0 is real beyond doubt, 0.69 undecided."""
        side = image.shape[-1]
        reach = max(side // REACH, 1)
        near = F.max_pool2d(region.float(), 2 * reach + 1, 1, reach) > 0
        pasted = torch.where(near, image, before)
        return F.softplus(-self.heads(self.heads.looked(self.maps(pasted), pasted))).mean()
