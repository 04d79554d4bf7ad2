"""Pictures and files as replies."""

from pathlib import Path
from typing import Literal
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import FileResponse

from editgan.core.labels import LabelSchema
from editgan.core.types import LabelMap
from editgan.editing.recipe import mask_from_png
from editgan.studio.batches import file_name
from editgan.studio.encoding import MEDIA, encode_labels, photo_jpeg
from editgan.studio.refusal import unknown

BYTES = "application/octet-stream"


def jpeg(data: bytes) -> Response:
    """Of a picture."""
    return Response(data, media_type=MEDIA["jpeg"])


def photo(path: Path, megapixels: float, size: int) -> Response:
    """JPEG of a whole photo, its longer side at most `size`. Raises Refusal where there is none."""
    if not path.is_file():
        raise unknown("photo")
    return jpeg(photo_jpeg(path.read_bytes(), megapixels, size))


def picture(path: Path) -> FileResponse:
    """A file of ours. Raises Refusal where there is none."""
    if not path.is_file():
        raise unknown("picture")
    return FileResponse(path, media_type=MEDIA[path.suffix[1:]])


def mask(path: Path, format_: Literal["raw", "png"]) -> Response:
    """What is to be kept, as it was written. Raises Refusal where nothing is."""
    if format_ == "png" or not path.is_file():
        return picture(path)
    return Response(mask_from_png(path.read_bytes()).numpy().tobytes(), media_type=BYTES)


def labels(label_map: LabelMap, schema: LabelSchema, format_: Literal["raw", "png"], name: str) -> Response:
    """Class ids row by row, or a palette PNG to keep under a name that a person gave."""
    data = encode_labels(label_map, schema, format_)
    if format_ == "raw":
        return Response(data, media_type=BYTES)
    return attachment(data, MEDIA["png"], f"{file_name(name)}-parts.png")


def attachment(data: bytes, media: str, name: str) -> Response:
    """What a browser saves under that name."""
    plain = name.encode("ascii", "ignore").decode() or "photo"
    disposition = f"attachment; filename=\"{plain}\"; filename*=utf-8''{quote(name, safe='')}"
    return Response(data, media_type=media, headers={"content-disposition": disposition})
