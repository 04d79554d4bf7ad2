"""torch's format before 1.6, which is also how a plain pickle holds each of its tensors' storages.

Five pickles (magic number, version, system, value, keys), then each storage's length and its raw numbers.
"""

from collections.abc import Callable, Collection

import torch

from editgan.checkpoints.reading.graph import Name, Persistent
from editgan.checkpoints.reading.machine import Pickle, read_pickle
from editgan.checkpoints.reading.stream import Stream
from editgan.checkpoints.reading.tensors import STORAGE_TYPES, Storage
from editgan.core.errors import CheckpointError

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
VERSION = 1001

DAMAGED = "is damaged: it refers to tensors that are not in it as it describes them; get it again"


def read_legacy(stream: Stream, allowed: Collection[Name]) -> tuple[Pickle, dict[str, Storage]]:
    """What stands behind the magic number: the value, and its storages by their key."""
    version = read_pickle(stream, ()).root
    if version != VERSION:
        raise CheckpointError(f"is a torch file of an unknown version; {VERSION} is the one known")
    read_pickle(stream, ())  # the system it was written on; the numbers are little-endian on all
    pickle = read_pickle(stream, allowed)
    keys = read_pickle(stream, ()).root
    # In reverse, because a storage that is mentioned twice is written as it was mentioned first
    dtypes = {key: dtype for key, dtype, _ in map(described, reversed(pickle.persistent))}
    if type(keys) is not list or not all(type(key) is str and key in dtypes for key in keys):
        raise CheckpointError(DAMAGED)
    return pickle, {key: _storage(stream, dtypes[key]) for key in keys}


def _storage(stream: Stream, dtype: torch.dtype) -> Storage:
    count = stream.number(8)
    return Storage(stream.take(count * dtype.itemsize), dtype)


def read_nested(stream: Stream) -> Storage:
    """A storage within a pickle: a whole file of its own, in which nothing else is accepted."""
    if read_pickle(stream, ()).root != MAGIC_NUMBER:
        raise CheckpointError("holds a tensor in an unknown format; it is damaged, get it again")
    pickle, storages = read_legacy(stream, STORAGE_TYPES)
    if type(pickle.root) is not Persistent:
        raise CheckpointError("holds a tensor in an unknown format; it is damaged, get it again")
    return find_meant(pickle.root, storages.get)


def described(persistent: Persistent) -> tuple[str, torch.dtype, int]:
    """Key, type and number of elements, from ("storage", type, key, device, number, view)."""
    match persistent.id:
        case ("storage", Name() as name, str(key), str(), int(count)) | (
            "storage", Name() as name, str(key), str(), int(count), _
        ) if name in STORAGE_TYPES:  # fmt: skip
            return key, STORAGE_TYPES[name], count
    raise CheckpointError(DAMAGED)


def find_meant(persistent: Persistent, find: Callable[[str], Storage | None]) -> Storage:
    """The storage meant, or the part of it that is meant."""
    key, dtype, count = described(persistent)
    held = find(key)
    if held is None or len(held.data) != count * dtype.itemsize:
        raise CheckpointError(DAMAGED)
    start = 0
    match persistent.id[5:]:
        case () | (None,):
            pass
        case ((_, int(start), int(count)),) if start >= 0 and count >= 0:
            pass
        case _:
            raise CheckpointError(DAMAGED)
    item = dtype.itemsize
    return Storage(held.data[start * item : (start + count) * item], dtype, held.big_endian)
