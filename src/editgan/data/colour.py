"""What a photo's bytes mean: its colour space, which is sRGB unless its file says otherwise.

Networks and screens are shown sRGB. A photo is edited in its own space, so that bytes and profile both stay.
"""

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from PIL import Image as PilImage
from PIL import ImageCms
from torch import Tensor

from editgan.core.images import from_pixels, to_pil
from editgan.core.types import Image, Pixels

NODES = 52  # a side of the table from sRGB: every fifth value, which are whole bytes
AS_SRGB = 2  # bytes: a profile that is nowhere further from sRGB is one, but for its writer's rounding
LUMA = (0.299, 0.587, 0.114)  # Rec. 601, as Pillow makes grey
SRGB_PRIMARIES = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)  # x, y of white, red, green, blue
SRGB_GAMMA = 1 / 2.2  # as a PNG says it
D50 = (0.9642, 1.0, 0.8249)  # the white of all profiles
BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))


@dataclass(frozen=True, slots=True)
class ColourSpace:
    """Of 8-bit RGB, or of grey kept as three equal channels."""

    profile: bytes | None = None  # ICC, of RGB or grey; None: sRGB
    is_grey: bool = False

    def to_srgb(self, pixels: Pixels) -> Pixels:
        """What screens and networks are shown; the very same tensor where nothing has to be converted."""
        if self._transforms is None:
            return pixels
        shown = [_applied(self._transforms.there, to_pil(pixels[i : i + 1])) for i in range(len(pixels))]
        return torch.from_numpy(np.stack(shown))

    def from_srgb(self, image: Image) -> Image:
        """What networks have drawn, in the photo's own values, -1..1: grey for a grey photo."""
        if self._transforms is not None:
            image = _looked_up(image, self._transforms.back.to(image))
        if not self.is_grey:
            return image
        grey = (image * image.new_tensor(LUMA)[:, None, None]).sum(1, keepdim=True)
        return grey.expand_as(image)

    @property
    def is_srgb(self) -> bool:
        """Whether its bytes mean what they mean without a profile."""
        return self._transforms is None

    @property
    def _transforms(self) -> "_Transforms | None":
        return None if self.profile is None else _transforms(self.profile)


SRGB = ColourSpace()


@dataclass(frozen=True, slots=True)
class _Transforms:
    there: ImageCms.ImageCmsTransform  # to sRGB, of RGB or L
    back: Float[Tensor, "1 3 nodes nodes nodes"]  # the profile's values by sRGB's blue, green, red


def kind_of(profile: bytes) -> str:
    """Of what an ICC profile is: "RGB", "GRAY", "CMYK", "Lab"; empty for bytes that are none."""
    try:
        return str(ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile.xcolor_space).strip()
    except (OSError, TypeError, ValueError):
        return ""


@lru_cache(maxsize=16)
def is_two_way(profile: bytes) -> bool:
    """Whether colours can be brought into the space, too: scanners' profiles only lead out of it."""
    try:
        _transforms(profile)
    except ImageCms.PyCMSError:
        return False
    return True


def converted(picture: PilImage.Image, profile: bytes | None) -> PilImage.Image:
    """Any picture in 8-bit sRGB, by its profile if that fits it."""
    if profile is not None:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            transform = ImageCms.buildTransform(source, _srgb(), picture.mode, "RGB")
            made = ImageCms.applyTransform(picture, transform)
            assert made is not None  # it would be None in place
            return made
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # of another kind of picture, or damaged: then as without one
    if picture.mode == "LAB":
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        made = ImageCms.applyTransform(picture, ImageCms.buildTransform(lab, _srgb(), "LAB", "RGB"))
        assert made is not None
        return made
    return picture.convert("RGB")


def png_profile(
    gamma: float | None, primaries: Sequence[float] | None, *, is_grey: bool = False
) -> bytes | None:
    """What a PNG's gAMA and cHRM chunks say, as an ICC profile; None where that is sRGB, or nonsense.

    `gamma` is of the file (1/2.2 for most), `primaries` x and y of white, red, green and blue. What one chunk
    leaves open is sRGB's. A gamma within a twentieth of 1/2.2 is meant as sRGB's curve, as libpng reads it.
    """
    gamma, primaries = SRGB_GAMMA if gamma is None else gamma, None if is_grey else primaries
    points = np.array(SRGB_PRIMARIES if primaries is None else primaries, np.float64)
    is_usual = abs(gamma / SRGB_GAMMA - 1) < 0.05
    if is_usual and np.abs(points - SRGB_PRIMARIES).max() < 0.002:
        return None
    if not 0.1 <= gamma <= 10 or points.shape != (8,) or (points[1::2] <= 0).any():
        return None
    try:
        return grey_profile(1 / gamma) if is_grey else matrix_profile(points.tolist(), 1 / gamma)
    except np.linalg.LinAlgError:
        return None


