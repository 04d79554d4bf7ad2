"""What each name that a checkpoint may hold turns into: the whole list, and nothing is run."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from editgan.checkpoints.reading import arrays
from editgan.checkpoints.reading.graph import Name
from editgan.checkpoints.reading.legacy import read_nested
from editgan.checkpoints.reading.opcodes import checked_key
from editgan.checkpoints.reading.stream import Stream
from editgan.checkpoints.reading.tensors import DTYPES, STORAGE_TYPES, Storage, TensorReader, checked_sizes
from editgan.checkpoints.reading.values import Stored
from editgan.core.errors import CheckpointError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Order:
    """A call that a file asks for, with its operands made."""

    function: Name
    args: tuple[Any, ...]
    reader: TensorReader
    state: Any = None
    pairs: dict[Any, Any] = field(default_factory=dict)


def build(order: Order) -> Any:
    """What the order makes; raises CheckpointError where its operands do not fit."""
    for operand in (*order.args, order.state):
        if isinstance(operand, dict | list | tuple | set | frozenset):
            order.reader.budget.spend("nodes", len(operand))  # many orders can look through the same one
    try:
        return BUILDERS[order.function](order)
    except CheckpointError:
        raise
    except (AttributeError, IndexError, KeyError, OverflowError, RuntimeError, TypeError, ValueError):
        raise CheckpointError(f"is damaged: it uses {order.function} in an odd way; get it again") from None


def _of(kind: type[T], operand: Any) -> T:
    if not isinstance(operand, kind):
        raise TypeError(f"a {kind.__name__} was expected")
    return operand


# Containers


def _mapping(order: Order) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    for arg in order.args:
        if isinstance(arg, dict):
            made |= arg
        elif isinstance(arg, list):  # as Python 2 wrote an OrderedDict
            made |= {checked_key(key): value for key, value in arg}
        elif arg is not None:
            _of(Name, arg)  # what a defaultdict makes of missing keys
    return made | order.pairs  # the state of such a class is notes on it: state_dict()'s `_metadata`


def _namespace(order: Order) -> dict[Any, Any]:
    return _mapping(order) | _attributes(order.state)


def _set(order: Order) -> set[Any]:
    (items,) = order.args or ([],)
    return set(map(checked_key, _of(list, items)))


def _size(order: Order) -> tuple[int, ...]:
    return checked_sizes(*order.args)


def _reconstructor(order: Order) -> Any:
    """copyreg's, of protocols 0 and 1: (class, base, the base's content)."""
    kind, base, content = order.args
    return _made(order, kind, () if _of(Name, base).name == "object" else (content,))


def _new_object(order: Order) -> Any:
    kind, *args = order.args
    return _made(order, kind, tuple(args))


def _made(order: Order, kind: Any, args: tuple[Any, ...]) -> Any:
    if _of(Name, kind) not in CLASSES:
        raise TypeError("not a class that can be made this way")
    return build(replace(order, function=kind, args=args))


def _encoded(order: Order) -> bytes:
    """Protocols 0 to 2 have no bytes: they are written as text."""
    text, encoding = order.args
    if _of(str, encoding) not in ("latin1", "latin-1"):
        raise ValueError("an encoding that pickle does not use")
    return bytes(arrays.raw_bytes(text, order.reader.budget))


def _bytes(order: Order) -> bytes:
    if order.args:
        raise ValueError("bytes of something")
    return b""  # protocols 0 to 2 write empty bytes so


# Objects


def _persistent_object(order: Order) -> Stored:
    """A network of StyleGAN2-ADA, StyleGAN3 and those after: the official loader would run its source."""
    (meta,) = order.args
    if _of(str, meta["type"]) != "class" or order.state is not None:
        raise ValueError("a persistent object of an unknown kind")
    order.reader.budget.spend("nodes", len(meta["state"] or ()))
    state = _attributes(meta["state"])
    return Stored(_of(str, meta["class_name"]), order.function.module, state, _of(str, meta["module_src"]))


def _object(order: Order) -> Stored:
    return Stored(order.function.name, order.function.module, _attributes(order.state))


def _attributes(state: Any) -> dict[str, Any]:
    if state is None:
        return {}
    if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
        raise TypeError("attributes without names")
    return state


# torch


def _storage(order: Order) -> Storage:
    (held,) = order.args
    budget = order.reader.budget
    data = arrays.raw_bytes(held, budget)
    budget.spend("copied_bytes", len(data))  # many orders can look through the same one
    return read_nested(Stream(data, budget))


def _tensor(order: Order) -> Tensor:
    storage, offset, shape, strides, *rest = order.args
    if order.function.name.endswith("v3"):  # names its type beside an untyped storage
        storage = Storage(storage.data, _of(torch.dtype, rest.pop(2)), storage.big_endian)
    if len(rest) > 2 and _of(dict, rest[2]):
        raise CheckpointError("holds a tensor conjugated or negated in memory; save a plain copy of it")
    return order.reader.strided(_of(Storage, storage), offset, shape, strides)


def _parameter(order: Order) -> Tensor:
    return _of(Tensor, order.args[0])


def _device(order: Order) -> str:
    name, *index = order.args
    if not re.fullmatch(r"[a-z]{1,20}(:\d{1,4})?", name):
        raise ValueError("a device that torch does not have")
    return ":".join([name, *(str(_of(int, number)) for number in index[:1])])


# numpy


def _array(order: Order) -> Tensor:
    if _of(Name, order.args[0]) != arrays.ARRAY_CLASS:
        raise TypeError("an array of an unknown class")
    _, shape, dtype, is_fortran, data = order.state
    return arrays.array(order.reader, data, dtype, shape, "F" if is_fortran else "C")


def _array_from_buffer(order: Order) -> Tensor:
    return arrays.array(order.reader, *order.args)


def _dtype(order: Order) -> "np.dtype[Any]":
    return arrays.dtype_of(order.args, order.state)


def _scalar(order: Order) -> bool | int | float | complex:
    dtype, data = order.args
    return arrays.scalar(dtype, data, order.reader.budget)


MAPPINGS = frozenset(
    {
        Name("collections", "OrderedDict"),
        Name("collections", "defaultdict"),
        Name("collections", "Counter"),
        Name("dnnlib", "EasyDict"),
        Name("dnnlib.util", "EasyDict"),
    }
)

CLASSES: dict[Name, Callable[[Order], Any]] = {
    **dict.fromkeys(MAPPINGS, _mapping),
    Name("argparse", "Namespace"): _namespace,
    Name("dnnlib.tflib.network", "Network"): _object,
}

BUILDERS: dict[Name, Callable[[Order], Any]] = {
    **CLASSES,
    **{Name(python, "set"): _set for python in ("builtins", "__builtin__")},
    **{Name(python, "frozenset"): _set for python in ("builtins", "__builtin__")},
    **{Name(python, "bytes"): _bytes for python in ("builtins", "__builtin__")},
    **{Name(python, "_reconstructor"): _reconstructor for python in ("copyreg", "copy_reg")},
    **{Name(python, "__newobj__"): _new_object for python in ("copyreg", "copy_reg")},
    Name("_codecs", "encode"): _encoded,
    Name("torch_utils.persistence", "_reconstruct_persistent_obj"): _persistent_object,
    Name("torch.storage", "_load_from_bytes"): _storage,
    Name("torch._utils", "_rebuild_tensor"): _tensor,
    Name("torch._utils", "_rebuild_tensor_v2"): _tensor,
    Name("torch._utils", "_rebuild_tensor_v3"): _tensor,
    Name("torch._utils", "_rebuild_parameter"): _parameter,
    Name("torch._utils", "_rebuild_parameter_with_state"): _parameter,
    Name("torch", "Size"): _size,
    Name("torch", "device"): _device,
    Name("numpy", "dtype"): _dtype,
    **{Name(f"numpy.{core}.multiarray", "_reconstruct"): _array for core in ("core", "_core")},
    **{Name(f"numpy.{core}.multiarray", "scalar"): _scalar for core in ("core", "_core")},
    **{Name(f"numpy.{core}.numeric", "_frombuffer"): _array_from_buffer for core in ("core", "_core")},
}

# Mentioned, but never called: the factory of a defaultdict, the base of a class, a type in a setting
_MENTIONED = frozenset(
    Name(python, name)
    for python in ("builtins", "__builtin__")
    for name in ("object", "dict", "list", "tuple", "int", "float", "str", "bool")
)

ALLOWED = frozenset({*BUILDERS, *_MENTIONED, arrays.ARRAY_CLASS, *DTYPES, *STORAGE_TYPES})
