"""Frozen dataclasses <-> JSON, with unknown keys refused."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from editgan.core.errors import InputError

Config = TypeVar("Config")


def to_json(config: Any) -> dict[str, Any]:
    """A dataclass instance as plain JSON values."""
    return dataclasses.asdict(config)


def from_json(cls: type[Config], values: Any) -> Config:
    """The inverse of `to_json`.

    Raises:
        InputError: a key `cls` does not have, one it needs is missing, or a value it cannot take.
    """
    if not isinstance(values, Mapping):
        raise InputError(f"{cls.__name__} should be a JSON object, got {values!r}")
    hints = typing.get_type_hints(cls)
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    if unknown := set(values) - set(fields):
        raise InputError(f"{cls.__name__} has no {sorted(unknown)}; it was written by another version")
    needed = {n for n, f in fields.items() if f.default is f.default_factory is dataclasses.MISSING}
    if missing := needed - set(values):
        raise InputError(f"{cls.__name__} needs {sorted(missing)}, which are missing")
    try:
        return cls(**{name: _value(hints[name], value) for name, value in values.items()})
    except TypeError as error:
        raise InputError(f"{cls.__name__} has a value of the wrong kind: {error}") from None


def _value(hint: Any, value: Any) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        if value is None:
            return None
        hint = next((t for t in typing.get_args(hint) if dataclasses.is_dataclass(t)), hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_json(hint, value)
    if typing.get_origin(hint) is tuple:
        return tuple(value)
    return value
