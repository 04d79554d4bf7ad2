"""The table of `benchmarks.walks`, and its pictures to look at."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from PIL import Image as PilImage

from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import InputError
from editgan.core.images import from_pil, save_picture, to_pil
from editgan.core.sheets import Panel, contact_sheet
from editgan.core.types import Photo
from editgan.data.align import crop
from editgan.data.photos import last_photos
from editgan.editing.region import region_iou
from editgan.evaluation.asked import Asker
from editgan.evaluation.run import Row, edited_path
from editgan.evaluation.tasks import tasks_of
from editgan.perception.segmenter import load_segmenter

SHOWN = 6  # photos of a task's sheet
COLUMNS = {  # what is averaged: its heading, and how it is written
    "claimed_after": ("claimed", "{:.3f}"),
    "seen_motion": ("seen, motion", "{:.3f}"),
    "seen_difference": ("seen, difference", "{:.3f}"),
    "graded_motion": ("graded, motion", "{:.3f}"),
    "graded_difference": ("graded, difference", "{:.3f}"),
    "outside_db": ("outside, dB", "{:.1f}"),
    "colours_off": ("colours off", "{:.1f}"),
    "distance_motion": ("distance, motion", "{:.4f}"),
    "distance_difference": ("distance, difference", "{:.4f}"),
    "unmoved": ("unmoved", "{:.2f}"),
    "seconds": ("seconds", "{:.1f}"),
}
BEFORE = {"claimed_before": "claimed_after", "seen_before": "seen_motion", "graded_before": "graded_motion"}


def as_markdown(rows: Sequence[Row], out: Path, data: Path, bundle: ModelBundle, grader: Path | None) -> str:
    """Means of each way, over the edits that all ways have; the first row is the photo as it was."""
    ways = list(dict.fromkeys(row["method"] for row in rows))
    everywhere = set.intersection(
        *({(row["photo"], row["task"]) for row in rows if row["method"] == way} for way in ways)
    )
    rows = [row for row in rows if (row["photo"], row["task"]) in everywhere]
    if grader is not None:
        rows = graded(rows, out, data, bundle, grader)
    columns = {name: how for name, how in COLUMNS.items() if any(name in row for row in rows)}
    lines = [f"| {len(everywhere)} edits | " + " | ".join(head for head, _ in columns.values()) + " |"]
    lines.append("|---|" + "--:|" * len(columns))
    before = [{after: row[b] for b, after in BEFORE.items() if b in row} for row in rows]
    lines.append(_line("*before*", before, columns))
    lines += [_line(way, [row for row in rows if row["method"] == way], columns) for way in ways]
    return "\n".join(lines) + "\n"


def graded(rows: Sequence[Row], out: Path, data: Path, bundle: ModelBundle, grader: Path) -> list[Row]:
    """With the grader's IoU of the asked parts with its own target, before and in the kept pictures."""
    asker = Asker(bundle, load_segmenter(grader, bundle.device))
    tasks = {one.name: one for one in tasks_of(bundle.subject)}
    found = []
    for name, photo in last_photos(data, 10**6):
        for row in (row for row in rows if row["photo"] == name):
            try:
                asked = asker.asked(photo, tasks[row["task"]])
            except InputError:
                found.append(row)
                continue

            def iou(label_map: torch.Tensor, asked=asked) -> float:  # type: ignore[no-untyped-def]
                return region_iou(label_map, asked.target, asked.class_ids, asked.region)

            own = {"graded_before": iou(asked.seen.parts)}
            for mode in ("motion", "difference"):
                with PilImage.open(edited_path(out, f"{row['method']}-{mode}", row["task"], name)) as file:
                    view = crop(from_pil(file), asked.seen.framing, asker.grader.config.side)
                own[f"graded_{mode}"] = iou(asker.grader.read(view.to(asked.seen.image)))
            found.append(row | own)
    return found


def sheets(rows: Sequence[Row], photos: Mapping[str, Photo], out: Path) -> None:
    """For each task the photos, and below them what each way made of them, moved and drawn."""
    for task in dict.fromkeys(row["task"] for row in rows):
        own = [row for row in rows if row["task"] == task]
        names = [n for n in dict.fromkeys(row["photo"] for row in own) if n in photos][:SHOWN]
        panels = [("photo", [Panel(to_pil(photos[name]), "") for name in names])]
        for mode in ("motion", "difference"):
            for way in dict.fromkeys(row["method"] for row in own):
                made = [_panel(edited_path(out, f"{way}-{mode}", task, name)) for name in names]
                panels.append((f"{way}, {mode}", made))
        save_picture(contact_sheet(task, panels, panel_px=320), out.with_suffix("") / f"{task}.png")


def _panel(path: Path) -> Panel:
    if not path.exists():
        return Panel(PilImage.new("RGB", (8, 8)), "not there")
    with PilImage.open(path) as picture:
        return Panel(picture.convert("RGB"), "")


def _line(name: str, rows: Sequence[Row], columns: Mapping[str, tuple[str, str]]) -> str:
    cells = []
    for column, (_, how) in columns.items():
        values = [row[column] for row in rows if column in row]
        cells.append(how.format(statistics.fmean(values)) if values else "")
    return f"| {name} | " + " | ".join(cells) + " |"
