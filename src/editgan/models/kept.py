"""What follows from weights that no longer change: computed once, not once a pass.

Editing, embedding and sliders run frozen networks hundreds of times. Scaling, transposing and casting
their weights is a twelfth of a pass at 256 px, and more where maps are small.
"""

from collections.abc import Callable, Hashable
from typing import Any

import torch
from torch import Tensor


class Kept:
    """Tensors made from weights, kept until a weight changes. Of a weight that is trained nothing is kept."""

    __slots__ = ("_made",)

    def __init__(self) -> None:
        self._made: dict[Hashable, tuple[Any, Tensor]] = {}

    def get(self, name: Hashable, weight: Tensor, make: Callable[[Tensor], Tensor]) -> Tensor:
        """`make(weight)`, from before if it is still true."""
        if weight.requires_grad or weight.is_inference() or torch.compiler.is_compiling():
            return make(weight)
        # In-place changes count the version up, moving to another device gives other memory. Holding the
        # weight itself keeps its memory from being given to another one.
        state = (weight._version, weight.data_ptr(), weight.dtype)
        found = self._made.get(name)
        if found is None or found[0][0] is not weight or found[0][1] != state:
            with torch.inference_mode(False), torch.no_grad():
                found = self._made[name] = ((weight, state), make(weight))
        return found[1]

    def __deepcopy__(self, memo: dict[int, Any]) -> "Kept":
        return Kept()

    def __reduce__(self) -> tuple[type["Kept"], tuple[()]]:
        return Kept, ()
