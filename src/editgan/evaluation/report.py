"""What came of `run_edits`: means in a table, and pictures to look at."""

import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image as PilImage

from editgan.core.images import to_pil
from editgan.core.sheets import PAPER, Panel, contact_sheet
from editgan.core.types import Photo
from editgan.evaluation.run import Row, edited_path

ABSENT = "–"
TOLD = ("method", "task", "photo", "labels_used", "refused")  # what is no figure to be averaged


def as_markdown(rows: Sequence[Row]) -> str:
    """A line for each method and task: means over the photos that were not refused."""
    measures = list(dict.fromkeys(name for row in rows for name in row if name not in TOLD))
    head = ["method", "task", "labels", "photos", "refused", *(name.replace("_", " ") for name in measures)]
    lines = [_line(head), "|---|---|" + "--:|" * (len(head) - 2)]
    for method, task in dict.fromkeys((row["method"], row["task"]) for row in rows):
        some = [row for row in rows if (row["method"], row["task"]) == (method, task)]
        edited = [row for row in some if "refused" not in row]
        labels = some[-1]["labels_used"]
        counts = [ABSENT if labels is None else f"{labels}", f"{len(edited)}", f"{len(some) - len(edited)}"]
        lines.append(_line([method, task, *counts, *(_mean(edited, name) for name in measures)]))
    return "\n".join(lines) + "\n"


def task_sheet(
    task: str, photos: Sequence[tuple[str, Photo]], methods: Iterable[str], out: Path
) -> PilImage.Image:
    """The photos, and below them what each method made of them; every picture pixel by pixel."""
    side = max(photo.shape[1] for _, photo in photos)
    rows = [("Before", [Panel(_padded(to_pil(photo), side), name) for name, photo in photos])]
    for method in methods:
        after = []
        for name, _ in photos:
            path = edited_path(out, method, task, name)
            if path.exists():
                with PilImage.open(path) as picture:
                    after.append(Panel(_padded(picture, side), ""))
            else:
                after.append(Panel(PilImage.new("RGB", (side, side), PAPER), "refused"))
        rows.append((method, after))
    return contact_sheet(task, rows, panel_px=side)


def _mean(rows: Sequence[Row], measure: str) -> str:
    values = [row[measure] for row in rows if row.get(measure) is not None]
    return f"{statistics.fmean(values):.3g}" if values else ABSENT


def _padded(picture: PilImage.Image, side: int) -> PilImage.Image:
    """In a corner of a square of that side: sheets would enlarge it."""
    square = PilImage.new("RGB", (side, side), PAPER)
    square.paste(picture)
    return square


def _line(texts: Sequence[str]) -> str:
    return "| " + " | ".join(texts) + " |"
