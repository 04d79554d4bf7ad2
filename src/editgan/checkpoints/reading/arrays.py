"""How numpy writes its arrays and numbers, in the spellings of all its versions."""

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from editgan.checkpoints.reading.graph import LongText, Name, shown
from editgan.checkpoints.reading.limits import Budget
from editgan.checkpoints.reading.tensors import Storage, TensorReader, checked_shape
from editgan.core.errors import CheckpointError

ARRAY_CLASS = Name("numpy", "ndarray")
_CODES = ("f2", "f4", "f8", "c8", "c16", "b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8")


def dtype_of(args: Sequence[Any], state: Any) -> "np.dtype[Any]":
    """From `dtype("f4", False, True)` and its state `(3, "<", ...)`: a type of numbers, nothing else."""
    code = args[0] if args and isinstance(args[0], str) else "something"
    match = re.fullmatch(r"[<>=|]?([a-z]\d{1,2})", code)
    if match is None or match[1] not in _CODES:
        raise CheckpointError(f"holds an array of type {shown(code)}; only numbers can be imported")
    is_big = isinstance(state, tuple) and len(state) > 1 and state[1] == ">"
    return np.dtype(match[1]).newbyteorder(">" if is_big else "<")


def array(reader: TensorReader, data: Any, dtype: Any, shape: Any, order: Any) -> Tensor:
    """An array in C or Fortran order, as a tensor."""
    shape = checked_shape(shape)
    held = raw_bytes(data, reader.budget)
    if not isinstance(dtype, np.dtype) or math.prod(shape) * dtype.itemsize != len(held):
        raise CheckpointError(f"is damaged: an array of shape {shape} in {len(held)} bytes; get it again")
    is_fortran = isinstance(order, str) and order == "F"
    kind = torch.from_numpy(np.empty(0, dtype.newbyteorder("="))).dtype
    storage = Storage(held, kind, big_endian=dtype.str.startswith(">"))
    return reader.strided(storage, 0, shape, _strides(shape, is_fortran))


def scalar(dtype: Any, data: Any, budget: Budget) -> bool | int | float | complex:
    """A single number, as Python's own."""
    held = raw_bytes(data, budget)
    if not isinstance(dtype, np.dtype) or len(held) != dtype.itemsize:
        raise CheckpointError(f"holds a number in {len(held)} bytes; it is damaged, get it again")
    number: bool | int | float | complex = np.frombuffer(held, dtype)[0].item()
    return number


def raw_bytes(data: Any, budget: Budget) -> memoryview:
    """Bytes in any form; Python 2 had them as text."""
    if isinstance(data, str | LongText):
        budget.spend("copied_bytes", len(data.data if isinstance(data, LongText) else data))
        data = (data.decode() if isinstance(data, LongText) else data).encode("latin-1")
    return memoryview(data)


def _strides(shape: Sequence[int], is_fortran: bool) -> list[int]:
    """In elements; the last axis is the densest, in Fortran order the first."""
    strides, step = [], 1
    for size in shape if is_fortran else reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return strides if is_fortran else strides[::-1]
