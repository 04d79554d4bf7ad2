"""What a person marked in a photo, as a picture of the photo's size."""

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from editgan.core.errors import InputError
from editgan.core.types import Keep
from editgan.data.frame import Framing, through_frame
from editgan.data.opening import Source, read_picture, upright_rgb

FRAME_PX = 512  # side of the frame in which a mask is kept: finer than any label map here


def read_keep(source: Source) -> Bool[Tensor, "h w"]:
    """White, or opaque in a picture that is transparent elsewhere, is what must not change.

    Raises:
        PhotoError: no picture.
        InputError: nothing is marked.
    """
    picture, name = read_picture(source)
    marked = np.asarray(upright_rgb(picture, name).convert("L")) >= 128
    if picture.has_transparency_data:
        opaque = np.asarray(picture.convert("RGBA"))[..., 3] >= 128
        marked = marked if opaque.all() else opaque
    if not marked.any():
        raise InputError(f"{name} marks nothing to be kept", "paint white what must not change")
    return torch.from_numpy(marked)


def keep_in_frame(mask: Bool[Tensor, "h w"], framing: Framing, height: int, width: int) -> Keep:
    """As a `Composition` takes it: [1, 1, 512, 512] of the frame of a photo of `height` and `width`.

    Raises:
        InputError: the mask has another size than the photo.
    """
    if mask.shape != (height, width):
        got = f"{mask.shape[1]}x{mask.shape[0]}"
        raise InputError(f"the mask of what to keep should be {width}x{height} px like the photo, got {got}")
    return through_frame(mask, framing, FRAME_PX)
