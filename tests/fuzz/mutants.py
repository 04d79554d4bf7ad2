"""Files with faults, the same ones for the same seed: in their bytes, their JSON, their header's JSON."""

import json
import random
import struct
from typing import Any

# Put into the text as they are: json would not write them
RAW = {
    "@deep": "[" * 200_000 + "]" * 200_000,
    "@infinite": "1e999",
    "@not": "NaN",
    "@minus": "-Infinity",
    "@huge": "1" + "0" * 400,
    "@digits": "9" * 5_000,
    "@half": '"\\ud800"',
}
NASTY: list[Any] = [
    *RAW,
    *(None, True, 0, -1, 1, 0.5, 3, 255, 256, 1 << 31, 1 << 63, 10**9, -(10**9), 1e308, 1e-320),
    *("", "x" * 300, "\u202e\n\0", "1", "nan", "../../x", [], {}, [[]], [0] * 1000, {"": None}),
]


def spoiled_bytes(data: bytes, rng: random.Random) -> bytes:
    """With a few bits turned, pieces gone, doubled, or overwritten."""
    spoiled = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        at, length = rng.randrange(len(spoiled) + 1), rng.choice([1, 4, 30, 300])
        fault = rng.randrange(6)
        if fault == 0 and at < len(spoiled):
            spoiled[at] ^= 1 << rng.randrange(8)
        elif fault == 1:
            spoiled[at : at + 4] = rng.choice([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4)])
        elif fault == 2:
            del spoiled[at : at + length]
        elif fault == 3:
            spoiled[at:at] = rng.randbytes(length)
        elif fault == 4:
            other = rng.randrange(len(spoiled) + 1)
            spoiled[at : at + length] = spoiled[other : other + length]
        elif rng.random() < 0.3:
            del spoiled[at:]
    return bytes(spoiled)


def spoiled_json(data: bytes, rng: random.Random) -> bytes:
    """With one to three values, or keys, that somebody who means ill would put there."""
    values = json.loads(data)
    for _ in range(rng.choice([1, 1, 2, 3])):
        values = _changed(values, rng)
    return _written(values)


def spoiled_header(data: bytes, rng: random.Random) -> bytes:
    """Of safetensors: the JSON in its header, or that which lies in there as a text."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    about = header.get("__metadata__", {})
    inner = [name for name, text in about.items() if text[:1] == "{"]
    if inner and rng.random() < 0.8:
        name = rng.choice(inner)
        about[name] = spoiled_json(about[name].encode(), rng).decode()
    else:
        header = _changed(header, rng)
    written = _written(header)
    return struct.pack("<Q", len(written)) + written + data[8 + length :]


def _written(values: Any) -> bytes:
    text = json.dumps(values)
    for name, raw in RAW.items():
        text = text.replace(f'"{name}"', raw)
    return text.encode()


def _changed(values: Any, rng: random.Random) -> Any:
    """A copy with a fault somewhere within."""
    if not isinstance(values, dict | list) or not values or rng.random() < 0.15:
        return rng.choice(NASTY)
    if isinstance(values, list):
        at = rng.randrange(len(values))
        fault = rng.random()
        if fault < 0.1:
            return values[:at] + values[at + 1 :]
        if fault < 0.2:
            return values + values[at:]
        return [*values[:at], _changed(values[at], rng), *values[at + 1 :]]
    key = rng.choice(sorted(values))
    changed = dict(values)
    fault = rng.random()
    if fault < 0.1:
        del changed[key]
    elif fault < 0.15:
        changed[key + "x"] = changed.pop(key)
    else:
        changed[key] = _changed(values[key], rng)
    return changed
