"""Pickles made to do harm: by running something, or by claiming what they do not hold."""

import io
import os
import pickle
import struct
from typing import Any

from checkpoints import samples

CANARY = "CANARY"  # in the working folder of whoever opens a file

TENSOR = b"ctorch._utils\n_rebuild_tensor_v2\n"
ORDERED = b"ccollections\nOrderedDict\n"
MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
NOWHERE = "names "
DAMAGED = "damaged"


def legacy_storage(count: int, held: int | None = None, kind: bytes = b"FloatStorage") -> bytes:
    """torch's old format with one storage of floats, which may claim to be larger than it is."""
    number = b"\x8a\x08" + struct.pack("<q", count)
    body = b"\x80\x02(X\x07\0\0\0storagectorch\n" + kind + b"\nX\x01\0\0\0aX\x03\0\0\0cpu" + number + b"NtQ."
    return _legacy(body) + struct.pack("<q", count) + bytes(4 * (count if held is None else held))


def _legacy(body: bytes, keys: list[Any] | None = None) -> bytes:
    head = MAGIC + pickle.dumps(1001, 2) + pickle.dumps({}, 2)
    return head + body + pickle.dumps(["a"] if keys is None else keys, 2)


def nested(inner: bytes) -> bytes:
    """The opcodes of a storage within a pickle."""
    return b"ctorch.storage\n_load_from_bytes\nB" + struct.pack("<I", len(inner)) + inner + b"\x85R"


def tensor(storage: bytes, offset: bytes, shape: bytes, strides: bytes) -> bytes:
    """A pickle of one tensor, from opcodes."""
    return b"\x80\x03" + TENSOR + b"(" + storage + offset + shape + strides + b"\x89" + ORDERED + b")RtR."


def long(number: int) -> bytes:
    return b"\x8a\x0c" + number.to_bytes(12, "little", signed=True)


def _array(code: bytes, shape: bytes, data: bytes = b"C\x08" + bytes(8)) -> bytes:
    dtype = (
        b"cnumpy\ndtype\n(U"
        + bytes([len(code)])
        + code
        + b"\x89\x88tR(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
    )
    start = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tC\x01btR"
    return b"\x80\x03" + start + b"(K\x01" + shape + dtype + b"\x89" + data + b"tb."


def gadgets() -> dict[str, tuple[bytes, str]]:
    """What would run something, wherever it stands: each touches the file `CANARY`."""
    command = f"touch {CANARY}"
    calls = {
        "os.system": (os.system, command),
        "builtins.eval": (eval, f"open({CANARY!r}, 'w')"),
        "builtins.exec": (exec, f"open({CANARY!r}, 'w')"),
        "io.open": (io.open, CANARY, "w"),
    }
    files = {}
    for name, (function, *args) in calls.items():
        for protocol in range(6):
            trap = type("Trap", (), {"__reduce__": lambda self, f=function, a=tuple(args): (f, a)})()
            files[f"{name}, protocol {protocol}"] = pickle.dumps({"G_ema": trap}, protocol), NOWHERE
        files[f"{name} in a zip"] = samples.torch_file({"g_ema": trap}), NOWHERE
        files[f"{name} in torch's old format"] = samples.torch_file({"g_ema": trap}, is_zip=False), NOWHERE
        inner = samples.torch_file(trap, is_zip=False)
        files[f"{name} within a tensor"] = tensor(nested(inner), b"K\0", b"K\1\x85", b"K\1\x85"), NOWHERE
        inner = _legacy(pickle.dumps(trap, 2), [])
        files[f"{name} within a storage"] = b"\x80\x03" + nested(inner) + b".", NOWHERE
    return files


