"""The zip that torch writes: uncompressed members, each a window on the file.

`zipfile` builds an object for each member that a file claims to have, and unpacks what it claims to hold;
here the claims are compared with the file first.
"""

import struct
import zlib
from dataclasses import dataclass
from itertools import pairwise

from editgan.checkpoints.reading.graph import shown
from editgan.checkpoints.reading.limits import Limits
from editgan.core.errors import CheckpointError

_END, _END_64, _LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_ENTRY, _LOCAL = b"PK\x01\x02", b"PK\x03\x04"
_LONGEST_COMMENT = 1 << 16
_IN_EXTRA = 0xFFFFFFFF  # a 32-bit field whose value did not fit

_DAMAGED = "is a damaged zip file, cut short or spliced; get it again"


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a zip."""

    name: str
    data: memoryview
    checksum: int

    def checked(self) -> memoryview:
        """The bytes, once they have been compared with their checksum; torch can be told to write none: 0."""
        if self.checksum and zlib.crc32(self.data) != self.checksum:
            raise CheckpointError(f"is damaged: {shown(self.name)} in it has changed; get it again")
        return self.data


def read_members(data: memoryview, limits: Limits) -> dict[str, Member]:
    """All files in a zip, by name."""
    try:
        return _read_members(data, limits)
    except struct.error:
        raise CheckpointError(_DAMAGED) from None


def _read_members(data: memoryview, limits: Limits) -> dict[str, Member]:
    count, size, at = _directory(data)
    if count > limits.members or size > len(data):
        raise CheckpointError(f"is a zip of {count} files; a checkpoint has at most {limits.members}")
    members: dict[str, Member] = {}
    spans = []
    for _ in range(count):
        span, member, at = _member(data, at)
        if member.name in members:
            raise CheckpointError(f"is a zip with two files named {shown(member.name)}; it was not read")
        members[member.name] = member
        spans.append(span)
    spans.sort()
    if any(end > start for (_, end), (start, _) in pairwise(spans)):
        raise CheckpointError("is a zip whose files overlap, as in a zip bomb; it was not read")
    return members


def _directory(data: memoryview) -> tuple[int, int, int]:
    """Number of entries, bytes, position."""
    tail = bytes(data[-_LONGEST_COMMENT - 22 :])
    found = tail.rfind(_END)
    if found < 0:
        raise CheckpointError(_DAMAGED)
    count, size, at, comment = struct.unpack_from("<HIIH", tail, found + 10)
    if found + 22 + comment > len(tail):
        raise CheckpointError(_DAMAGED)
    end = len(data) - len(tail) + found
    if end >= 20 and data[end - 20 : end - 16] == _LOCATOR_64:
        (end_64,) = struct.unpack_from("<Q", data, end - 12)
        if data[end_64 : end_64 + 4] != _END_64:
            raise CheckpointError(_DAMAGED)
        count, size, at = struct.unpack_from("<QQQ", data, end_64 + 32)
    return count, size, at


def _member(data: memoryview, at: int) -> tuple[tuple[int, int], Member, int]:
    """What it takes up in the file, itself, and where the next entry is."""
    if data[at : at + 4] != _ENTRY:
        raise CheckpointError(_DAMAGED)
    flags, method = struct.unpack_from("<HH", data, at + 8)
    checksum, packed, size, *lengths = struct.unpack_from("<IIIHHH", data, at + 16)
    (start,) = struct.unpack_from("<I", data, at + 42)
    name_end = at + 46 + lengths[0]
    name = str(data[at + 46 : name_end], "utf-8", "replace")
    if flags & 1:
        raise CheckpointError("is an encrypted zip; unpack it with its password and give the file inside")
    size, packed, start = _wide(data[name_end : name_end + lengths[1]], [size, packed, start])
    if method != 0 or packed != size:
        raise CheckpointError(
            "is a compressed zip, which torch does not write; unpack it and give the checkpoint inside"
        )
    if data[start : start + 4] != _LOCAL:
        raise CheckpointError(_DAMAGED)
    name_length, extra_length = struct.unpack_from("<HH", data, start + 26)
    begin = start + 30 + name_length + extra_length
    end = begin + size
    if end > len(data):
        raise CheckpointError(_DAMAGED)
    return (start, end), Member(name, data[begin:end], checksum), name_end + sum(lengths[1:])


def _wide(extra: memoryview, numbers: list[int]) -> list[int]:
    """Numbers above 32 bits stand in extra field 1, in this order and only those that did not fit."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            wide = iter(struct.unpack_from(f"<{length // 8}Q", extra, at + 4))
            return [next(wide, number) if number == _IN_EXTRA else number for number in numbers]
        at += 4 + length
    return numbers
