"""An edited photo as a file that says what its original said: profile, transparency, EXIF, XMP, resolution.

PNG, TIFF and WebP keep every byte of the pixels. JPEG is written as its original was, if that was one.
"""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image as PilImage
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from editgan.core.errors import InputError
from editgan.core.files import replacing
from editgan.core.images import save_picture, to_pil
from editgan.core.types import Photo
from editgan.data.colour import SRGB, kind_of
from editgan.data.notes import PLAIN, FileNotes
from editgan.data.original import on_white
from editgan.data.xmp import Note, with_note

FORMATS = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), "JPEG"),
    **dict.fromkeys((".tif", ".tiff"), "TIFF"),
    **{".png": "PNG", ".webp": "WEBP", ".avif": "AVIF"},
}
QUALITY = 95  # of what is not written losslessly, nor as its original was
MAX_SEGMENT = 65_500  # bytes of EXIF or XMP that a JPEG holds
TIFF_XMP = 700


def save_photo(
    pixels: Photo, path: Path, notes: FileNotes = PLAIN, note: Note | None = None, *, strip: bool = False
) -> None:
    """As `photo_bytes`, written whole or not at all; the format follows the suffix.

    Other formats that Pillow writes (BMP, ...) get pixels in sRGB alone. Raises InputError for unknown ones.
    """
    if (format_ := FORMATS.get(path.suffix.lower())) is None:
        save_picture(to_pil(notes.space.to_srgb(pixels)), path)
        return
    data = photo_bytes(pixels, format_, notes, note, strip=strip)
    with replacing(path) as scratch:
        scratch.write_bytes(data)


def noted(notes: FileNotes, note: Note | None) -> FileNotes:
    """With the note of one more edit."""
    return notes if note is None else replace(notes, xmp=with_note(notes.xmp, note))


def photo_bytes(
    pixels: Photo,
    format_: str,
    notes: FileNotes = PLAIN,
    note: Note | None = None,
    *,
    strip: bool = False,  # leave out EXIF, XMP, resolution and the note; profile and transparency are pixels
) -> bytes:
    """One of `FORMATS`, with what the original's file said. Equal arguments give equal bytes.

    `pixels` are what was edited: of an `Original` with these notes. `note` is what the edit says of itself.
    Raises InputError for a picture that the format cannot hold.
    """
    notes = replace(notes, exif=None, xmp=None, dpi=None) if strip else noted(notes, note)
    if notes.space.is_grey and format_ in ("WEBP", "AVIF"):  # they know no grey, hence none of its profiles
        pixels, notes = _in_rgb(pixels, notes)
    picture = _picture(pixels, notes, has_alpha=format_ != "JPEG")
    buffer, options = io.BytesIO(), _WRITERS[format_](notes)
    common = {"icc_profile": notes.space.profile, "exif": notes.exif}
    given = {name: value for name, value in (common | options).items() if value is not None}
    try:
        picture.save(buffer, format_, **given)
    except (ValueError, OSError) as error:
        size = f"{picture.width}x{picture.height}"
        raise InputError(
            f"a photo of {size} px cannot be saved as {format_} ({error}); save it as PNG"
        ) from None
    return buffer.getvalue()


def _in_rgb(pixels: Photo, notes: FileNotes) -> tuple[Photo, FileNotes]:
    space = SRGB if kind_of(notes.space.profile or b"") == "GRAY" else replace(notes.space, is_grey=False)
    if space is SRGB:
        pixels = notes.space.to_srgb(pixels)
    return pixels, replace(notes, space=space)


def _picture(pixels: Photo, notes: FileNotes, *, has_alpha: bool) -> PilImage.Image:
    if notes.rgba is None or not has_alpha:
        picture = to_pil(pixels)
        return picture.convert("L") if notes.space.is_grey else picture
    picture = PilImage.fromarray(_uncovered(pixels, notes.rgba).numpy())
    return picture.convert("LA") if notes.space.is_grey else picture


def _uncovered(pixels: Photo, rgba: UInt8[Tensor, "h w 4"]) -> UInt8[Tensor, "h w 4"]:
    """Where the photo on white was edited, the colour that lies so on white; all else as it was."""
    made = rgba.clone()
    laid = torch.from_numpy(np.array(on_white(rgba)))
    edited = (pixels[0].cpu() != laid).any(2) & (rgba[..., 3] > 0)
    share = rgba[edited][:, 3:].float() / 255
    colour = (pixels[0].cpu()[edited].float() - 255 * (1 - share)) / share
    made[edited] = torch.cat([colour.round().clamp(0, 255).byte(), rgba[edited][:, 3:]], 1)
    return made


def _png(notes: FileNotes) -> dict[str, Any]:
    info = PngInfo()
    if notes.xmp is not None:
        info.add_itxt("XML:com.adobe.xmp", notes.xmp.decode(errors="replace"))
    return {"pnginfo": info, "dpi": notes.dpi}


def _jpeg(notes: FileNotes) -> dict[str, Any]:
    kept = {name: _if_it_fits(getattr(notes, name)) for name in ("exif", "xmp")}
    dpi = None if notes.dpi is None else tuple(max(1, round(value)) for value in notes.dpi)
    how: dict[str, Any] = {"quality": QUALITY, "subsampling": 0}
    if notes.jpeg is not None:
        how = {"qtables": notes.jpeg.tables, "subsampling": notes.jpeg.subsampling}
    if notes.space.is_grey:
        how.pop("subsampling")
    return how | kept | {"dpi": dpi}


def _webp(notes: FileNotes) -> dict[str, Any]:
    # Effort 0 of 6: 12 megapixels in 1.4 s instead of 21, the file a fifth larger
    return {"lossless": True, "exact": True, "method": 0, "quality": 20, "xmp": notes.xmp}


def _avif(notes: FileNotes) -> dict[str, Any]:
    return {"quality": QUALITY, "subsampling": "4:4:4", "xmp": notes.xmp}


def _tiff(notes: FileNotes) -> dict[str, Any]:
    # Uncompressed: libtiff, which would compress, writes no EXIF; a photo would shrink by a seventh
    tags = PilImage.Exif()
    if notes.exif is not None:
        tags.load(notes.exif)
    if notes.xmp is not None:
        tags[TIFF_XMP] = notes.xmp
    return {"dpi": notes.dpi, "exif": tags, "compression": "raw"}


def _if_it_fits(data: bytes | None) -> bytes | None:
    return data if data is not None and len(data) <= MAX_SEGMENT else None


_WRITERS: dict[str, Callable[[FileNotes], dict[str, Any]]] = {
    "PNG": _png,
    "JPEG": _jpeg,
    "WEBP": _webp,
    "AVIF": _avif,
    "TIFF": _tiff,
}
