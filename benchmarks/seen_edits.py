"""`python -m benchmarks.seen_edits`: how often an edit that counts as reached is not seen in the photo.

What the branch claims of renderings beside what the reader sees in the photos, for the tasks of the
benchmarks on unseen photos, each way of pasting: with it the warning of `editing.seeing` was calibrated.
"""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.command import run
from editgan.cli.options import DEFAULT_BUNDLE, BundleOption
from editgan.cli.saying import console
from editgan.core.errors import LabelError, PhotoError
from editgan.core.images import to_pil
from editgan.data.photos import last_photos
from editgan.editing.composition import PasteMode
from editgan.editing.learn import asked_of
from editgan.editing.parts import repaint
from editgan.editing.seeing import CLAIMED, Rise, about_seen, seen
from editgan.editor import Editor
from editgan.evaluation.asked import whole
from editgan.evaluation.tasks import tasks_of

MODES: tuple[PasteMode, ...] = ("motion", "difference")
SHARES = (0.0, 0.1, 0.25)  # of what is claimed


@dataclass(frozen=True, slots=True)
class Row:
    """One edit."""

    photo: str
    task: str
    mode: PasteMode
    claimed: Rise
    seen: Rise


def seen_edits(editor: Editor, source: Path, count: int, *, is_framed: bool) -> Iterator[Row]:
    """Each task on each of the last photos by name in which the subject is found and has the part."""
    reader = editor.bundle.need("reader").reader
    assert reader is not None
    for name, original in last_photos(source, count):
        try:
            photo = editor.open(to_pil(original), box=whole(original) if is_framed else None)
        except PhotoError:
            continue
        for task in tasks_of(editor.bundle.subject):
            try:
                target = repaint(photo.label_map, editor.schema, task.at(editor.bundle.label_side))
                edit = editor.edit(photo, target, name=task.name)
            except LabelError:
                continue
            asked, is_ = asked_of(photo, target), edit.reached
            claimed = Rise(is_.target_iou_before, is_.target_iou_after)
            for mode in MODES:
                pixels = editor.apply(photo, replace(edit.composition, paste_mode=mode)).pixels
                found = seen(reader, photo, photo.pixels, pixels, asked, photo.label_map)
                yield Row(name, task.name, mode, claimed, found.rise)


def as_markdown(rows: Sequence[Row]) -> str:
    """Means of each way of pasting and task; and how many edits would be warned of at which share."""
    lines = ["| | edits | claimed | seen | warned of |", "|---|--:|--:|--:|--:|"]
    for mode in dict.fromkeys(row.mode for row in rows):
        own = [row for row in rows if row.mode == mode]
        lines.append(_line(f"**{mode}**", own))
        lines += [
            _line(task, [r for r in own if r.task == task]) for task in dict.fromkeys(r.task for r in own)
        ]
        reached = [row for row in own if row.claimed.height >= CLAIMED]
        for share in SHARES:
            few = sum(row.seen.height <= share * row.claimed.height for row in reached)
            lines.append(f"| seen at most {share:.0%} of what is claimed | {len(reached)} | | | {few} |")
    return "\n".join(lines) + "\n"


def _line(name: str, rows: Sequence[Row]) -> str:
    claimed, seen = (_mean([getattr(row, kind) for row in rows]) for kind in ("claimed", "seen"))
    warned = sum(bool(about_seen(row.claimed, row.seen)) for row in rows)
    return f"| {name} | {len(rows)} | {claimed} | {seen} | {warned} |"


def _mean(rises: Sequence[Rise]) -> Rise:
    return Rise(*(statistics.fmean(getattr(rise, end) for rise in rises) for end in ("before", "after")))


def main(
    data: Annotated[Path, typer.Option(help="A folder or a zip of photos that no training has seen.")],
    bundle: BundleOption = DEFAULT_BUNDLE,
    photos: Annotated[int, typer.Option(min=1, help="How many of the last photos.")] = 5,
    framed: Annotated[bool, typer.Option("--framed", help="They are framed already.")] = False,
    each: Annotated[bool, typer.Option("--each", help="Also a line for each edit.")] = False,
) -> None:
    """What is claimed and what is seen."""
    rows = []
    for row in seen_edits(Editor.from_pretrained(bundle), data, photos, is_framed=framed):
        rows.append(row)
        if each:
            console.print(
                f"{row.photo} {row.task} {row.mode}: {row.claimed}; seen {row.seen}", highlight=False
            )
    console.print(as_markdown(rows), soft_wrap=True)


if __name__ == "__main__":
    run(main)
