"""What a checkpoint's values are, beside dicts, lists, tuples, sets, text, bytes, numbers and tensors."""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """An object that a file describes by its class and its attributes."""

    class_name: str
    module: str
    state: dict[str, Any]
    source: str = ""  # the class's source code, where the file brings it; only ever looked at


SKIPPED: Final = object()  # stands where nobody asked for the value
