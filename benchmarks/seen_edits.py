"""`python -m benchmarks.seen_edits`: how often an edit that counts as reached is not seen in the photo.

What the branch claims of renderings beside what the reader sees in the photos, for the tasks of the
benchmarks on unseen photos, each way of pasting: with it the warning of `editing.seeing` was calibrated. And
whether what moving cannot bring about (`unmoved_share`) is better drawn: with it, that of `editing.outcome`.
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
from editgan.core.images import from_pil, to_pil
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
UNMOVED = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)  # of an edit's change


@dataclass(frozen=True, slots=True)
class Row:
    """One edit."""

    photo: str
    task: str
    mode: PasteMode
    claimed: Rise
    seen: Rise
    unmoved: float | None = None  # the report's share, where pixels were moved


def seen_edits(
    editor: Editor, source: Path, count: int, *, is_framed: bool, longest_px: int | None = None
) -> Iterator[Row]:
    """Each task on each of the last photos by name in which the subject is found and has the part."""
    reader = editor.bundle.need("reader").reader
    assert reader is not None
    for name, original in last_photos(source, count):
        picture = to_pil(original)
        if longest_px is not None:
            picture.thumbnail((longest_px, longest_px))
        try:
            photo = editor.open(picture, box=whole(from_pil(picture)) if is_framed else None)
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
                made = editor.apply(photo, replace(edit.composition, paste_mode=mode))
                found = seen(reader, photo, photo.pixels, made.pixels, asked, photo.label_map)
                yield Row(name, task.name, mode, claimed, found.rise, made.report.unmoved_share)


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


def about_unmoved(rows: Sequence[Row]) -> str:
    """Of moved edits with at least such a share unmoved: how many the reader sees more of when drawn."""
    drawn = {(row.photo, row.task): row.seen.after for row in rows if row.mode == "difference"}
    moved = [row for row in rows if row.unmoved is not None and (row.photo, row.task) in drawn]
    lines = [
        "| unmoved, at least | edits | seen, moved | seen, drawn | better drawn |",
        "|---|--:|--:|--:|--:|",
    ]
    for share in UNMOVED:
        some = [row for row in moved if row.unmoved is not None and row.unmoved >= share]
        pairs = [(row.seen.after, drawn[row.photo, row.task]) for row in some]
        means = [f"{statistics.fmean(side):.2f}" for side in zip(*pairs, strict=True)] or ["", ""]
        better = sum(by_drawing > by_moving for by_moving, by_drawing in pairs)
        lines.append(f"| {share:.0%} | {len(some)} | {means[0]} | {means[1]} | {better} |")
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
    longest: Annotated[
        int | None, typer.Option(help="Shrink the photos to so many pixels a side.", show_default=False)
    ] = None,
    each: Annotated[bool, typer.Option("--each", help="Also a line for each edit.")] = False,
) -> None:
    """What is claimed and what is seen."""
    rows = []
    editor = Editor.from_pretrained(bundle)
    for row in seen_edits(editor, data, photos, is_framed=framed, longest_px=longest):
        rows.append(row)
        if each:
            console.print(
                f"{row.photo} {row.task} {row.mode}: {row.claimed}; seen {row.seen}, unmoved {row.unmoved}",
                highlight=False,
            )
    console.print(as_markdown(rows), about_unmoved(rows), sep="\n", soft_wrap=True)


if __name__ == "__main__":
    run(main)
