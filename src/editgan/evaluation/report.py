"""What came of `run_edits`: means in a table, and pictures to look at."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import torch
from PIL import Image as PilImage
from safetensors.torch import load_file

from editgan.core.images import to_pil
from editgan.core.sheets import PAPER, Panel, contact_sheet
from editgan.core.types import Photo
from editgan.evaluation.probe import FOLDS, auc_with_interval, scores
from editgan.evaluation.run import Row, edited_path

ABSENT = "–"
ALL = "all"
# What is no figure to be averaged
TOLD = ("method", "task", "photo", "labels_used", "refused", "size", "frame_px", "ungraded")


def as_markdown(rows: Sequence[Row]) -> str:
    """A line for each method and task, and for all tasks: means over the photos that were not refused."""
    measures = list(dict.fromkeys(name for row in rows for name in row if name not in TOLD))
    head = ["method", "task", "photo px", "labels", "photos", "refused"]
    head += [name.replace("_", " ") for name in measures]
    lines = [_line(head), "|---|---|---|" + "--:|" * (len(head) - 3)]
    for method in dict.fromkeys(row["method"] for row in rows):
        own = [row for row in rows if row["method"] == method]
        tasks = list(dict.fromkeys(row["task"] for row in own))
        for task in [*tasks, ALL] if len(tasks) > 1 else tasks:
            some = [row for row in own if task in (row["task"], ALL)]
            lines.append(_line([method, task, *_counts(some), *(_mean(some, name) for name in measures)]))
    return "\n".join(lines) + "\n"


def probe_rows(rows: Sequence[Row], out: Path) -> tuple[str, dict[str, list[tuple[float, Row]]]]:
    """A table of how well each method's edits can be told from untouched photos, and the rows by score.

    Methods without features, or with fewer photos than folds, are left out.
    """
    lines = [
        _line(["method", "edits", "photos", "probe's AUC", "nine of ten draws"]),
        "|---|--:|--:|--:|--:|",
    ]
    ranked: dict[str, list[tuple[float, Row]]] = {}
    for method in dict.fromkeys(row["method"] for row in rows):
        own = [row for row in rows if row["method"] == method and features_path(out, row).exists()]
        names = [row["photo"] for row in own]
        if len(set(names)) < FOLDS:
            continue
        both = [load_file(features_path(out, row)) for row in own]
        features = torch.stack([found[name] for name in ("edited", "untouched") for found in both])
        is_edited, photos = torch.arange(len(features)) < len(own), names * 2
        found = scores(features, is_edited, photos)
        middle, low, high = auc_with_interval(found, is_edited, photos)
        counts = [f"{len(own)}", f"{len(set(names))}"]
        lines.append(_line([method, *counts, f"{middle:.3f}", f"{low:.3f} to {high:.3f}"]))
        pairs = zip(found[: len(own)].tolist(), own, strict=True)
        ranked[method] = sorted(pairs, key=lambda pair: pair[0])
    return "\n".join(lines) + "\n", ranked


def features_path(out: Path, row: Row) -> Path:
    """Where `run_edits` keeps what the probe needs."""
    return edited_path(out, row["method"], row["task"], row["photo"]).with_suffix(".safetensors")


def ranked_sheet(
    method: str, ranked: Sequence[tuple[float, Row]], photos: Mapping[str, Photo], out: Path, count: int = 10
) -> PilImage.Image:
    """The edits that a probe tells least, middling and best from untouched photos, with their photos."""
    count = min(count, len(ranked))
    middle = (len(ranked) - count) // 2
    rows = []
    for heading, start in (("best", 0), ("median", middle), ("worst", len(ranked) - count)):
        some = ranked[start : start + count]
        before = [Panel(to_pil(photos[row["photo"]]), row["task"]) for _, row in some]
        after = []
        for score, row in some:
            with PilImage.open(edited_path(out, method, row["task"], row["photo"])) as picture:
                after.append(Panel(picture.convert("RGB"), f"log odds of an edit {score:+.1f}"))
        rows += [(f"{heading}: photo", before), (f"{heading}: edited", after)]
    return contact_sheet(f"{method}, by probe", rows, panel_px=320)


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


def _counts(rows: Sequence[Row]) -> list[str]:
    """Sizes, labels, photos, refusals."""
    edited = [row for row in rows if "refused" not in row]
    sizes = dict.fromkeys(row["size"] for row in edited if "size" in row)
    labels = rows[-1]["labels_used"]
    counts = (len(edited), len(rows) - len(edited))
    return [", ".join(sizes) or ABSENT, ABSENT if labels is None else f"{labels}", *map(str, counts)]


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
