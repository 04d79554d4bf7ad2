"""`python -m benchmarks.known_displacement`: how near each way of pasting comes to a truth that is known.

Frames of real photos are displaced as edits displace them, at full size: the truth. Both are shrunk, and
given to the paster as if a generator had drawn them, parts by people's labels. What comes back is compared
with the truth where things moved. No network has a part in it but the one that measures (Lite0).
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
import torch.nn.functional as F
import typer
from torch import Tensor

from benchmarks.command import run
from editgan.bundle.bundle import ModelBundle, Rendering
from editgan.bundle.folder import load_bundle
from editgan.bundle.opened import OpeningReport, OpenPhoto
from editgan.cli.options import DEFAULT_BUNDLE, BundleOption, ReportOption
from editgan.cli.saying import console, waiting
from editgan.core.errors import LabelError, PhotoError
from editgan.core.files import write_json
from editgan.core.images import from_pixels, psnr_db, resize, to_pixels
from editgan.core.labels import resize_label_map
from editgan.core.types import LabelMap, Photo
from editgan.data.align import crop
from editgan.data.frame import Framing
from editgan.data.moving import Flow, move
from editgan.editing.composition import PasteMode
from editgan.editing.geometry import flow_of, moved_labels
from editgan.editing.pasting import pasted
from editgan.editing.region import edit_region, edited_classes, margin_px
from editgan.evaluation.grading import GRADED, in_frame, labelled_photos
from editgan.evaluation.tasks import EditTask, tasks_of
from editgan.inversion.framing import find_framing
from editgan.perception.judge import perceptual_distance
from editgan.perception.pretrained_judge import PretrainedJudge

MODES: tuple[PasteMode, ...] = ("motion", "difference", "replace")
UNMOVED = "unmoved"  # the photo as it was, for comparison
TASKS = ("brows-up", "wider-eyes", "narrower-nose", "smile")


@dataclass(frozen=True, slots=True)
class Known:
    """A frame, and what becomes of it."""

    task: str
    before: Photo  # [1, side, side, 3]
    after: Photo
    parts: LabelMap  # [1, side, side], and after
    parts_after: LabelMap
    flow: Flow


def known_displacements(
    frames: Sequence[tuple[Photo, LabelMap]], tasks: Sequence[EditTask]
) -> Iterator[Known]:
    """Each frame displaced as each task displaces its parts; those that lack the part are left out."""
    for before, parts in frames:
        side = parts.shape[-1]
        for task in tasks:
            try:
                flow = flow_of(parts, GRADED, task.at(side))
            except LabelError:
                continue
            after, _ = move(before, _whole(side), flow, torch.ones(1, 1, side, side, dtype=torch.bool))
            yield Known(task.name, before, after, parts, moved_labels(parts, flow), flow)


def frames_of(bundle: ModelBundle, source: Path, count: int, side: int) -> Iterator[tuple[Photo, LabelMap]]:
    """The first photos by name in which a face is found, as framed, with people's labels."""
    for _, photo, label_map in labelled_photos(source):
        if not count:
            return
        try:
            framing = find_framing(photo, bundle.subject, bundle.aligner, None)
        except PhotoError:
            continue
        count -= 1
        yield to_pixels(crop(photo, framing, side)), in_frame(label_map, framing, side).clamp_min(0)


def measure(known: Sequence[Known], rendered_px: int, judge: PretrainedJudge) -> list[dict[str, Any]]:
    """A row for each displacement and way of pasting: PSNR and distance to the truth where things moved."""
    rows = []
    for one in known:
        where = (one.flow != 0).any(1, keepdim=True)
        truth = judge.features(from_pixels(one.after))
        for mode in (None, *MODES):
            started = time.perf_counter()
            found = one.before if mode is None else _pasted(one, rendered_px, mode)
            seconds = time.perf_counter() - started
            distance = perceptual_distance(judge.features(from_pixels(found)), truth, where).item()
            psnr = psnr_db(from_pixels(found), from_pixels(one.after), where)
            rows.append(
                {
                    "mode": mode or UNMOVED,
                    "task": one.task,
                    "psnr_db": psnr,
                    "distance": distance,
                    "seconds": seconds,
                }
            )
    return rows


def as_markdown(rows: Sequence[dict[str, Any]]) -> str:
    """Means of each way of pasting, over all and for each displacement."""
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    lines = ["| | PSNR, dB | distance, Lite0 | seconds |" + "".join(f" {task} |" for task in tasks)]
    lines.append("|---|" + "--:|" * (3 + len(tasks)))
    for mode in dict.fromkeys(row["mode"] for row in rows):
        own = [row for row in rows if row["mode"] == mode]
        cells = [_mean(own, "psnr_db", 1), _mean(own, "distance", 3), _mean(own, "seconds", 2)]
        cells += [_mean([row for row in own if row["task"] == task], "psnr_db", 1) for task in tasks]
        lines.append(f"| {mode} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


@torch.no_grad()
def _pasted(known: Known, rendered_px: int, mode: PasteMode) -> Photo:
    """What the paster makes of the two pictures at the generator's size."""
    before, after = (_shrunk(pixels, rendered_px) for pixels in (known.before, known.after))
    parts, parts_after = (
        resize_label_map(m, rendered_px, len(GRADED)) for m in (known.parts, known.parts_after)
    )
    ids = edited_classes(parts, parts_after)
    region = edit_region(parts, parts_after, ids, margin=margin_px(rendered_px))
    no_w = torch.zeros(1, 1, 1)
    report = OpeningReport(reconstruction_psnr_db=float("inf"))
    framing = _whole(known.parts.shape[-1])
    photo = OpenPhoto(known.before, framing, before, no_w, before, parts, GRADED, report)
    logits = F.one_hot(parts_after, len(GRADED)).permute(0, 3, 1, 2).float()
    return pasted(photo, Rendering(no_w, after, logits), region, mode).pixels


def _shrunk(pixels: Photo, side: int) -> Tensor:
    return resize(from_pixels(pixels), side).clamp(-1, 1)


def _whole(side: int) -> Framing:
    return Framing(centre_x=side / 2, centre_y=side / 2, side=float(side))


def _mean(rows: Sequence[dict[str, Any]], name: str, digits: int) -> str:
    return f"{statistics.fmean(row[name] for row in rows):.{digits}f}" if rows else "–"


def known_displacement(
    data: Annotated[
        Path, typer.Option(help="A folder or a zip with photos/NAME.jpg as published and labels/NAME.png.")
    ],
    bundle: BundleOption = DEFAULT_BUNDLE,
    photos: Annotated[int, typer.Option(min=1, help="How many of the first photos.")] = 16,
    side: Annotated[int, typer.Option(min=64, help="Of the frames, px.")] = 512,
    rendered: Annotated[int, typer.Option(min=32, help="Of what the paster is given, px.")] = 64,
    out: ReportOption = None,
) -> None:
    """PSNR and distance to the truth, inside what moved, of each way of pasting."""
    tasks = [task for task in tasks_of("face") if task.name in TASKS]
    with waiting("displacing and pasting"):
        frames = list(frames_of(load_bundle(bundle), data, photos, side))
        rows = measure(list(known_displacements(frames, tasks)), rendered, PretrainedJudge(network="lite0"))
    console.print(as_markdown(rows), soft_wrap=True)
    if out is not None:
        write_json(out, {"photos": len(frames), "side": side, "rendered": rendered, "rows": rows})


if __name__ == "__main__":
    run(known_displacement)
