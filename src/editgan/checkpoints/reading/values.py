"""What a checkpoint's values are, beside dicts, lists, tuples, sets, text, bytes, numbers and tensors."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """An object that a file describes by its class and its attributes."""

    class_name: str
    module: str
    state: dict[str, Any]
    source: str = ""  # the class's source code, where the file brings it; only ever looked at


class Skipped(Enum):
    """The type of `SKIPPED`."""

    SKIPPED = "skipped"


SKIPPED: Final = Skipped.SKIPPED  # stands where nobody asked for the value
