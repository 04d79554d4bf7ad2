"""A person's picture file, in whatever format. Everything that is a photo is read here.

Opened ones, those of folders and training sets, uploads: what opens alone opens there, to the same bytes.
"""

import io
import warnings
from functools import lru_cache
from pathlib import Path

from PIL import Image as PilImage
from PIL import UnidentifiedImageError

from editgan.core.errors import PhotoError
from editgan.core.pictures import MAX_MEGAPIXELS
from editgan.core.types import Pixels
from editgan.data.notes import without_xmp
from editgan.data.original import Decoded, Original, original_of

Source = Path | str | bytes | PilImage.Image | Original  # a path, a file's bytes, or a picture
MIN_SIDE_PX = 32
# Pillow reads more, but some of its decoders start other programs (EPS) or were never meant for photos
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "PPM", "JPEG2000", "TGA", "HEIF")
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
SMALLER_PAGE, MASK_PAGE = 1, 4  # bits of a TIFF page's NewSubfileType


def read_photo(source: Source, max_megapixels: float = MAX_MEGAPIXELS) -> Pixels:
    """One photo as networks see it: bytes [1, h, w, 3], upright, in sRGB, what is transparent on white.

    Raises as `read_original`.
    """
    return read_original(source, max_megapixels).srgb


def read_original(source: Source, max_megapixels: float = MAX_MEGAPIXELS) -> Original:
    """One photo, upright, with all that its edited copies should keep.

    8-bit RGB and grey keep their bytes and their profile; CMYK, Lab and 16-bit photos are converted to sRGB,
    which `notes.remarks` say. The camera's EXIF rotation is applied; one that stands in XMP alone is not, as
    in browsers. Size and frames are checked from the header, before decoding.

    Raises:
        PhotoError: missing, not an image, truncated, animated, over 50 megapixels (or the limit given), or a
            side under 32 px.
    """
    return source if isinstance(source, Original) else original_of(decode(source, max_megapixels))


def decode(
    source: Path | str | bytes | PilImage.Image,
    max_megapixels: float = MAX_MEGAPIXELS,
    min_side_px: int = MIN_SIDE_PX,
) -> Decoded:
    """The picture as it is in the file. Raises as `read_original`."""
    source = Path(source) if isinstance(source, str) else source
    name = str(source) if isinstance(source, Path) else "the picture"
    picture = source if isinstance(source, PilImage.Image) else _open(source, name)
    _turn_to_the_photo(picture, name)
    _check_size(picture, name, max_megapixels, min_side_px)
    raw = [str(tile[3]) for tile in getattr(picture, "tile", ())]  # how its channels lie in the file
    is_deep = any(";16" in layout and "BGR" not in layout for layout in raw)  # BGR;16 has 5 bits a channel
    try:
        with without_xmp(picture):
            picture.load()
    except Exception as error:  # Pillow's decoders raise whatever their parser trips over
        raise PhotoError(f"{name} is damaged or truncated ({error}); get a whole copy of it") from None
    return Decoded(picture, name, is_deep)


@lru_cache(maxsize=1)
def _formats() -> list[str]:
    """Those of ours that can be read here: neither AVIF nor HEIC is in every installation."""
    PilImage.init()
    try:
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    except ImportError:
        pass  # an extra
    return [kind for kind in FORMATS if kind in PilImage.OPEN]


def _open(source: Path | bytes, name: str) -> PilImage.Image:
    data = b""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PilImage.DecompressionBombWarning)  # our own limit is lower
            # In memory, so that no file stays open behind the lazy picture
            data = source.read_bytes() if isinstance(source, Path) else source
            return PilImage.open(io.BytesIO(data), formats=_formats())
    except FileNotFoundError:
        raise PhotoError(f"{name} does not exist; give the path of a photo") from None
    except UnidentifiedImageError:
        raise _unidentified(data, name) from None
    except PilImage.DecompressionBombError:
        raise PhotoError(f"{name} has far over {MAX_MEGAPIXELS} megapixels; shrink it first") from None
    except OSError as error:
        raise PhotoError(
            f"{name} should be a photo, but reading it failed: {error.strerror or error}"
        ) from None
    except Exception as error:  # a header that only looks like an image's
        raise PhotoError(f"{name} should be a photo, but its header is damaged: {error}") from None


def _unidentified(data: bytes, name: str) -> PhotoError:
    brand = data[8:12] if data[4:8] == b"ftyp" else b""
    if brand in HEIC_BRANDS and "HEIF" not in _formats():
        return PhotoError(
            f"{name} is a HEIC photo, which the package pillow-heif reads",
            "run: pip install 'editgan[heif]', or save the photo as JPEG",
            code="no-heif",
        )
    if brand in (b"avif", b"avis") and "AVIF" not in _formats():
        return PhotoError(
            f"{name} is an AVIF photo, which this Pillow does not read", "update it: pip install -U pillow"
        )
    return PhotoError(f"{name} should be a photo (JPEG, PNG, WebP, ...), but it is not an image")


def _turn_to_the_photo(picture: PilImage.Image, name: str) -> None:
    """Of several pages the one that is the photo; raises PhotoError where there are more."""
    # Phones keep a second picture (depth, another exposure) behind the photo, which comes first
    if picture.format in ("MPO", "HEIF"):
        return
    try:
        frames = int(getattr(picture, "n_frames", 1))
        pages = _photo_pages(picture, frames) if picture.format == "TIFF" and frames > 1 else range(frames)
        if len(pages) == 1 and frames > 1:
            picture.seek(pages[0])
    except Exception as error:  # counting walks through the file
        raise PhotoError(f"{name} is damaged or truncated ({error}); get a whole copy of it") from None
    if len(pages) > 1:
        raise PhotoError(f"{name} should be one picture, but it has {len(pages)} frames; save one of them")


def _photo_pages(picture: PilImage.Image, frames: int) -> list[int]:
    """Pages of a TIFF that are neither masks nor smaller copies of another."""
    sizes = dict[int, tuple[int, int]]()
    for page in range(min(frames, 64)):
        picture.seek(page)
        kind = int(picture.tag_v2.get(254, 0))  # type: ignore[attr-defined]
        if not kind & (SMALLER_PAGE | MASK_PAGE):
            sizes[page] = picture.size
    width, height = max(sizes.values(), default=(0, 0))
    return [
        page
        for page, (w, h) in sizes.items()
        if 2 * w > width or abs(w * height - h * width) > max(width, height)  # a pixel's worth of rounding
    ] or [0]


def _check_size(picture: PilImage.Image, name: str, max_megapixels: float, min_side_px: int) -> None:
    width, height = picture.size
    if width * height > max_megapixels * 1_000_000:
        came = f"{width}x{height} is {width * height / 1e6:.0f}"
        raise PhotoError(f"{name} may have at most {max_megapixels:g} megapixels, but {came}; shrink it")
    if min(width, height) < min_side_px:
        wanted = f"at least {min_side_px} px a side"
        raise PhotoError(f"{name} should have {wanted}, but it is {width}x{height}; give a larger photo")
