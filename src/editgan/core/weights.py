"""Whether a file of weights holds what its config describes."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from editgan.core.errors import InputError


def check_weights(make: Callable[[], nn.Module], state: Mapping[str, Tensor]) -> None:
    """That the network which `make` builds has just these tensors, all of them finite.

    It is laid out without memory, so that a file that describes more than it holds costs none.

    Raises:
        InputError: other names or shapes, weights that are not finite, or a network that cannot be.
    """
    try:
        with torch.device("meta"):
            shapes = {name: list(value.shape) for name, value in make().state_dict().items()}
    except Exception as error:  # whatever building a network of odd numbers trips over
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"no network has this config: {reason}") from None
    held = {name: list(value.shape) for name, value in state.items()}
    for name in sorted(shapes.keys() | held.keys()):
        if shapes.get(name) != held.get(name):
            raise InputError(f"{name} should be {shapes.get(name)}, but the file has {held.get(name)}")
    if strange := [name for name, value in state.items() if not value.isfinite().all()]:
        raise InputError(f"{strange[0]} has values that are not finite")
