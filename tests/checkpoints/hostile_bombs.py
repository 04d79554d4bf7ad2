"""Files that do not end, or whose values would not: small as they are, they would take all time or memory."""

import struct

from checkpoints.hostile_pickles import ORDERED, legacy_storage

START = b"\x80\x04"
# Put at 0 to 3, and 8 to 10
_NAMES = (
    ORDERED
    + b"q\x000"
    + b"c__builtin__\nset\nq\x010"
    + b"ctorch\ndevice\nq\x020"
    + b"cargparse\nNamespace\nq\x030"
)
_NAMES += b"U\x06latin1q\x080" + b"c_codecs\nencode\nq\x090" + b"ctorch.storage\n_load_from_bytes\nq\x0a0"


def deep() -> dict[str, tuple[bytes, str]]:
    """Containers within containers: for whoever descends, hashes or frees them by recursion."""
    n = 200_000
    return {
        "a deep tuple as a key": (START + b"})" + b"\x85" * n + b"K\x01s.", "key"),
        "a deep tuple in a set": (START + b"\x8f()" + b"\x85" * 50_000 + b"\x90.", "key"),
        "deep tuples": (START + b")" + b"\x85" * 50_000 + b".", "nested"),
        "deep lists": (START + b"]" * n + b"a" * (n - 1) + b".", "nested"),
        "deep dicts": (START + b"}N" * 60_000 + b"N" + b"s" * 60_000 + b".", "nested"),
        "deep marks": (START + b"(" * 50_000 + b"t" * 50_000 + b".", "nested"),
        "deep calls": (_mapping(b"h\0}K\1" * 20_000 + b"N" + b"s\x85R" * 20_000 + b"."), "nested"),
        "deep states": (_mapping(b"h\0)R" * 20_000 + b"b" * 19_999 + b"."), "nested"),
        "deep pairs": (_mapping(b"h\0)R" + b"Nh\0)R" * 20_000 + b"s" * 20_000 + b"."), "nested"),
        "a deep argument": (_mapping(b"h\0)" + b"\x85" * 50_000 + b"R."), "nested"),
        "a deep tuple as a storage id": (START + b")" + b"\x85" * 50_000 + b"Q.", "not in it"),
        "open marks": (START + b"(" * n + b".", "damaged"),
    }


def _mapping(data: bytes) -> bytes:
    """Opcodes after the class OrderedDict was put at 0."""
    return START + ORDERED + b"q\x000" + data


def repeated() -> dict[str, tuple[bytes, str]]:
    """One thing mentioned, looked through or copied again and again."""
    n = 20_000
    numbers = b"](" + b"".join(b"M" + struct.pack("<H", k) for k in range(n)) + b"e\x85q\x040"
    keys = b"}(" + b"".join(b"U\x05%05dN" % k for k in range(n)) + b"uq\x050"
    text = b"X" + struct.pack("<I", 60_000) + b"x" * 60_000 + b"q\x060"
    long_text = b"X" + struct.pack("<I", 1 << 20) + b"x" * (1 << 20) + b"q\x070"
    head = START + _NAMES + numbers + keys + text + long_text + b"("
    storage = legacy_storage(250_000)
    read = b"ctorch.storage\n_load_from_bytes\nq\0B" + struct.pack("<I", len(storage)) + storage + b"\x85q\1("
    return {
        "tuples of twice themselves": (START + b")" + b"2\x86" * 150 + b".", "nested"),
        "lists of twice themselves": (START + b"]" + b"q\0(h\0h\0l" * 150 + b".", "nested"),
        "dicts of twice themselves": (START + b"}" + b"q\0}K\1h\0sK\2h\0s" * 150 + b".", "nested"),
        "a list in itself": (START + b"]q\0h\0a.", "contains itself"),
        "a dict in itself": (START + b"}q\0K\1h\0s.", "contains itself"),
        "a tuple in itself": (START + b"]q\0h\0\x85a.", "contains itself"),
        "a state in itself": (START + ORDERED + b")Rq\0}K\1h\0sb.", "contains itself"),
        "an argument in itself": (START + ORDERED + b"]q\0\x85Rq\0010h\0h\1a.", "contains itself"),
        "one list in many sets": (head + b"h\1h\4R" * n + b"l.", "nodes"),
        "one dict in many dicts": (head + b"h\0h\5\x85R" * n + b"l.", "nodes"),
        "one state in many objects": (head + b"h\3)\x81h\5b" * n + b"l.", "nodes"),
        "one tuple as many arguments": (
            _mapping(b"(" + b"N" * n + b"tq\1(" + b"h\0h\1R" * n + b"l."),
            "nodes",
        ),
        "one text as many devices": (head + b"h\2h\6\x85R" * n + b"l.", "damaged"),
        "one text encoded many times": (head + b"h\x09h\7h\x08\x86R" * n + b"l.", "copied bytes"),
        "one short text encoded many times": (head + b"h\x09h\6h\x08\x86R" * n + b"l.", "copied bytes"),
        "one storage read many times": (START + read + b"h\0h\1R" * n + b"l.", "copied bytes"),
    }


def endless() -> dict[str, tuple[bytes, str]]:
    """More of something than any checkpoint has."""
    short = b"X" + struct.pack("<I", 50_000)
    colliding = b"".join(
        b"\x8a\x0a" + (k * (2**61 - 1)).to_bytes(10, "little") + b"N" for k in range(1, 100_000)
    )
    wide = short + ("x" * 49_996 + "\U0001f600").encode()
    return {
        "600,000 opcodes": (START + b"(" + b"N" * 600_000 + b"t.", "opcodes"),
        "600,000 lists": (START + b"(" + b"]" * 600_000 + b"t.", "opcodes"),
        "endless PUT": (START + b"N" + b"\x94" * 600_000 + b".", "opcodes"),
        "keys that collide": (START + b"}(" + colliding + b"u.", "key"),
        "an integer of 2 GB": (START + b"\x8b\xff\xff\xff\x7f" + b"\xff" * 1000, "integer"),
        "an integer of 1 MB": (START + b"\x8b\0\0\x10\0" + b"\xff" * (1 << 20) + b".", "integer"),
        "an integer of 300,000 digits": (b"(L" + b"9" * 300_000 + b"L\nl.", "damaged"),
        "a text of 4 GB": (START + b"X\xff\xff\xff\xff" + b"x" * 1000, "ends in the middle"),
        "bytes beyond 64 bits": (START + b"\x8e" + b"\xff" * 8 + b"x" * 1000, "ends in the middle"),
        "a frame of 2**60 bytes": (START + b"\x95" + struct.pack("<Q", 2**60) + b"N.", "ends in the middle"),
        "a name without an end": (b"c" + b"x" * (8 << 20), "damaged"),
        "a string without an end": (b"(S'" + b"x" * (8 << 20), "ends in the middle"),
        "40 MB of short texts": (START + b"(" + (short + b"x" * 50_000) * 800 + b"t.", "text bytes"),
        "40 MB of wide texts": (START + b"(" + wide * 800 + b"t.", "text bytes"),
        "a pickle without an end": (START + b"N" * 1000, "ends in the middle"),
    }
