"""JSON objects of which a version knows some: what it does not know is kept, and written back."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeVar

from editgan.core.config import from_json, to_json
from editgan.core.errors import InputError

SomeObject = TypeVar("SomeObject", bound="JsonObject")


@dataclasses.dataclass(frozen=True, kw_only=True)
class JsonObject:
    """A JSON object: known keys are fields, None where they are not there; `class_` is the key class.

    Read and written again it is the same to the byte: `others` holds unknown keys, nulls, empty objects, and
    known keys with a value of another kind than the field's; `order` is that of the keys when they were read.
    """

    others: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    order: tuple[str, ...] = dataclasses.field(default=(), repr=False, compare=False)

    @classmethod
    def from_json(cls: type[SomeObject], values: Any) -> SomeObject:
        """The inverse of `to_json`. Raises InputError for what is no JSON object; any object will do."""
        if not isinstance(values, Mapping):
            raise InputError(f"{cls.__name__} should be a JSON object, got {values!r}")
        kinds, known, others = typing.get_type_hints(cls), {}, dict(values)
        for name in _names(cls):
            value = values.get(_key(name))
            if value is not None and value != {}:
                with suppress(InputError):
                    known[name] = _read(kinds[name], value)
                    del others[_key(name)]
        return cls(**known, others=others, order=tuple(values))

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, the keys in the order in which they came; new ones follow."""
        values = {_key(name): getattr(self, name) for name in _names(type(self))}
        known = {key: _plain(value) for key, value in values.items() if value is not None}
        known = {key: value for key, value in known.items() if value != {}}
        found = {**self.others, **known}
        return {key: found[key] for key in dict.fromkeys((*self.order, *known, *found)) if key in found}


def _names(cls: type[JsonObject]) -> list[str]:
    return [f.name for f in dataclasses.fields(cls) if f.name not in ("others", "order")]


def _key(name: str) -> str:
    return name.rstrip("_")


def _read(kind: Any, value: Any) -> Any:
    """`value` as a field of that kind has it. Raises InputError where it is of another."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        for one in inner:
            with suppress(InputError):
                return _read(one, value)
    elif origin is tuple and isinstance(value, list):
        return tuple(_read(inner[0], each) for each in value)
    elif origin is Mapping and isinstance(value, dict):
        return {name: _read(inner[1], each) for name, each in value.items()}
    elif isinstance(kind, type) and issubclass(kind, JsonObject):
        return kind.from_json(value)
    elif dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return from_json(kind, value)
    elif value is not None and (value in inner or _is_of(kind, value)):
        return value
    raise InputError(f"should be {kind}, got {value!r}")


def _is_of(kind: Any, value: Any) -> bool:
    """A whole number will do for a float."""
    return kind is Any or type(value) is kind or (kind is float and type(value) is int)


def _plain(value: Any) -> Any:
    if isinstance(value, JsonObject):
        return value.to_json()
    if dataclasses.is_dataclass(value):
        return _plain(to_json(value))
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
