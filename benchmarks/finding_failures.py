"""A sheet of what detectors missed, or framed wrongly: white where the subject is, red what was found."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from PIL import ImageDraw

from benchmarks.finding_photos import Known, corner_error
from editgan.core.images import save_picture, to_pil
from editgan.core.sheets import Panel, contact_sheet, fitted
from editgan.data.frame import Framing

SHOWN_PX, COLUMNS, MOST = 200, 5, 15
KNOWN, SEEN = (255, 255, 255), (255, 30, 30)
AROUND, LEAST_PX = 2.2, 90  # sides of a frame, and px of the photo, that a panel shows at least


@dataclass
class Failures:
    """Of one detector; the first ones."""

    detector: str
    panels: list[Panel] = field(default_factory=list)

    def add(self, kind: str, known: Known, seen: Sequence[Framing], near_enough: float) -> None:
        """What was not found, and what was found around nothing."""
        for frame in known.frames:
            error = min((corner_error(one, frame) for one in seen), default=math.inf)
            if error >= near_enough:
                what = "not found" if math.isinf(error) else f"off by {error:.0%} of the side"
                self.panels.append(_panel(known, frame, seen, f"{kind}: {what}"))
        if not known.frames:
            self.panels += [_panel(known, one, seen, f"{kind}: a frame around nothing") for one in seen]

    def save(self, path: Path) -> None:
        """If there are any."""
        some = self.panels[:MOST]
        rows = [("", some[start : start + COLUMNS]) for start in range(0, len(some), COLUMNS)]
        if rows:
            title = f"{self.detector}: {len(some)} of {len(self.panels)} failures"
            save_picture(contact_sheet(title, rows, panel_px=SHOWN_PX), path)


def _panel(known: Known, around: Framing, seen: Sequence[Framing], caption: str) -> Panel:
    """The photo around one frame, with all frames that lie there."""
    height, width = known.photo.shape[1:3]
    half = max(AROUND * around.side, LEAST_PX) / 2
    left, top = (int(max(centre - half, 0)) for centre in (around.centre_x, around.centre_y))
    right, bottom = (
        int(min(centre + half, size))
        for centre, size in ((around.centre_x, width), (around.centre_y, height))
    )
    picture = fitted(to_pil(known.photo[:, top:bottom, left:right]), SHOWN_PX)
    draw, scale = ImageDraw.Draw(picture), SHOWN_PX / max(right - left, bottom - top)
    corners = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]).double()
    for frame, colour in (*((one, KNOWN) for one in known.frames), *((one, SEEN) for one in seen)):
        outline = [((x - left) * scale, (y - top) * scale) for x, y in frame.to_photo(corners).tolist()]
        draw.line([*outline, outline[0]], fill=colour, width=2)
        draw.line(outline[:2], fill=colour, width=5)  # its upper side
    return Panel(picture, caption)
