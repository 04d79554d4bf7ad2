"""Numbers in a file -> tensors that own their memory. What a shape claims is compared with what is there."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from editgan.checkpoints.reading.graph import Name
from editgan.checkpoints.reading.limits import Budget
from editgan.core.errors import CheckpointError

MOST_AXES = 32
LARGEST = 1 << 40  # elements, and far below where 64 bits overflow

# torch's name of each type, and that of its storages
_TYPES = {
    **{"float16": "Half", "float32": "Float", "float64": "Double", "bfloat16": "BFloat16"},
    **{"complex64": "ComplexFloat", "complex128": "ComplexDouble", "bool": "Bool", "uint8": "Byte"},
    **{"int8": "Char", "int16": "Short", "int32": "Int", "int64": "Long"},
}
# What numbers of so many bytes are copied as, before they are looked at as what they are
_RAW = {1: "u1", 2: "i2", 4: "i4", 8: "i8"}

DTYPES: dict[Name, torch.dtype] = {
    Name("torch", name): getattr(torch, name) for name in (*_TYPES, "uint16", "uint32", "uint64")
}
STORAGE_TYPES: dict[Name, torch.dtype] = {
    **{Name("torch", f"{storage}Storage"): getattr(torch, name) for name, storage in _TYPES.items()},
    Name("torch", "UntypedStorage"): torch.uint8,
    Name("torch.storage", "UntypedStorage"): torch.uint8,
}


@dataclass(frozen=True, slots=True, eq=False)
class Storage:
    """A run of numbers somewhere in the file."""

    data: memoryview
    dtype: torch.dtype
    big_endian: bool = False


class TensorReader:
    """Makes tensors, within a budget; or only checks that they could be made."""

    def __init__(self, budget: Budget, *, wanted: bool) -> None:
        self.budget = budget
        self.wanted = wanted

    def strided(self, storage: Storage, offset: Any, shape: Any, strides: Any) -> Tensor:
        """A tensor as torch describes it, in elements; an empty one where it is not wanted."""
        shape, strides, (offset,) = checked_shape(shape), checked_sizes(strides), checked_sizes([offset])
        if len(shape) != len(strides):
            raise CheckpointError(f"holds a tensor of shape {shape}, but strides {strides}; it is damaged")
        item = storage.dtype.itemsize
        count, held = math.prod(shape), len(storage.data) // item
        last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
        if count and (count > held or last >= held):
            raise CheckpointError(f"holds a tensor of shape {shape}, but {held} numbers; it is damaged")
        self.budget.spend("tensors")
        self.budget.spend("tensor_bytes", count * item)
        if not self.wanted or not count:
            return torch.empty(0 if count else tuple(shape), dtype=storage.dtype)
        return _copied(storage, offset, shape, strides)

    def flat(self, storage: Storage) -> Tensor:
        """All of a storage."""
        return self.strided(storage, 0, (len(storage.data) // storage.dtype.itemsize,), (1,))


def checked_shape(shape: Any) -> tuple[int, ...]:
    """A shape that a tensor can have, whoever wrote it. Nothing is to be done with one before."""
    sizes = checked_sizes(shape)
    if math.prod(max(size, 1) for size in sizes) > LARGEST:
        raise CheckpointError(f"holds a tensor of shape {sizes}, larger than any file; it is damaged")
    return sizes


def checked_sizes(sizes: Any) -> tuple[int, ...]:
    """One number for each axis."""
    if not isinstance(sizes, list | tuple) or len(sizes) > MOST_AXES:
        raise CheckpointError(f"holds a tensor of no shape, or of over {MOST_AXES} axes; it is damaged")
    if not all(type(size) is int and 0 <= size <= LARGEST for size in sizes):
        raise CheckpointError("holds a tensor of impossible shape; it is damaged, get it again")
    return tuple(sizes)


def _copied(storage: Storage, offset: int, shape: Sequence[int], strides: Sequence[int]) -> Tensor:
    item = storage.dtype.itemsize
    array: np.ndarray[Any, Any] = np.ndarray(
        tuple(shape),
        f"c{item}" if storage.dtype.is_complex else _RAW[item],
        buffer=storage.data,
        offset=offset * item,
        strides=tuple(stride * item for stride in strides),
    ).copy()
    if storage.big_endian:
        array = array.byteswap()
    if storage.dtype == torch.bool:
        return torch.from_numpy(array != 0)  # in memory, other bytes would be neither true nor false
    return torch.from_numpy(array).view(storage.dtype)