def names() -> dict[str, tuple[bytes, str]]:
    """Names that have been used for that, by all the opcodes that can name and call."""
    argument = b"U\x0ctouch " + CANARY.encode()
    names = (
        *("posix system", "nt system", "subprocess Popen", "pty spawn", "runpy run_path", "webbrowser open"),
        *("builtins getattr", "builtins __import__", "builtins type", "operator attrgetter"),
        *("functools partial", "importlib import_module", "pickle loads", "numpy load"),
        *("torch load", "torch.serialization load", "torch.hub load", "torch.jit load", "torch FloatTensor"),
        *("numpy.core.multiarray fromfile", "collections namedtuple", "collections OrderedDict.fromkeys"),
        *("torch.storage os.system", "__main__ Generator"),
    )
    files = {}
    for name in names:
        module, function = name.split()
        line = f"{module}\n{function}\n".encode()
        files[f"{name} by REDUCE"] = b"c" + line + b"(" + argument + b"tR.", NOWHERE
        files[f"{name} by INST"] = b"(" + argument + b"i" + line + b".", NOWHERE
        files[f"{name} by OBJ"] = b"(c" + line + argument + b"o.", NOWHERE
        stacked = b"\x80\x04\x8c" + bytes([len(module)]) + module.encode()
        stacked += b"\x8c" + bytes([len(function)]) + function.encode() + b"\x93"
        files[f"{name} by STACK_GLOBAL"] = stacked + argument + b"\x85\x81.", NOWHERE
    inner = b"\x80\x02" + nested(legacy_storage(4)) + b"."
    files["a storage within a storage"] = b"\x80\x03" + nested(_legacy(inner, [])) + b".", NOWHERE
    return files


def states() -> dict[str, tuple[bytes, str]]:
    """BUILD, where `pickle` calls `__setstate__` or sets attributes."""
    state = b"}U\x0c__setstate__" + ORDERED + b"s"
    return {
        "a state for a class": (b"\x80\x03" + ORDERED + state + b"b.", DAMAGED),
        "a state for a list": (b"\x80\x03]" + state + b"b.", DAMAGED),
        "two states": (b"\x80\x03" + ORDERED + b")R" + state + b"b" + state + b"b.", DAMAGED),
        "a state for a text": (b"\x80\x03U\x01a" + state + b"b.", DAMAGED),
        "an object without a dict": (b"\x80\x03cargparse\nNamespace\n)\x81K\x01b.", DAMAGED),
        "attributes without names": (b"\x80\x03cargparse\nNamespace\n)\x81}K\x01K\x02sb.", DAMAGED),
        "a persistent object of another kind": (
            b"\x80\x03ctorch_utils.persistence\n_reconstruct_persistent_obj\n}U\x04typeU\x01xs\x85R.",
            DAMAGED,
        ),
        "a network that is a number": (
            b"\x80\x03ctorch_utils.persistence\n_reconstruct_persistent_obj\nK\x01\x85R.",
            DAMAGED,
        ),
        "reconstructing a function": (
            b"\x80\x02ccopy_reg\n_reconstructor\nc_codecs\nencode\nc__builtin__\nobject\nN\x87R.",
            DAMAGED,
        ),
        "calling a type": (b"\x80\x02c__builtin__\nint\nK\x01\x85R.", DAMAGED),
        "calling what a call made": (b"\x80\x02" + ORDERED + b")R)R.", DAMAGED),
    }


