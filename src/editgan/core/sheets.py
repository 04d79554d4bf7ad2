"""Contact sheets: captioned pictures in rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image as PilImage
from PIL import ImageDraw, ImageFont

from editgan.core.images import from_pixels, to_pil, to_pixels
from editgan.core.labels import LabelSchema, at_side
from editgan.core.types import Image, LabelMap

INK, PAPER, _GREY = (25, 25, 25), (255, 255, 255), (110, 110, 110)


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture of a sheet and the words under it."""

    picture: PilImage.Image
    caption: str


def overlay(image: Image, label_map: LabelMap, schema: LabelSchema, opacity: float = 0.55) -> PilImage.Image:
    """Parts in colour over the picture; background stays clear."""
    label_map = at_side(label_map, image.shape[-1])
    colors = from_pixels(schema.colorize(label_map)).to(image)
    shown = image + opacity * (label_map > 0).unsqueeze(1) * (colors - image)
    return to_pil(to_pixels(shown))


def legend(schema: LabelSchema, *, side_px: int = 240) -> PilImage.Image:
    """A square key: each part's colour and name."""
    key = PilImage.new("RGB", (side_px, side_px), PAPER)
    draw = ImageDraw.Draw(key)
    line_px = min(24, side_px // len(schema))
    for row, part in enumerate(schema.classes):
        top = row * line_px
        draw.rectangle((0, top, line_px - 4, top + line_px - 4), fill=part.color, outline=_GREY)
        draw.text(
            (line_px + 4, top), part.name.replace("_", " "), INK, ImageFont.load_default(max(line_px - 8, 6))
        )
    return key


def contact_sheet(
    title: str, rows: Sequence[tuple[str, Sequence[Panel]]], *, panel_px: int = 240
) -> PilImage.Image:
    """Rows under their headings, each panel fitted into a square of `panel_px`."""
    font, bold = ImageFont.load_default(13), ImageFont.load_default(17)
    gap, caption_px, heading_px = 14, 36, 30
    columns = max(len(panels) for _, panels in rows)
    width = gap + columns * (panel_px + gap)
    row_px = heading_px + panel_px + caption_px + gap
    sheet = PilImage.new("RGB", (width, 52 + len(rows) * row_px), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((gap, 14), title, INK, ImageFont.load_default(22))
    for r, (heading, panels) in enumerate(rows):
        top = 52 + r * row_px
        draw.text((gap, top), heading, INK, bold)
        for c, panel in enumerate(panels):
            left = gap + c * (panel_px + gap)
            picture = fitted(panel.picture, panel_px)
            sheet.paste(picture, (left + (panel_px - picture.width) // 2, top + heading_px))
            for i, line in enumerate(_wrapped(panel.caption, draw, font, panel_px)[:2]):
                draw.text((left, top + heading_px + panel_px + 3 + 16 * i), line, _GREY, font)
    return sheet


def fitted(picture: PilImage.Image, side: int) -> PilImage.Image:
    """The picture, enlarged or shrunk until its longer side is `side` pixels."""
    scale = side / max(picture.size)
    size = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
    # Small renderings keep their pixels visible at whole multiples; photos are shrunk smoothly
    smooth = PilImage.Resampling.LANCZOS if scale < 1 else PilImage.Resampling.BICUBIC
    return picture.convert("RGB").resize(size, smooth)


def _wrapped(
    text: str, draw: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int
) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if draw.textlength(longer, font) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
