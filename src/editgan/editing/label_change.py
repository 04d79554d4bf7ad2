"""Did an edit do to the parts what was asked?"""

from jaxtyping import Float
from torch import Tensor

from editgan.core.types import LabelMap

WORKS = 0.5  # an edit works on a photo if more than half of what was asked for happened


def label_change(before: LabelMap, target: LabelMap, after: LabelMap) -> Float[Tensor, "n"]:
    """Of the pixels that `target` repaints, the share that became what it asks for: 0 none, 1 all.

    Before the edit it is 0 by definition. Zero where nothing is repainted.
    """
    asked = before != target
    reached = asked & (after == target)
    return reached.flatten(1).sum(1) / asked.flatten(1).sum(1).clamp_min(1)
