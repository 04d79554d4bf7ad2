"""Pictures and label maps as bytes for browsers, and back."""

import base64
import io
import math
from typing import Literal

import numpy as np
import torch
from PIL import Image as PilImage

from editgan.core.errors import LabelError, PhotoError
from editgan.core.images import to_pil
from editgan.core.label_pictures import palette_png, read_label_map
from editgan.core.labels import LabelSchema
from editgan.core.types import Keep, LabelMap, Photo, Pixels
from editgan.data.masks import FRAME_PX, read_marks
from editgan.data.opening import read_photo
from editgan.studio.refusal import Refusal

Format = Literal["png", "jpeg", "webp"]
MEDIA = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
LOUD = 64  # bytes of difference that a heat map shows at full strength


def encode(pixels: Pixels, format_: Format, quality: int = 95) -> bytes:
    """The first picture as a file."""
    return encode_picture(to_pil(pixels), format_, quality)


def encode_picture(picture: PilImage.Image, format_: Format, quality: int = 95) -> bytes:
    """A Pillow picture as a file; `quality` does not matter to PNG."""
    buffer = io.BytesIO()
    options = {} if format_ == "png" else {"quality": quality}
    picture.save(buffer, format_.upper(), **options)
    return buffer.getvalue()


def photo_jpeg(data: bytes, megapixels: float, size: int) -> bytes:
    """JPEG of a photo as it was sent, upright, its longer side at most `size`."""
    picture = to_pil(read_photo(data, megapixels))
    picture.thumbnail((size, size), PilImage.Resampling.LANCZOS)
    return encode_picture(picture, "jpeg", 88)


def data_url(jpeg: bytes) -> str:
    """JPEG bytes as an address that carries them."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def encode_labels(label_map: LabelMap, schema: LabelSchema, format_: Literal["raw", "png"]) -> bytes:
    """Class ids row by row, one byte each; or a palette PNG in the schema's colours."""
    if format_ == "raw":
        return label_map[0].cpu().numpy().astype(np.uint8).tobytes()
    buffer = io.BytesIO()
    palette_png(label_map[0], schema).save(buffer, "PNG")
    return buffer.getvalue()


def decode_labels(body: bytes, media_type: str, schema: LabelSchema, side: int) -> LabelMap:
    """The inverse of `encode_labels`. Raises Refusal for anything else than a label map of that side."""
    kind = media_type.partition(";")[0].strip().lower()
    try:
        if kind == "application/octet-stream":
            if len(body) != side * side:
                raise LabelError(f"a label map here has {side}x{side} bytes, got {len(body)}")
            ids = np.frombuffer(body, np.uint8).reshape(1, side, side).astype(np.int64)
            label_map = torch.from_numpy(ids)
            schema.check(label_map)
        elif kind == "image/png":
            label_map = read_label_map(body, schema, "the label map", max_side=4 * side)
            if label_map.shape[1:] != (side, side):
                height, width = label_map.shape[1:]
                raise LabelError(f"a label map here is {side}x{side} px, got {width}x{height}")
        else:
            raise LabelError(f"a label map is application/octet-stream or image/png, got {kind or 'nothing'}")
    except LabelError as error:
        raise Refusal(422, "labels", str(error)) from None
    return label_map


def decode_keep(body: bytes, media_type: str) -> Keep:
    """A square of the frame: raw bytes, 0 where things may change, or a picture, white where they must not.

    Raises Refusal for anything else.
    """
    try:
        if media_type.partition(";")[0].strip().lower() == "application/octet-stream":
            side = math.isqrt(len(body))
            marks = np.frombuffer(body, np.uint8)[: side * side].reshape(side, side) > 0
            is_square, got, mask = len(body) == side * side, f"{len(body)} bytes", torch.from_numpy(marks)
        else:
            mask, _ = read_marks(body)
            height, width = mask.shape
            is_square, got = height == width, f"{width}x{height}"
    except PhotoError as error:
        raise Refusal(422, "keep", str(error)) from None
    if not is_square or not 1 <= len(mask) <= FRAME_PX:
        wanted = f"what is to be kept is a square of up to {FRAME_PX}x{FRAME_PX} px"
        raise Refusal(422, "keep", f"{wanted}, got {got}")
    return mask[None, None]


def heat_map(before: Photo, after: Photo) -> bytes:
    """PNG with alpha: where two pictures of one size differ, and how much; clear where they do not."""
    largest = torch.maximum(before, after)[0].short() - torch.minimum(before, after)[0].short()
    amount = (largest.float().mean(2) / LOUD).clamp(0, 1).sqrt().numpy()
    return _tinted(amount)


def disagreement_map(disagreement: np.ndarray, side: int) -> bytes:
    """PNG with alpha of values 0..1 [h, w], enlarged to `side` px."""
    picture = PilImage.fromarray((disagreement * 255).astype(np.uint8)).resize((side, side))
    return _tinted(np.asarray(picture, np.float32) / 255)


def _tinted(amount: np.ndarray) -> bytes:
    """From violet (little) over orange to yellow (much): told apart by all kinds of colour vision."""
    stops = np.array([0.0, 0.5, 1.0])
    colors = np.array([[90, 20, 130], [230, 90, 40], [255, 230, 90]], float)
    channels = [np.interp(amount, stops, colors[:, c]) for c in range(3)]
    alpha = np.clip(amount * 1.6, 0, 0.9) * 255
    rgba = np.stack([*channels, alpha], axis=-1).astype(np.uint8)
    return encode_picture(PilImage.fromarray(rgba, "RGBA"), "png")