def matrix_profile(primaries: Sequence[float], exponent: float) -> bytes:
    """A minimal ICC profile: x and y of white, red, green and blue, and value ** `exponent` is light.

    Raises LinAlgError for primaries on one line.
    """
    white, *colours = (
        np.array((x / y, 1.0, (1 - x - y) / y)) for x, y in zip(*_pairs(primaries), strict=True)
    )
    columns = np.stack(colours, axis=1)
    to_xyz = columns * np.linalg.solve(columns, white)
    cone = np.array(BRADFORD)
    adapted = np.linalg.solve(cone, np.diag(cone @ D50 / (cone @ white)) @ cone) @ to_xyz
    tags = {name: _xyz(adapted[:, i]) for i, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    return _icc(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(exponent)))


def grey_profile(exponent: float) -> bytes:
    """A minimal ICC profile of grey: value ** `exponent` is light."""
    return _icc(b"GRAY", {b"kTRC": _curve(exponent)})


def _pairs(values: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    return values[0::2], values[1::2]


def _xyz(values: Sequence[float] | np.ndarray) -> bytes:
    return b"XYZ " + struct.pack(">I3i", 0, *(round(float(value) * 65536) for value in values))


def _curve(exponent: float) -> bytes:
    return b"curv" + struct.pack(">IIH", 0, 1, round(exponent * 256)) + bytes(2)


def _icc(kind: bytes, own: dict[bytes, bytes]) -> bytes:
    """Header, table and data of a version 2 profile of a display."""
    text = b"as its PNG says\0"
    tags = {
        b"desc": b"desc" + struct.pack(">II", 0, len(text)) + text + bytes(78),
        b"cprt": b"text" + bytes(4) + b"CC0\0",
        b"wtpt": _xyz(D50),
        **own,
    }
    table, data, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(data), bytes(4), 0x02200000, b"mntr", kind, b"XYZ ")
    date = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)  # any: equal photos give equal files
    rest = b"acsp" + bytes(28) + _xyz(D50)[8:]
    return (head + date + rest).ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


@lru_cache(maxsize=1)
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@lru_cache(maxsize=16)
def _transforms(profile: bytes) -> _Transforms | None:
    """None for sRGB itself, under whatever name. Raises PyCMSError for what does not lead both ways."""
    own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    mode = "L" if kind_of(profile) == "GRAY" else "RGB"
    there = ImageCms.buildTransform(own, _srgb(), mode, "RGB")
    back = ImageCms.buildTransform(_srgb(), own, "RGB", mode)
    nodes = _nodes(mode)
    if np.abs(_applied(there, nodes).astype(int) - np.asarray(nodes.convert("RGB"))).max() <= AS_SRGB:
        return None
    values = from_pixels(torch.from_numpy(_applied(back, _nodes("RGB")))[None])
    return _Transforms(there, values.reshape(1, 3, NODES, NODES, NODES))


def _nodes(mode: str) -> PilImage.Image:
    """Every fifth value of each channel: red changes fastest, then green."""
    steps = np.arange(0, 256, 255 // (NODES - 1), dtype=np.uint8)
    if mode == "L":
        return PilImage.fromarray(steps[None])
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    return PilImage.fromarray(np.stack([red, green, blue], axis=3).reshape(NODES * NODES, NODES, 3))


def _applied(transform: ImageCms.ImageCmsTransform, picture: PilImage.Image) -> np.ndarray:
    """Bytes [h, w, 3]; a grey picture may come as RGB."""
    made = ImageCms.applyTransform(picture.convert(transform.input_mode), transform)
    assert made is not None
    return np.array(made.convert("RGB"))


def _looked_up(image: Image, table: Float[Tensor, "1 3 nodes nodes nodes"]) -> Image:
    """Between the table's nodes in straight lines, so that what differs little stays as near.

    What a network draws beyond -1..1 stays as far beyond.
    """
    within = image.clamp(-1, 1)
    where = within.permute(0, 2, 3, 1)[:, None]  # [n, 1, h, w, 3], -1..1 from the first node to the last
    found = F.grid_sample(
        table.expand(len(image), -1, -1, -1, -1), where, padding_mode="border", align_corners=True
    )
    return found[:, :, 0] + (image - within)
