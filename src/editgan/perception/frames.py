"""What a detector says of a picture."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames that may be around subjects of one picture; several may be around the same."""

    scores: Float[Tensor, "found"]  # logits
    places: Float[Tensor, "found 4"]  # px: centre x, y, then where the x axis points, as long as the side
