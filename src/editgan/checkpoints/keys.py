"""Other people's state dicts <-> ours, with every key accounted for.

A key that is dropped is dropped on purpose; one that is left over or missing is an error that names it,
because a wrong model still draws something.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from editgan.core.errors import CheckpointError
from editgan.models.ops import binomial_filter

FILTER_TOLERANCE = 1e-5  # of a resampling filter whose taps are 1/64 and more


@dataclass(frozen=True, slots=True)
class Key:
    """Where one of our tensors lies in somebody's file."""

    name: str
    shape: tuple[int, ...]  # it has there
    read: Callable[[Tensor], Tensor] | None = None  # theirs to ours, where more than the shape differs


def read_state(
    theirs: Mapping[str, Tensor],
    keys: Mapping[str, Key],
    network: nn.Module,
    *,
    constants: Mapping[str, Tensor],
    what: str,
) -> None:
    """Fills `network` from `theirs`.

    Args:
        theirs: the file's tensors by their names.
        keys: for every tensor of `network`, where it is in the file.
        network: of our modules, on the CPU or the meta device.
        constants: tensors of the file that we hold as code; those that are there must have these values.
        what: how to call the file in errors.

    Raises:
        CheckpointError: a tensor is missing, unknown, of another shape, not finite, or no such constant.
    """
    found = {key.name for key in keys.values()}
    _refuse(what, "lacks", found - set(theirs))
    _refuse(
        what, "has tensors that no StyleGAN2 of its configuration has:", set(theirs) - found - set(constants)
    )
    for name in constants.keys() & theirs.keys():
        _check_constant(what, name, theirs[name], constants[name])
    state = {}
    for ours, wanted in network.state_dict().items():
        key = keys[ours]
        value = theirs[key.name]
        if tuple(value.shape) != key.shape:
            raise CheckpointError(
                f"{what} contradicts itself: {key.name} is {list(value.shape)}, but its configuration "
                f"wants {list(key.shape)}"
            )
        value = value.float() if key.read is None else key.read(value.float())
        if not value.isfinite().all():
            raise CheckpointError(
                f"{what} has values in {key.name} that are not finite: its training diverged"
            )
        state[ours] = value.reshape(wanted.shape).contiguous()
    network.load_state_dict(state, strict=True, assign=True)
    network.eval().requires_grad_(False)


def write_state(
    network: nn.Module, keys: Mapping[str, Key], constants: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """The inverse of `read_state`, for keys that differ in nothing but names and shapes."""
    theirs = {
        keys[name].name: value.cpu().reshape(keys[name].shape) for name, value in network.state_dict().items()
    }
    return theirs | {name: value.clone() for name, value in constants.items()}


def empty(network: Callable[[], Any]) -> Any:
    """A network without memory for its weights, to be filled by `read_state`."""
    with torch.device("meta"):
        return network()


def resampling_filter(gain: float = 1.0) -> Tensor:
    """The filter that files store beside the weights and we hold as code, [4, 4]."""
    return binomial_filter() * gain


def without_prefix(state: Mapping[str, Any], prefix: str = "module.") -> dict[str, Any]:
    """Names as they were before DataParallel put its prefix before every one."""
    if state and all(name.startswith(prefix) for name in state):
        return {name.removeprefix(prefix): value for name, value in state.items()}
    return dict(state)


def _check_constant(what: str, name: str, value: Tensor, wanted: Tensor) -> None:
    if value.shape != wanted.shape or not torch.allclose(value.float(), wanted, atol=FILTER_TOLERANCE):
        raise CheckpointError(
            f"{what} resamples with another filter than [1, 3, 3, 1] ({name}), which is not supported"
        )


def _refuse(what: str, verb: str, names: Collection[str]) -> None:
    if names:
        some = ", ".join(sorted(names)[:5])
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        raise CheckpointError(f"{what} {verb} {some}{more}; is it a StyleGAN2 of the usual kind?")
