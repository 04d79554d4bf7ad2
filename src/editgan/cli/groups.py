"""Options in groups: a dataclass whose fields become options of every verb that takes one.

    @dataclass(frozen=True)
    class Networks:
        bundle: Annotated[str, Option("--bundle", "-b", help="...")] = "faces-64"
        device: Annotated[str | None, Option(help="...")] = None

    @grouped
    def sample(count: CountOption, *, networks: Networks) -> None: ...

The verb then has --count, --bundle and --device.
"""

import dataclasses
import functools
import inspect
import typing
from collections.abc import Callable, Iterator
from typing import Any

# Whichever group they come from, these stand last in the help of a verb, in this order
LAST = (
    *("insist", "box", "face", "largest", "all_faces", "thorough", "edit_steps", "embed_steps"),
    *("fidelity", "fresh", "keep", "paste", "strip_metadata", "judge", "settings", "cpu", "device"),
)


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """The command as Typer should see it: with the fields of its dataclasses as options."""
    asked = inspect.signature(command).parameters.values()
    groups: dict[str, Any] = {p.name: p.annotation for p in asked if dataclasses.is_dataclass(p.annotation)}
    options = [option for p in asked for option in (_fields(p.annotation) if p.name in groups else [p])]

    @functools.wraps(command)
    def flat(**given: Any) -> None:
        made = {
            name: group(**{field.name: given.pop(field.name) for field in dataclasses.fields(group)})
            for name, group in groups.items()
        }
        command(**given, **made)

    keywords = [option.replace(kind=inspect.Parameter.KEYWORD_ONLY) for option in options]
    flat.__dict__["__signature__"] = inspect.Signature(sorted(keywords, key=_place))
    return flat


def _fields(group: type) -> Iterator[inspect.Parameter]:
    hints = typing.get_type_hints(group, include_extras=True)
    for field in dataclasses.fields(group):
        default = inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default
        yield inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[field.name]
        )


def _place(option: inspect.Parameter) -> int:
    return LAST.index(option.name) if option.name in LAST else -1
