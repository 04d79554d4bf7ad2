"""The bytes of a pickle, read in order; no length is believed before it is compared with what is left."""

import re
import struct
from collections.abc import Callable
from typing import Any

from editgan.checkpoints.reading.graph import LongText
from editgan.checkpoints.reading.limits import Budget
from editgan.core.errors import CheckpointError

LONG_BYTES = 1 << 12  # from here on bytes stay in the file
LONG_TEXT = 1 << 16
INTEGER_BYTES = 128
LINE_OF_A_NUMBER = 400  # characters

CUT_SHORT = "ends in the middle of a value: it is damaged or was not downloaded whole; get it again"


class Stream:
    """A position in a buffer."""

    def __init__(self, data: memoryview, budget: Budget, position: int = 0) -> None:
        self.data = data
        self.budget = budget
        self.position = position

    def take(self, length: int) -> memoryview:
        """The next bytes, still in the file."""
        end = self.position + length
        if end > len(self.data):
            raise CheckpointError(CUT_SHORT)
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def number(self, length: int) -> int:
        """Unsigned, little-endian."""
        return int.from_bytes(self.take(length), "little")

    def integer(self, length: int) -> int:
        """Signed, little-endian; of any length that a checkpoint could want."""
        if length > INTEGER_BYTES:
            raise CheckpointError(f"holds an integer of {length} bytes; it is damaged, get it again")
        return int.from_bytes(self.take(length), "little", signed=True)

    def line(self, longest: int) -> bytes:
        """Up to the next newline, without it."""
        size = 256
        while True:
            chunk = bytes(self.data[self.position : self.position + min(size, longest + 1)])
            if (end := chunk.find(b"\n")) >= 0:
                self.budget.spend("text_bytes", end)
                self.position += end + 1
                return chunk[:end]
            if self.position + len(chunk) >= len(self.data):
                raise CheckpointError(CUT_SHORT)
            if len(chunk) > longest:
                raise ValueError("a line without an end")
            size *= 16

    def blob(self, length: int) -> bytes | memoryview:
        """Bytes; where they are many, as a window on the file."""
        taken = self.take(length)
        if length >= LONG_BYTES:
            return taken
        self.budget.spend("text_bytes", length)
        return bytes(taken)

    def text(self, length: int, encoding: str = "utf-8") -> str | LongText:
        """Text; where it is long, as a window on the file."""
        text = LongText(self.take(length), encoding)
        if length >= LONG_TEXT:
            return text
        self.budget.spend("text_bytes", length)
        return text.decode()


def _int_line(stream: Stream) -> int | bool:
    line = stream.line(LINE_OF_A_NUMBER)
    return line == b"01" if line in (b"00", b"01") else int(line)


def _escaped_line(stream: Stream) -> str:
    """Python 2's `str`, as its repr."""
    line = stream.line(stream.budget.left["text_bytes"])
    if len(line) < 2 or line[0] != line[-1] or line[0] not in b"'\"":
        raise ValueError("a string without quotes")
    return re.sub(rb"\\(x[0-9a-fA-F]{2}|.)", _unescaped, line[1:-1]).decode("latin-1")


def _unescaped(match: re.Match[bytes]) -> bytes:
    escape = match[1]
    if len(escape) > 1:
        return bytes([int(escape[1:], 16)])
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(escape, escape)


def _unicode_line(stream: Stream) -> str:
    return str(stream.line(stream.budget.left["text_bytes"]), "raw-unicode-escape")


# Opcodes that only bring a value
ATOM_OPCODES: dict[int, Callable[[Stream], Any]] = {
    opcode[0]: read
    for opcode, read in {
        b"N": lambda stream: None,
        b"\x88": lambda stream: True,
        b"\x89": lambda stream: False,
        b"I": _int_line,
        b"J": lambda stream: stream.integer(4),
        b"K": lambda stream: stream.number(1),
        b"M": lambda stream: stream.number(2),
        b"L": lambda stream: int(stream.line(LINE_OF_A_NUMBER).rstrip(b"L")),
        b"\x8a": lambda stream: stream.integer(stream.number(1)),
        b"\x8b": lambda stream: stream.integer(stream.number(4)),
        b"F": lambda stream: float(stream.line(LINE_OF_A_NUMBER)),
        b"G": lambda stream: struct.unpack(">d", stream.take(8))[0],
        b"S": _escaped_line,
        b"T": lambda stream: stream.text(stream.number(4), "latin-1"),
        b"U": lambda stream: stream.text(stream.number(1), "latin-1"),
        b"V": _unicode_line,
        b"X": lambda stream: stream.text(stream.number(4)),
        b"\x8c": lambda stream: stream.text(stream.number(1)),
        b"\x8d": lambda stream: stream.text(stream.number(8)),
        b"B": lambda stream: stream.blob(stream.number(4)),
        b"C": lambda stream: stream.blob(stream.number(1)),
        b"\x8e": lambda stream: stream.blob(stream.number(8)),
        b"\x96": lambda stream: stream.blob(stream.number(8)),
    }.items()
}
