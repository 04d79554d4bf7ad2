"""What a photo's file says besides its pixels, and what of that its edited copies are to say, too."""

import contextlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jaxtyping import UInt8
from PIL import ExifTags, JpegImagePlugin
from PIL import Image as PilImage
from torch import Tensor

from editgan.data.colour import SRGB, ColourSpace

ORIENTATION = ExifTags.Base.Orientation
UPRIGHT = {  # by EXIF's orientation
    2: PilImage.Transpose.FLIP_LEFT_RIGHT,
    3: PilImage.Transpose.ROTATE_180,
    4: PilImage.Transpose.FLIP_TOP_BOTTOM,
    5: PilImage.Transpose.TRANSPOSE,
    6: PilImage.Transpose.ROTATE_270,
    7: PilImage.Transpose.TRANSVERSE,
    8: PilImage.Transpose.ROTATE_90,
}
# A TIFF's own tags are EXIF's, too; these do not say how its pixels lie in the file
TELLING = {0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x8298, 0x8769, 0x8825, 0x4746}
TELLING |= set(range(0x9C9B, 0x9CA0))  # Windows' title, comment, author, keywords, subject
SIZES = {ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight}
MAX_DPI = 65_535
XMP_NAMES = ("xmp", "XML:com.adobe.xmp")  # in Pillow's info
# Of XMP: a thumbnail of the unedited photo, and what belongs to pictures and films behind the photo, which go
LOST_XMP = (
    rb"<(xmp|xap):Thumbnails\b.*?</\1:Thumbnails>",
    rb"<(GContainer|Container):Directory\b.*?</\1:Directory>",
    rb"<hdrgm:(\w+)\b[^>]*?(?:/>|>.*?</hdrgm:\1>)",
    rb"\s(?:GCamera|hdrgm):\w+\s*=\s*(?:\"[^\"]*\"|'[^']*')",
    rb"\sxmpNote:HasExtendedXMP\s*=\s*(?:\"[^\"]*\"|'[^']*')",
)
XMP_ORIENTATION = rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)\d"


@dataclass(frozen=True, slots=True)
class JpegCoding:
    """How a JPEG was written: to be written so again."""

    tables: dict[int, list[int]]  # of quantization, 64 values each
    subsampling: int  # Pillow's: 0 is 4:4:4, 1 is 4:2:2, 2 is 4:2:0


@dataclass(frozen=True, kw_only=True, slots=True)
class FileNotes:
    """Of one photo."""

    space: ColourSpace = SRGB  # of its pixels as they are edited and saved
    rgba: UInt8[Tensor, "h w 4"] | None = None  # as stored, where any pixel is transparent
    exif: bytes | None = None  # upright, without a thumbnail
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    jpeg: JpegCoding | None = None
    remarks: tuple[str, ...] = ()  # sentences: what was converted, what is not kept


PLAIN = FileNotes()


def orientation_of(picture: PilImage.Image) -> int:
    """1..8, of EXIF alone, as browsers turn photos."""
    found = 1
    with contextlib.suppress(Exception):  # unreadable EXIF should not cost the photo
        found = int(_exif_of(picture).get(ORIENTATION, 1))
    return found


def exif_to_keep(picture: PilImage.Image) -> bytes | None:
    """Of an upright copy: what camera and people noted, with neither orientation nor thumbnail.

    None where there is none. Raises whatever Pillow trips over in damaged EXIF.
    """
    exif, is_tiff = _exif_of(picture), picture.format == "TIFF"
    turned = orientation_of(picture) >= 5
    for tag in list(exif):
        if tag == ORIENTATION or (is_tiff and tag not in TELLING):
            del exif[tag]
    if not exif:
        return None
    if turned and ExifTags.IFD.Exif in exif and (details := exif.get_ifd(ExifTags.IFD.Exif)).keys() >= SIZES:
        width, height = (details[tag] for tag in sorted(SIZES))
        details.update(zip(sorted(SIZES), (height, width), strict=True))
    return exif.tobytes()


def xmp_to_keep(xmp: bytes | None) -> bytes | None:
    """The packet of an upright copy that has nothing behind it."""
    if xmp is None:
        return None
    for pattern in LOST_XMP:
        xmp = re.sub(pattern, b"", xmp, flags=re.DOTALL)
    return re.sub(XMP_ORIENTATION, rb"\g<1>1", xmp).rstrip(b"\0") or None


def xmp_of(picture: PilImage.Image) -> bytes | None:
    """The packet as it is in the file."""
    found = (picture.info.get(name) for name in XMP_NAMES)
    packet = next((value for value in found if value), None)
    packet = packet.encode() if isinstance(packet, str) else packet
    return packet if isinstance(packet, bytes) else None


@contextlib.contextmanager
def without_xmp(picture: PilImage.Image) -> Iterator[None]:
    """While Pillow decodes or reads EXIF: it would turn a picture as its XMP says, which browsers do not."""
    taken = {name: picture.info.pop(name) for name in XMP_NAMES if name in picture.info}
    try:
        yield
    finally:
        picture.info.update(taken)


def dpi_of(picture: PilImage.Image) -> tuple[float, float] | None:
    """Horizontal and vertical, if the file says something sensible: 1 is what a silent TIFF has."""
    try:
        across, down = map(float, picture.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    is_sensible = all(math.isfinite(value) and 1 < value <= MAX_DPI for value in (across, down))
    return (across, down) if is_sensible else None


def jpeg_coding_of(picture: PilImage.Image) -> JpegCoding | None:
    """None for anything else than a colour or grey JPEG that can be written so again."""
    tables: Any = getattr(picture, "quantization", None)
    if not isinstance(picture, JpegImagePlugin.JpegImageFile) or picture.mode not in ("L", "RGB"):
        return None
    if not tables or sorted(tables) != list(range(len(tables))) or len(tables) > 4:
        return None
    subsampling = JpegImagePlugin.get_sampling(picture) if picture.mode == "RGB" else 0
    usable = {key: [min(max(int(v), 1), 255) for v in table] for key, table in tables.items()}
    return JpegCoding(usable, max(subsampling, 0))  # what Pillow has no name for: in full


def _exif_of(picture: PilImage.Image) -> PilImage.Exif:
    """Freshly read where that is possible: Pillow's own may have an orientation from XMP in it already."""
    data = picture.info.get("exif")
    if not isinstance(data, bytes):
        with without_xmp(picture):
            return picture.getexif()
    exif = PilImage.Exif()
    exif.load(data)
    return exif
