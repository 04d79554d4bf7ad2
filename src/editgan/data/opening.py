"""A person's picture file, in whatever format, as upright RGB bytes."""

import contextlib
import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image as PilImage
from PIL import ImageOps, UnidentifiedImageError

from editgan.core.errors import PhotoError
from editgan.core.images import from_pil
from editgan.core.types import Pixels

Source = Path | str | bytes | PilImage.Image  # a path, a file's bytes, or a picture
MAX_MEGAPIXELS = 50
MIN_SIDE_PX = 32
# Pillow reads more, but some of its decoders start other programs (EPS) or were never meant for photos
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "PPM", "JPEG2000", "TGA")


def read_photo(source: Source, max_megapixels: float = MAX_MEGAPIXELS) -> Pixels:
    """One photo as bytes [1, h, w, 3], upright, in RGB.

    CMYK, 16-bit, greyscale and palette pictures are converted, transparent ones laid on white, and the
    camera's EXIF rotation is applied. Size and frames are checked from the header, before decoding.

    Raises:
        PhotoError: missing, not an image, truncated, animated, over 50 megapixels (or the limit given), or a
            side under 32 px.
    """
    picture, name = read_picture(source, max_megapixels)
    return from_pil(upright_rgb(picture, name))


def read_picture(source: Source, max_megapixels: float = MAX_MEGAPIXELS) -> tuple[PilImage.Image, str]:
    """The picture as it is in the file, decoded, and what errors call it. Raises as `read_photo`."""
    source = Path(source) if isinstance(source, str) else source
    name = str(source) if isinstance(source, Path) else "the picture"
    picture = source if isinstance(source, PilImage.Image) else _open(source, name)
    _check_header(picture, name, max_megapixels)
    try:
        picture.load()
    except Exception as error:  # Pillow's decoders raise whatever their parser trips over
        raise PhotoError(f"{name} is damaged or truncated ({error}); get a whole copy of it") from None
    return picture, name


def upright_rgb(picture: PilImage.Image, name: str = "the picture") -> PilImage.Image:
    """8-bit RGB as the camera held it: 16 bits scaled, transparency laid on white, EXIF rotation applied.

    Raises:
        PhotoError: floating point values, whose range nobody knows.
    """
    with contextlib.suppress(Exception):  # unreadable EXIF should not cost the photo
        picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I"):  # 16 bits a pixel; Pillow's own conversion would clip instead of scale
        values = np.asarray(picture).astype(np.float64)
        return PilImage.fromarray((values / 257).round().clip(0, 255).astype(np.uint8)).convert("RGB")
    if picture.mode == "F":
        raise PhotoError(f"{name} holds floating point values; save it with 8 or 16 bits a channel")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = PilImage.new("RGBA", picture.size, "white")
        return PilImage.alpha_composite(white, picture).convert("RGB")
    return picture.convert("RGB")


def _open(source: Path | bytes, name: str) -> PilImage.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PilImage.DecompressionBombWarning)  # our own limit is lower
            # In memory, so that no file stays open behind the lazy picture
            data = source.read_bytes() if isinstance(source, Path) else source
            PilImage.init()
            here = [kind for kind in FORMATS if kind in PilImage.OPEN]  # AVIF, say, is not in every build
            return PilImage.open(io.BytesIO(data), formats=here)
    except FileNotFoundError:
        raise PhotoError(f"{name} does not exist; give the path of a photo") from None
    except UnidentifiedImageError:
        raise PhotoError(f"{name} should be a photo (JPEG, PNG, WebP, ...), but it is not an image") from None
    except PilImage.DecompressionBombError:
        raise PhotoError(f"{name} has far over {MAX_MEGAPIXELS} megapixels; shrink it first") from None
    except OSError as error:
        raise PhotoError(
            f"{name} should be a photo, but reading it failed: {error.strerror or error}"
        ) from None
    except Exception as error:  # a header that only looks like an image's
        raise PhotoError(f"{name} should be a photo, but its header is damaged: {error}") from None


def _check_header(picture: PilImage.Image, name: str, max_megapixels: float) -> None:
    width, height = picture.size
    if width * height > max_megapixels * 1_000_000:
        came = f"{width}x{height} is {width * height / 1e6:.0f}"
        raise PhotoError(f"{name} may have at most {max_megapixels:g} megapixels, but {came}; shrink it")
    if min(width, height) < MIN_SIDE_PX:
        wanted = f"at least {MIN_SIDE_PX} px a side"
        raise PhotoError(f"{name} should have {wanted}, but it is {width}x{height}; give a larger photo")
    # Phones keep a second picture (depth, another exposure) behind the photo: MPO; we take the first
    if picture.format != "MPO" and (frames := _frame_count(picture, name)) > 1:
        raise PhotoError(f"{name} should be one picture, but it has {frames} frames; save one of them")


def _frame_count(picture: PilImage.Image, name: str) -> int:
    try:
        return int(getattr(picture, "n_frames", 1))
    except Exception as error:  # counting walks through the file
        raise PhotoError(f"{name} is damaged or truncated ({error}); get a whole copy of it") from None
