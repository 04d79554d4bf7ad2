"""What edit vectors do, to look at."""

from collections.abc import Sequence

from PIL import Image as PilImage

from editgan.bundle.opened import OpenPhoto
from editgan.core.images import to_pil
from editgan.core.sheets import Panel, contact_sheet
from editgan.editing.vectors import EditVector
from editgan.editor import Editor

STRENGTHS = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5)


def vector_sheet(
    editor: Editor, vectors: Sequence[EditVector], pictures: Sequence[OpenPhoto]
) -> PilImage.Image:
    """What each vector makes of each picture, pasted back: a row for each, a column per strength."""
    rows = []
    for vector in vectors:
        for number, opened in enumerate(pictures):
            panels = []
            for strength in STRENGTHS:
                result = editor.apply(opened, {vector: strength}, insist=True)
                caption = f"{strength:+g}" if strength else "the picture"
                panels.append(Panel(to_pil(result.pixels).crop(opened.surroundings), caption))
            low, high = vector.strengths
            heading = f"{vector.name}: {', '.join(vector.classes)}; useful {low:g} to {high:g}"
            rows.append(("" if number else heading, panels))
    return contact_sheet(f"Edit vectors of {editor.bundle.name}", rows, panel_px=128)
