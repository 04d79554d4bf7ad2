"""What a pickle says, written down instead of done.

Lists, dicts, tuples, sets, numbers and short texts stand for themselves. The rest are the records below;
long bytes stay a `memoryview` of the file.
"""

from dataclasses import dataclass
from typing import Any

Node = Any  # one of the above

ATOMS = (str, int, float, bytes, bool, type(None))  # hold nothing, and hash without looking further


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function that the file mentions."""

    module: str
    name: str

    def __str__(self) -> str:
        return shown(f"{self.module}.{self.name}")


@dataclass(slots=True, eq=False)
class Call:
    """What unpickling would have made by calling `function`, and then set on it."""

    function: Name
    args: tuple[Node, ...]
    state: Node = None
    pairs: dict[Node, Node] | None = None


@dataclass(slots=True, eq=False)
class Persistent:
    """Something kept outside the pickle: in torch files, a storage."""

    id: Node


@dataclass(slots=True, eq=False)
class LongText:
    """Text that is still in the file, undecoded."""

    data: memoryview
    encoding: str

    def decode(self) -> str:
        """Strict, but for the lone surrogates that pickle itself lets through."""
        return str(self.data, self.encoding, "surrogatepass" if self.encoding == "utf-8" else "strict")


def shown(text: str) -> str:
    """Short, printable and on one line, whatever a stranger wrote: for error messages."""
    safe = "".join(c if c.isascii() and c.isprintable() else "?" for c in text[:81])
    return safe if len(safe) <= 80 else safe[:80] + "..."
