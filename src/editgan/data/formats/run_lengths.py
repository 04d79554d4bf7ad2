"""COCO's run lengths: how many pixels in a row are outside, inside, outside, ..., column by column."""

from typing import Any

import numpy as np
from jaxtyping import Bool

from editgan.core.errors import LabelError

MAX_LETTERS = 4_000_000  # of one mask's text


def mask_of(notes: dict[str, Any], size: tuple[int, int], name: str) -> Bool[np.ndarray, "h w"]:
    """From `{"size": [h, w], "counts": numbers or a text}`.

    Raises:
        LabelError: of another size, or runs that do not fill the picture.
    """
    height, width = (int(value) for value in notes["size"])
    if (height, width) != size:
        raise LabelError(f"{name} has a mask of {width}x{height} px, but the picture is {size[1]}x{size[0]}")
    counts = notes["counts"]
    runs = numbers_of(counts) if isinstance(counts, str) else [int(count) for count in counts]
    if any(run < 0 for run in runs) or sum(runs) != height * width:
        raise LabelError(f"{name} has a mask whose runs do not fill a picture of {width}x{height} px")
    inside = np.arange(len(runs)) % 2 == 1
    return np.repeat(inside, runs).reshape(width, height).T


def numbers_of(text: str) -> list[int]:
    """The run lengths that a text stands for.

    Each letter carries five bits, the lowest first, and a sixth that says whether another follows; from the
    fourth number on they are differences from the one before the last (`rleFrString` in COCO's maskApi.c).

    Raises:
        LabelError: too long, or other letters than there are.
    """
    if len(text) > MAX_LETTERS:
        raise LabelError(f"a mask should have at most {MAX_LETTERS} letters, got {len(text)}")
    numbers: list[int] = []
    value, shift = 0, 0
    for letter in text:
        bits = ord(letter) - 48
        if not 0 <= bits < 64 or shift > 60:
            raise LabelError(f"a mask's text should be COCO's, but it has {letter!r}")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift  # the highest bit is the sign
        numbers.append(value + (numbers[-2] if len(numbers) > 2 else 0))
        value, shift = 0, 0
    return numbers