def tensors() -> dict[str, tuple[bytes, str]]:
    """Shapes that do not fit what is there."""
    four = nested(legacy_storage(4))
    big = nested(legacy_storage(250_000))
    one, none = b"K\1\x85", b"K\0\x85"
    repeated = (
        b"\x80\x03(" + big + b"q\0" + (TENSOR + b"(h\0K\0J\x90\xd0\x03\0\x85K\1\x85\x89NtR") * 5000 + b"l."
    )
    many = b"\x80\x03(" + four + b"q\0" + TENSOR + b"q\1" + b"h\1(h\0K\0))\x89NtR" * 30_000 + b"l."
    shape = "shape"
    huge = long(2**39)
    return {
        "a tensor larger than its storage": (tensor(four, b"K\0", b"K\5\x85", one), shape),
        "a tensor that starts outside": (tensor(four, b"K\4", one, one), shape),
        "a tensor that ends outside": (tensor(four, b"K\2", b"K\2\x85", b"K\2\x85"), shape),
        "strides of zero": (tensor(four, b"K\0", long(10**9) + b"\x85", none), shape),
        "strides of zero twice": (tensor(four, b"K\0", b"J\0\0\1\0J\0\0\1\0\x86", b"K\0K\0\x86"), shape),
        "a shape beyond 64 bits": (tensor(four, b"K\0", long(2**70) + b"\x85", one), shape),
        "a product beyond 64 bits": (tensor(four, b"K\0", (huge * 2) + b"\x86", b"K\1K\1\x86"), shape),
        "an empty tensor of great size": (
            tensor(four, b"K\0", b"K\0" + huge * 2 + b"\x87", b"K\1" * 3 + b"\x87"),
            shape,
        ),
        "a negative size": (tensor(four, b"K\0", b"J\xff\xff\xff\xff\x85", one), shape),
        "a negative stride": (tensor(four, b"K\0", one, b"J\xff\xff\xff\xff\x85"), shape),
        "a negative offset": (tensor(four, b"J\xff\xff\xff\xff", one, one), shape),
        "a size of True": (tensor(four, b"K\0", b"\x88\x85", one), shape),
        "a size of 1.0": (tensor(four, b"K\0", b"G?\xf0\0\0\0\0\0\0\x85", one), shape),
        "a size in words": (tensor(four, b"K\0", b"U\x03one\x85", one), shape),
        "a shape that is a number": (tensor(four, b"K\0", b"K\1", one), "axes"),
        "a thousand axes": (
            tensor(four, b"K\0", b"(" + b"K\1" * 1000 + b"t", b"(" + b"K\1" * 1000 + b"t"),
            "axes",
        ),
        "fewer strides than axes": (tensor(four, b"K\0", one, b")"), "strides"),
        "no storage": (tensor(b"N", b"K\0", one, one), DAMAGED),
        "a storage elsewhere": (
            tensor(b"(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\4NtQ", b"K\0", one, one),
            "not in it",
        ),
        "one storage in 5,000 tensors": (repeated, "tensor bytes"),
        "30,000 tensors": (many, "tensors"),
        "an array larger than its bytes": (_array(b"f8", b"K\2\x85"), shape),
        "an array of great size": (_array(b"f8", b"(" + huge * 3 + b"t"), shape),
        "an array of a shape in words": (_array(b"f8", b"U\x03one" + long(10**9) + b"\x86"), shape),
        "an array of objects": (_array(b"O8", one), "O8"),
        "an array of texts": (_array(b"U2", one), "U2"),
        "an array of no type": (_array(b"f8' or 1", one), "only numbers"),
        "an array of records": (_array(b"V8", one), "V8"),
    }


def legacy_files() -> dict[str, tuple[bytes, str]]:
    """Storages that are not there."""
    id_of = b"\x80\x02(U\x07storagectorch\nFloatStorage\nU\x01aU\x03cpu%sNtQ."
    return {
        "a storage of 2**61 numbers": (legacy_storage(2**61, 4), "ends in the middle"),
        "a storage of 2**33 numbers": (legacy_storage(2**33, 4), "ends in the middle"),
        "a storage that is described as larger": (
            _legacy(id_of % b"K\x08") + struct.pack("<q", 4) + bytes(16),
            "not in it",
        ),
        "a storage of another key": (_legacy(id_of % b"K\x04", ["b"]) + bytes(8), "not in it"),
        "a storage without a key": (_legacy(id_of % b"K\x04", []), "not in it"),
        "keys that are no list": (_legacy(id_of % b"K\x04")[:-1] + b"0N.", "not in it"),
        "an unknown storage id": (_legacy(b"\x80\x02U\x03abcQ."), "not in it"),
        "a storage id of a million parts": (_legacy(b"\x80\x02(" + b"N" * 400_000 + b"tQ."), "not in it"),
        "an unknown version": (MAGIC + pickle.dumps(2000, 2), "version"),
        "a version that is a list": (MAGIC + pickle.dumps([], 2), "version"),
        "a whole module": (_legacy(b"\x80\x02(U\x06modulec__main__\nNet\nNNtQ."), NOWHERE),
    }
