"""From what a file says of a network, and the widths of its layers, to a configuration."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from editgan.core.errors import CheckpointError, InputError
from editgan.models.generator import GeneratorConfig


def shaped(what: str, **fields: Any) -> GeneratorConfig:
    """A configuration of these fields. Raises CheckpointError if there is no such network."""
    try:
        return GeneratorConfig(**fields)
    except (InputError, TypeError) as error:
        raise CheckpointError(f"{what} describes no StyleGAN2: {error}") from None


def resolutions(side: Any, what: str) -> list[int]:
    """4, 8, ... up to `side`. Raises CheckpointError for a side that no supported network draws."""
    if type(side) is not int or side & (side - 1) or not 16 <= side <= 1024:
        raise CheckpointError(f"{what} draws {side!r} px; supported are powers of two from 16 to 1024")
    return [2**i for i in range(2, side.bit_length())]


def channel_formula(channels: Mapping[int, int], what: str) -> tuple[int, int]:
    """`channel_base` and `channel_max` from the channels at each resolution.

    StyleGAN2's widths are min(channel_base / resolution, channel_max). Where all layers have the most, the
    smallest base that gives them is taken: another one gives the same network.

    Raises:
        CheckpointError: no two such numbers give these channels.
    """
    most, finest = max(channels.values()), max(channels)
    base = max(r * c for r, c in channels.items() if r == finest or c < most)
    if any(min(base // r, most) != c for r, c in channels.items()):
        widths = ", ".join(f"{c} at {r}" for r, c in sorted(channels.items()))
        raise CheckpointError(
            f"{what} has the channels {widths} px, which do not follow min(base / resolution, max)"
        )
    return base, most


def with_class(config: GeneratorConfig, class_id: int, what: str) -> GeneratorConfig:
    """`config` drawing this class. Raises CheckpointError if there is no such class."""
    if not config.c_dim and class_id:
        raise CheckpointError(f"{what} knows one class only", "ask for none", code="one-class-only")
    try:
        return replace(config, class_id=class_id)
    except InputError:
        raise CheckpointError(f"{what} has the classes 0 to {config.c_dim - 1}, not {class_id}") from None
