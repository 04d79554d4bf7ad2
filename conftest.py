"""While tests run, every annotation is checked, shapes included.

Here and not by an option of pytest: the workers of pytest-xdist see none of pyproject.toml, and the checks
must be in place before anything is imported that they are to see.
"""

import inspect
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import partial
from typing import Any, Literal, get_args, get_origin

import jaxtyping
from jaxtyping import AbstractArray

shapes_checked = jaxtyping.jaxtyped


def checked(decorated: Any, *, typechecker: Callable[..., Any]) -> Any:
    """The type checker alone where no annotation has a shape: jaxtyping's part takes longer than all else."""
    if is_dataclass(decorated) and "__init__" in vars(decorated):
        decorated.__init__ = checked(decorated.__init__, typechecker=typechecker)
        return decorated
    if inspect.isfunction(decorated) and not any(map(has_shape, decorated.__annotations__.values())):
        return typechecker(decorated)
    return shapes_checked(decorated, typechecker=typechecker)


def has_shape(annotation: object) -> bool:
    """Or may have: what is written in quotes is not looked into."""
    if inspect.isclass(annotation) and issubclass(annotation, AbstractArray):
        return True
    parts = () if get_origin(annotation) is Literal else get_args(annotation)
    return isinstance(annotation, str) or any(map(has_shape, parts))


jaxtyping.jaxtyped = lambda *, typechecker: partial(checked, typechecker=typechecker)
# The numeric tower: an int will do for a float
jaxtyping.install_import_hook(
    ["editgan", "benchmarks"],
    "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True, violation_type=TypeError))",
)
