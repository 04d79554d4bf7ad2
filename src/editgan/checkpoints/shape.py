"""From what a file says of a network, and the widths of its layers, to a configuration."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from editgan.core.errors import CheckpointError, InputError
from editgan.models.generator import GeneratorConfig


def shaped(
    what: str, channels: Mapping[int, int], class_id: int = 0, *, kind: Any, usual: str, **fields: Any
) -> GeneratorConfig:
    """The configuration of a network with these channels at each resolution, drawing this class.

    `kind` is its architecture, and `usual` that of most networks like it. Raises CheckpointError if there is
    no such network, or class.
    """
    base, most = _channel_formula(channels, what)
    fields |= {"resolution": max(channels), "channel_base": base, "channel_max": most}
    try:
        config = GeneratorConfig(architecture=None if kind == usual else kind, **fields)
    except (InputError, TypeError) as error:
        raise CheckpointError(f"{what} describes no StyleGAN2: {error}") from None
    if class_id and not config.c_dim:
        raise CheckpointError(f"{what} knows one class only", "ask for none", code="one-class-only")
    if not 0 <= class_id < max(config.c_dim, 1):
        raise CheckpointError(f"{what} has the classes 0 to {config.c_dim - 1}, not {class_id}")
    return replace(config, class_id=class_id)


def resolutions(side: Any, what: str) -> list[int]:
    """4, 8, ... up to `side`. Raises CheckpointError for a side that no supported network draws."""
    if type(side) is not int or side & (side - 1) or not 16 <= side <= 1024:
        raise CheckpointError(f"{what} is for {side!r} px; supported are powers of two from 16 to 1024")
    return [2**i for i in range(2, side.bit_length())]


def widths(
    tensors: Mapping[str, Tensor], names: Mapping[int, str], what: str, *, axis: int = 0
) -> dict[int, int]:
    """Channels by resolution, from these layers' weights. Raises CheckpointError where one is missing."""
    return {r: tensor(tensors, name, what).shape[axis] for r, name in names.items()}


def tensor(tensors: Mapping[str, Any], name: str, what: str) -> Tensor:
    """The one of this name; raises CheckpointError where it is missing."""
    found = tensors.get(name)
    if not isinstance(found, Tensor):
        raise CheckpointError(f"{what} lacks {name}, which its resolution asks for; is the file cut short?")
    return found


def _channel_formula(channels: Mapping[int, int], what: str) -> tuple[int, int]:
    """`channel_base` and `channel_max` from the channels at each resolution.

    StyleGAN2's widths are min(channel_base / resolution, channel_max). Where all layers have the most, the
    smallest base that gives them is taken: another one gives the same network.

    Raises:
        CheckpointError: no two such numbers give these channels.
    """
    most, finest = max(channels.values()), max(channels)
    base = max(r * c for r, c in channels.items() if r == finest or c < most)
    if any(min(base // r, most) != c for r, c in channels.items()):
        shown = ", ".join(f"{c} at {r}" for r, c in sorted(channels.items()))
        raise CheckpointError(f"{what} has channels {shown} px, which are not min(base / resolution, max)")
    return base, most
