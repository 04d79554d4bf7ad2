"""Pictures with something to them, for tests."""

import io

import numpy as np
from PIL import Image as PilImage
from skimage.data import astronaut

from editgan.data.colour import matrix_profile

P3 = matrix_profile((0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06), 2.2)
ADOBE = matrix_profile((0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06), 2.2)
PORTRAIT = PilImage.fromarray(astronaut()).resize((64, 48))


def encoded(picture: PilImage.Image, format_: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format_, **options)
    return buffer.getvalue()


def decoded(data: bytes) -> PilImage.Image:
    picture = PilImage.open(io.BytesIO(data))
    picture.load()
    return picture


def cut_out(picture: PilImage.Image = PORTRAIT) -> PilImage.Image:
    """Opaque on the left, half transparent in the middle, clear on the right, where colours go on."""
    width, height = picture.size
    alpha = np.full((height, width), 255, np.uint8)
    alpha[:, width // 2 :], alpha[:, 3 * width // 4 :] = 128, 0
    made = picture.convert("RGBA")
    made.putalpha(PilImage.fromarray(alpha))
    return made


def camera_notes(orientation: int = 1) -> PilImage.Exif:
    """EXIF with an author, a date, sizes and a place."""
    exif = PilImage.Exif()
    exif[0x0112], exif[0x8298] = orientation, "(c) somebody"
    exif.get_ifd(0x8769).update({0x9003: "2026:01:02 03:04:05", 0xA002: 64, 0xA003: 48})
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 1.0)})
    return exif


def packet(inside: str) -> bytes:
    """XMP with these attributes and elements in it."""
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    whole = f'<rdf:RDF xmlns:rdf="{rdf}">{inside}</rdf:RDF>'
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{whole}</x:xmpmeta>'.encode()


TURNED = packet('<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="3"/>')
