"""What a person marked in a photo, as a picture of the photo's size."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool
from torch import Tensor

from editgan.core.errors import InputError
from editgan.core.images import to_pil
from editgan.core.types import Keep
from editgan.data.frame import Framing, centres, looked_up, through_frame, touched
from editgan.data.opening import decode
from editgan.data.original import original_of, upright

FRAME_PX = 512  # side of the frame in which a mask is kept: finer than any label map here
FINER = 4  # times a side, where one frame is looked up in another


def read_keep(source: Path | str | bytes) -> Bool[Tensor, "h w"]:
    """What `read_marks` finds.

    Raises:
        PhotoError: no picture.
        InputError: nothing is marked.
    """
    marked, name = read_marks(source)
    if not marked.any():
        raise InputError(f"{name} marks nothing to be kept", "paint white what must not change")
    return marked


def read_marks(source: Path | str | bytes) -> tuple[Bool[Tensor, "h w"], str]:
    """White, or opaque in a picture that is transparent elsewhere; and what to call the picture.

    Raises PhotoError for what is no picture.
    """
    decoded = decode(source)
    picture = upright(decoded.picture)
    if not picture.mode.startswith("I") and picture.has_transparency_data:
        opaque = np.asarray(picture.convert("RGBA"))[..., 3] >= 128
        if not opaque.all():
            return torch.from_numpy(opaque), decoded.name
    grey = np.asarray(to_pil(original_of(decoded).pixels).convert("L"))  # as painted, whatever its profile
    return torch.from_numpy(grey >= 128), decoded.name


def keep_in_frame(mask: Bool[Tensor, "h w"], framing: Framing, height: int, width: int) -> Keep:
    """As a `Composition` takes it: [1, 1, 512, 512] of the frame of a photo of `height` and `width`.

    Raises:
        InputError: the mask has another size than the photo.
    """
    if mask.shape != (height, width):
        got = f"{mask.shape[1]}x{mask.shape[0]}"
        raise InputError(f"the mask of what to keep should be {width}x{height} px like the photo, got {got}")
    return through_frame(mask, framing, FRAME_PX)


def reframed(mask: Keep, old: Framing, new: Framing) -> Keep:
    """The same places of a photo, through another frame of it: every pixel that any of them touches."""
    fine = FINER * mask.shape[-1]
    positions = old.from_photo(new.to_photo(centres(0, 0, fine, fine) / fine))
    found = looked_up(mask[0, 0], positions)[None, None].float()
    grown = F.max_pool2d(found, 3, stride=1, padding=1) > 0  # a corner may lie between all places looked at
    return touched(grown, mask.shape[-1])
