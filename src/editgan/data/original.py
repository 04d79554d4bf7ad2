"""A photo as it was read: upright bytes in a colour space, and what its file says besides.

8-bit RGB and grey keep their bytes and their profile. What has other channels, or deeper ones, or a profile
that only leads out of its space, is brought to 8-bit sRGB once, here, and said so.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image as PilImage
from torch import Tensor

from editgan.core.errors import PhotoError
from editgan.core.images import as_mode, from_pil
from editgan.core.types import Photo
from editgan.data.colour import ColourSpace, converted, heif_profile, is_two_way, kind_of, png_profile
from editgan.data.notes import (
    UPRIGHT,
    FileNotes,
    dpi_of,
    exif_to_keep,
    jpeg_coding_of,
    orientation_of,
    xmp_of,
    xmp_to_keep,
)

GREY_MODES = ("1", "L", "LA", "La")
NO_RGB = {"CMYK": "CMYK", "LAB": "Lab"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture as it is in its file."""

    picture: PilImage.Image
    name: str = "the picture"  # in errors
    is_deep: bool = False  # more than 8 bits a channel, whatever Pillow makes of them


@dataclass(frozen=True, slots=True)
class Original:
    """A photo as it was read, and as its edited copies are to be."""

    pixels: Photo  # upright; in its own colour space, what is transparent on white: this is edited
    notes: FileNotes

    @property
    def srgb(self) -> Photo:
        """What networks and screens are shown: `pixels` themselves, unless they mean something else."""
        return self.notes.space.to_srgb(self.pixels)


def original_of(decoded: Decoded) -> Original:
    """Brings the picture upright, and into the space it is edited in.

    Raises:
        PhotoError: floating point values, whose range nobody knows.
    """
    if decoded.picture.mode == "F":
        raise PhotoError(f"{decoded.name} holds floating point values; save it with 8 or 16 bits a channel")
    picture, remarks = upright(decoded.picture), list[str]()
    alpha = _alpha(picture)
    space, colours = _developed(picture, decoded.is_deep, remarks)
    rgba = None if alpha is None else torch.from_numpy(np.dstack([np.asarray(colours), alpha]))
    if rgba is not None:
        remarks.append(
            "the photo is transparent in places: so are edited copies, but for JPEGs, which have it on white"
        )
    if space.is_grey:
        remarks.append("the photo is grey: so are edited copies")
    kept = FileNotes(
        space=space,
        rgba=rgba,
        exif=_exif(decoded.picture, remarks),
        xmp=xmp_to_keep(xmp_of(decoded.picture)),
        dpi=dpi_of(decoded.picture),
        jpeg=jpeg_coding_of(decoded.picture),
        remarks=tuple(remarks),
    )
    return Original(from_pil(colours if rgba is None else on_white(rgba)), kept)


def upright(picture: PilImage.Image) -> PilImage.Image:
    """As the camera was held."""
    turn = UPRIGHT.get(orientation_of(picture))
    return picture if turn is None else picture.transpose(turn)


def on_white(rgba: UInt8[Tensor, "h w 4"]) -> PilImage.Image:
    """RGB of what is transparent in places."""
    picture = PilImage.fromarray(rgba.numpy())
    return PilImage.alpha_composite(PilImage.new("RGBA", picture.size, "white"), picture).convert("RGB")


def _alpha(picture: PilImage.Image) -> UInt8[np.ndarray, "h w"] | None:
    """None where all is opaque, or a channel says that nothing is: some programs leave zeros without meaning.

    A colour that a palette or a header calls transparent is meant, however much of the picture has it.
    """
    if picture.mode.startswith("I") or not picture.has_transparency_data:
        return None
    alpha = np.asarray(picture.convert("RGBA"))[..., 3]
    is_unmeant = alpha.max() == 0 and "A" in picture.getbands()
    return None if alpha.min() == 255 or is_unmeant else alpha


def _developed(
    picture: PilImage.Image, is_deep: bool, remarks: list[str]
) -> tuple[ColourSpace, PilImage.Image]:
    """8-bit RGB without its alpha, and what that means."""
    is_grey = picture.mode in GREY_MODES or picture.mode.startswith("I")
    profile = _profile(picture, is_grey, remarks)
    if picture.mode.startswith("I"):  # 16 bits a pixel; Pillow's own conversion would clip instead of scale
        values = np.asarray(picture).astype(np.float64)
        picture, is_deep = PilImage.fromarray((values / 257).round().clip(0, 255).astype(np.uint8)), True
    if picture.mode not in NO_RGB:
        picture = as_mode(picture, "L" if is_grey and kind_of(profile or b"") != "RGB" else "RGB")
    why = _why_converted(picture, is_deep, profile)
    if why is None:
        return ColourSpace(profile, is_grey), as_mode(picture, "RGB")
    remarks.append(f"the photo {why}: edited copies are in sRGB, 8 bits a channel")
    colours = converted(picture, profile)
    return ColourSpace(None, is_grey), colours.convert("L").convert("RGB") if is_grey else colours


def _why_converted(picture: PilImage.Image, is_deep: bool, profile: bytes | None) -> str | None:
    if picture.mode in NO_RGB:
        return f"is {NO_RGB[picture.mode]}"
    if is_deep:
        return "has more than 8 bits a channel"
    if profile is not None and not is_two_way(profile):
        return "has a colour profile that nothing can be saved in, as scanners' are"
    return None


def _profile(picture: PilImage.Image, is_grey: bool, remarks: list[str]) -> bytes | None:
    """The ICC profile, if it is one of such pictures; or what a HEIC or a PNG says instead."""
    info = picture.info
    profile = info.get("icc_profile")
    if not profile:
        if not is_grey and (wide := heif_profile(info.get("nclx_profile"))) is not None:
            return wide
        chunks = (info.get("gamma"), info.get("chromaticity"))
        return None if "srgb" in info or chunks == (None, None) else png_profile(*chunks, is_grey=is_grey)
    fitting = (NO_RGB[picture.mode],) if picture.mode in NO_RGB else ("GRAY", "RGB") if is_grey else ("RGB",)
    if (kind := kind_of(profile)) in fitting:
        return bytes(profile)
    what = f"for {kind} pictures" if kind else "damaged"
    remarks.append(f"the photo's colour profile is {what}: its colours are read without it, as sRGB's")
    return None


def _exif(picture: PilImage.Image, remarks: list[str]) -> bytes | None:
    try:
        return exif_to_keep(picture)
    except Exception:  # Pillow's parser raises whatever it trips over
        remarks.append("the photo's EXIF is damaged: edited copies have none")
        return None
