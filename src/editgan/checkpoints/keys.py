"""Other people's state dicts <-> ours, with every key accounted for.

A key that is dropped is dropped on purpose; one that is left over or missing is an error that names it,
because a wrong model still draws something.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor

from editgan.core.errors import CheckpointError
from editgan.models.discriminator import Discriminator
from editgan.models.generator import Generator, GeneratorConfig

FILTER_TOLERANCE = 1e-5  # of a resampling filter whose taps are 1/64 and more


Network = Generator | Discriminator
N = TypeVar("N", Generator, Discriminator)


@dataclass(frozen=True, slots=True)
class Key:
    """Where one of our tensors lies in somebody's file."""

    name: str
    shape: tuple[int, ...]  # it has there
    read: Callable[[Tensor], Tensor] | None = None  # theirs to ours, where more than the shape differs


@dataclass(frozen=True, slots=True)
class Layout:
    """How somebody's files hold our networks: read from them, and written as they are."""

    keys: Callable[[Network], dict[str, Key]]  # for every tensor of a network, where it is in the file
    constants: Callable[[Network], dict[str, Tensor]]  # of the file, that we hold as code

    def read(self, kind: type[N], config: GeneratorConfig, theirs: Mapping[str, Tensor], what: str) -> N:
        """A network of this configuration from a file's tensors; errors call it `what`.

        Constants need not be there, but must have their values.

        Raises:
            CheckpointError: a tensor is missing, unknown, of another shape, not finite, or no such constant.
        """
        with torch.device("meta"):  # without memory for its weights
            network = kind(config)
        keys, constants = self.keys(network), self.constants(network)
        found = {key.name for key in keys.values()}
        _refuse(what, "lacks", found - set(theirs))
        strange = set(theirs) - found - set(constants)
        _refuse(what, "has tensors that no StyleGAN2 of its configuration has:", strange)
        for name in constants.keys() & theirs.keys():
            _check_constant(what, name, theirs[name], constants[name])
        state = {
            ours: _checked(theirs[keys[ours].name], keys[ours], what).reshape(wanted.shape).contiguous()
            for ours, wanted in network.state_dict().items()
        }
        network.load_state_dict(state, strict=True, assign=True)
        return network.eval().requires_grad_(False)

    def write(self, network: Network) -> dict[str, Tensor]:
        """The inverse of `read`, for keys that differ in nothing but names and shapes."""
        keys = self.keys(network)
        theirs = {
            keys[ours].name: value.cpu().reshape(keys[ours].shape)
            for ours, value in network.state_dict().items()
        }
        return theirs | {name: value.clone() for name, value in self.constants(network).items()}


def without_prefix(state: Mapping[str, Any], prefix: str = "module.") -> dict[str, Any]:
    """Names as they were before DataParallel put its prefix before every one."""
    if state and all(name.startswith(prefix) for name in state):
        return {name.removeprefix(prefix): value for name, value in state.items()}
    return dict(state)


def _checked(value: Tensor, key: Key, what: str) -> Tensor:
    if tuple(value.shape) != key.shape:
        raise CheckpointError(
            f"{what} contradicts itself: {key.name} is {list(value.shape)}, but its configuration "
            f"wants {list(key.shape)}"
        )
    value = value.float() if key.read is None else key.read(value.float())
    if not value.isfinite().all():
        raise CheckpointError(f"{what} has values in {key.name} that are not finite: its training diverged")
    return value


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
