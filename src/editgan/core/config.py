"""Frozen dataclasses <-> JSON, with unknown keys refused; and single fields changed by name."""

import ast
import dataclasses
import functools
import math
import operator
import reprlib
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from editgan.core.errors import InputError

Config = TypeVar("Config")
_PLAIN = {int, float, str, bool, type(None)}  # what is checked here; of the rest the dataclass knows more


def to_json(config: Any) -> dict[str, Any]:
    """A dataclass instance as plain JSON values."""
    return dataclasses.asdict(config)


def known_json(config: Any) -> dict[str, Any]:
    """The same without the fields that are None: what a report has to say."""
    return {name: value for name, value in to_json(config).items() if value is not None}


def from_json(cls: type[Config], values: Any) -> Config:
    """The inverse of `to_json`.

    Raises:
        InputError: a key `cls` does not have, one it needs is missing, or a value it cannot take.
    """
    if not isinstance(values, Mapping):
        raise InputError(f"{cls.__name__} should be a JSON object, got {reprlib.repr(values)}")
    hints = typing.get_type_hints(cls)
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    if unknown := set(values) - set(fields):
        raise InputError(f"{cls.__name__} has no {sorted(unknown)}; it was written by another version")
    needed = {n for n, f in fields.items() if f.default is f.default_factory is dataclasses.MISSING}
    if missing := needed - set(values):
        raise InputError(f"{cls.__name__} needs {sorted(missing)}, which are missing")
    try:
        return cls(**{name: _value(name, hints[name], value) for name, value in values.items()})
    except TypeError as error:
        raise InputError(f"{cls.__name__} has a value of the wrong kind: {error}") from None


def _value(name: str, hint: Any, value: Any) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        if value is None:
            return None
        hint = next((t for t in typing.get_args(hint) if dataclasses.is_dataclass(t)), hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return value if isinstance(value, hint) else from_json(hint, value)
    if typing.get_origin(hint) is tuple:
        kind, *others = typing.get_args(hint)
        kinds = [kind] * len(value) if others == [...] else [kind, *others]
        if len(kinds) != len(value):
            raise TypeError(f"{name} should be {len(kinds)} values, got {len(value)}")
        return tuple(_value(name, kind, one) for kind, one in zip(kinds, value, strict=True))
    is_plain = typing.get_origin(hint) in (None, typing.Union, types.UnionType)
    if is_plain and set(typing.get_args(hint) or (hint,)) <= _PLAIN and not _fits(value, hint):
        raise TypeError(f"{name} should be {_spelled(hint)}, got {reprlib.repr(value)}")
    return value


def changed(config: Config, settings: Iterable[str]) -> Config:
    """`config` with each NAME=VALUE of `settings`; dots lead into nested ones: generator.channel_base=2048.

    Raises:
        InputError: not NAME=VALUE, a name that is not there, or a value of another kind.
    """
    kinds, values = _kinds(type(config)), to_json(config)
    for setting in settings:
        name, equals, text = (part.strip() for part in setting.partition("="))
        if not equals or name not in kinds:
            what = f"has no {name!r}" if equals else f"is changed by NAME=VALUE, got {setting!r}"
            names = ", ".join(f"{known} ({_spelled(kind)})" for known, kind in kinds.items())
            raise InputError(f"{type(config).__name__} {what}; there are {names}")
        value = text if kinds[name] is str else _literal(text)
        if not _fits(value, kinds[name]):
            raise InputError(f"{name} should be {_spelled(kinds[name])}, got {text!r}")
        *path, last = name.split(".")
        functools.reduce(operator.getitem, path, values)[last] = value
    return from_json(type(config), values)


def _kinds(cls: type) -> dict[str, Any]:
    """Type of every field by its name, dots in those of nested dataclasses."""
    kinds: dict[str, Any] = {}
    for name, hint in typing.get_type_hints(cls).items():
        inner = {"": hint} if not dataclasses.is_dataclass(hint) else _kinds(typing.cast(type, hint))
        kinds |= {f"{name}.{rest}".rstrip("."): kind for rest, kind in inner.items()}
    return kinds


def _literal(text: str) -> Any:
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return tuple(value) if isinstance(value, list) else value


def _fits(value: Any, kind: Any) -> bool:
    kinds = typing.get_args(kind)
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return any(_fits(value, one) for one in kinds)
    if typing.get_origin(kind) is tuple:
        return isinstance(value, tuple) and len(value) == len(kinds) and all(map(_fits, value, kinds))
    if kind is float:  # a whole number will do
        return type(value) in (int, float) and math.isfinite(value)
    return type(value) is kind


def _spelled(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind)
