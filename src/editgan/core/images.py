"""Bytes and the networks' range: the only module where value ranges change."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from PIL import Image as PilImage
from torch import Tensor

from editgan.core.errors import InputError
from editgan.core.files import replacing
from editgan.core.types import Image, Pixels

ROOM_PX = 25 * 128**2  # of the pictures that walk together: their activations are kept for the gradients


def at_once(resolution: int, most: int, *, room_px: int = ROOM_PX) -> int:
    """How many pictures of that side pass a generator together, of `most`: large ones go one by one."""
    return max(1, min(most, room_px // resolution**2))


def from_pixels(pixels: Pixels) -> Image:
    """Bytes in 0..255 to the generator's range, -1..1."""
    return pixels.permute(0, 3, 1, 2).float() / 127.5 - 1


def to_pixels(image: Image) -> Pixels:
    """-1..1 to bytes, rounded; what lies outside is clamped."""
    scaled = ((image.detach().float() + 1) * 127.5).round()
    return scaled.clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu()


def to_unit(image: Image) -> Image:
    """-1..1 to 0..1, clamped: for measures that want it."""
    return (image.detach().float() / 2 + 0.5).clamp(0, 1)


def to_lab(image: Image) -> Float[Tensor, "n 3 h w"]:
    """sRGB in -1..1 to CIELAB, of daylight (D65): lightness 0..100, then green to red and blue to yellow."""
    rgb = to_unit(image)
    light = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)  # IEC 61966-2-1
    x, y, z = torch.einsum("kc,nchw->knhw", _XYZ.to(light), light)
    x, y, z = (_lightness(v) for v in (x / 0.95047, y, z / 1.08883))
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


_XYZ = torch.tensor(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def _lightness(share: Tensor) -> Tensor:
    """CIE's cube root, straight near black."""
    return torch.where(
        share > (6 / 29) ** 3, share.clamp_min(1e-9) ** (1 / 3), share / (3 * (6 / 29) ** 2) + 4 / 29
    )


def from_pil(picture: PilImage.Image) -> Pixels:
    """An RGB picture as a batch of one."""
    return torch.from_numpy(np.array(as_mode(picture, "RGB"), copy=True)).unsqueeze(0)


def as_mode(picture: PilImage.Image, mode: str) -> PilImage.Image:
    """The picture itself if it is of that mode already: Pillow would copy it."""
    return picture if picture.mode == mode else picture.convert(mode)


def to_pil(pixels: Pixels) -> PilImage.Image:
    """The first picture of a batch."""
    return PilImage.fromarray(pixels[0].cpu().numpy())


def check_picture_name(path: Path) -> None:
    """Raises InputError for a suffix that is no format's."""
    if PilImage.registered_extensions().get(path.suffix.lower()) not in PilImage.SAVE:
        raise InputError(f"a picture's name should end in .png, .webp or .jpg, got {path.name!r}")


def save_picture(picture: PilImage.Image, path: Path) -> None:
    """Written whole or not at all; the format follows the suffix. Raises InputError for an unknown one."""
    check_picture_name(path)
    is_lossy = path.suffix.lower() in (".jpg", ".jpeg", ".webp")
    options: dict[str, Any] = {"quality": 95} if is_lossy else {}
    with replacing(path) as scratch:
        picture.save(scratch, **options)


def resize(image: Image, size: int | tuple[int, int]) -> Float[Tensor, "n 3 h2 w2"]:
    """Area-true when shrinking, bicubic when growing."""
    height, width = (size, size) if isinstance(size, int) else size
    if (height, width) == tuple(image.shape[2:]):
        return image
    return F.interpolate(image, (height, width), mode="bicubic", antialias=True, align_corners=False)


def grid(images: Image, columns: int) -> PilImage.Image:
    """Pictures side by side, row by row, without gaps."""
    n, _, height, width = images.shape
    rows = -(-n // columns)
    sheet = torch.zeros(rows * height, columns * width, 3, dtype=torch.uint8)
    for i, picture in enumerate(to_pixels(images)):
        y, x = divmod(i, columns)
        sheet[y * height : (y + 1) * height, x * width : (x + 1) * width] = picture
    return PilImage.fromarray(sheet.numpy())


def psnr_db(a: Image, b: Image, where: Tensor | None = None) -> float:
    """Peak signal-to-noise ratio in dB of images in -1..1, clamped and in bytes' precision left out.

    `where` is a mask that broadcasts to the images; only its true pixels count. Infinite for equal images.
    """
    error = (to_unit(a) - to_unit(b)).square()
    if where is not None:
        error = error[where.expand_as(error)]
    if error.numel() == 0 or (mse := error.mean().item()) == 0:
        return float("inf")
    return -10 * float(np.log10(mse))
