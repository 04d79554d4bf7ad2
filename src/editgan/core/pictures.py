"""Other people's picture files, decoded within bounds."""

import io
import warnings
from pathlib import Path

from PIL import Image as PilImage
from PIL import UnidentifiedImageError

from editgan.core.errors import InputError

MAX_MEGAPIXELS = 50


def decoded(
    source: Path | bytes,
    name: str,
    formats: tuple[str, ...],
    *,
    max_side: int | None = None,
    max_megapixels: float = MAX_MEGAPIXELS,
) -> PilImage.Image:
    """The first picture of a file as it is in there, decoded and closed; `name` is what errors call it.

    Its size is checked from the header, before anything is decoded.

    Raises:
        InputError: missing, of none of these formats (Pillow's names), damaged, or too large.
    """
    try:
        data = source.read_bytes() if isinstance(source, Path) else source
    except FileNotFoundError:
        raise InputError(f"{name} is missing") from None
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror or error}") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PilImage.DecompressionBombWarning)  # our own limit is lower
            picture = PilImage.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError:
        raise InputError(f"{name} should be a picture ({', '.join(formats)}), but it is not one") from None
    except Exception as error:  # whatever a header's parser trips over
        raise InputError(f"{name} should be a picture, but its header is damaged ({error!r})") from None
    width, height = picture.size
    most = f"sides up to {max_side} px" if max_side is not None else f"at most {max_megapixels:g} megapixels"
    if (max_side or max(width, height)) < max(width, height) or width * height > max_megapixels * 1_000_000:
        raise InputError(f"{name} should have {most}, but it is {width}x{height}")
    try:
        picture.load()
    except Exception as error:  # nor do decoders agree on what they raise
        raise InputError(f"{name} is damaged or truncated ({error!r})") from None
    return picture
