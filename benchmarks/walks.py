"""`python -m benchmarks.walks`: why walks end in colours that please the branch, and what helps.

Tasks on unseen photos, walked in each way of `walk_objectives`, pasted as motion and as difference. A line of
JSON for each walk; started again it goes on. With a grader, the kept pictures are graded, too.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer

from benchmarks.command import run
from benchmarks.walk_objectives import Variant, variants
from benchmarks.walk_report import as_markdown, sheets
from editgan.bundle.bundle import Rendering
from editgan.bundle.opened import OpenPhoto
from editgan.cli.options import DEFAULT_BUNDLE, BundleOption
from editgan.cli.saying import console
from editgan.core.descent import Step
from editgan.core.errors import InputError, LabelError, PhotoError
from editgan.core.images import psnr_db, save_picture, to_lab, to_pil
from editgan.core.labels import at_side, isin
from editgan.core.types import Photo
from editgan.data.photos import last_photos
from editgan.editing.composition import PasteMode
from editgan.editing.learn import asked_of
from editgan.editing.parts import repaint
from editgan.editing.pasting import pasted
from editgan.editing.region import Repainting, region_iou
from editgan.editing.seeing import seen
from editgan.editing.walk import Editing, learn_edit
from editgan.editor import Editor
from editgan.evaluation.run import Row, edited_path, read_rows
from editgan.evaluation.tasks import EditTask, tasks_of
from editgan.inversion.cache import EmbeddingCache
from editgan.perception.judge import perceptual_distance
from editgan.perception.pretrained_judge import PretrainedJudge

MODES: tuple[PasteMode, ...] = ("motion", "difference")
LOOKED_EVERY = 8  # steps, where the reader stops a walk
JUDGED_PX = 256  # of the frame, for the distance


@dataclass(frozen=True)
class Walker:
    """Walks with one bundle, and measures what came of it."""

    editor: Editor
    out: Path
    ways: dict[str, Variant]
    judge: PretrainedJudge = field(default_factory=lambda: PretrainedJudge(network="lite0"))

    def rows(self, name: str, photo: OpenPhoto, task: EditTask, left: Sequence[str]) -> Iterator[Row]:
        """One a way; none where the part is not there."""
        try:
            target = repaint(photo.label_map, photo.schema, task.at(photo.label_map.shape[-1]))
            asked = asked_of(photo, target)
        except LabelError:
            return
        walked: dict[Any, tuple[list[Step], float]] = {}
        for way in left:
            how = self.ways[way]
            key = (how.asks, how.settings)
            if key not in walked:
                walked[key] = self._walked(photo, asked, how)
            steps, seconds = walked[key]
            step = (
                self._best_seen(photo, asked, steps) if how.is_stopped else min(steps, key=lambda s: s.loss)
            )
            figures = self._figures(name, photo, task, asked, way, step)
            yield {"method": way, "task": task.name, "photo": name, "seconds": seconds, **figures}

    def _walked(self, photo: OpenPhoto, asked: Repainting, how: Variant) -> tuple[list[Step], float]:
        started, context = time.process_time(), self.editor.context
        region, settings = asked.region, how.settings
        steps = learn_edit(context, photo.w_plus, photo.image, asked.target, region, settings, how.asks)
        return list(steps), time.process_time() - started

    def _rendered(self, step: Step) -> Rendering:
        with torch.no_grad():
            return self.editor.bundle.render(step.w_plus)

    def _best_seen(self, photo: OpenPhoto, asked: Repainting, steps: Sequence[Step]) -> Step:
        looked = [steps[0], *steps[LOOKED_EVERY::LOOKED_EVERY], min(steps, key=lambda step: step.loss)]

        def height(step: Step) -> float:
            made = pasted(photo, self._rendered(step), asked.region, "motion")
            return self._seen(photo, asked, made.pixels)[1]

        return max(looked, key=height)

    def _seen(self, photo: OpenPhoto, asked: Repainting, pixels: Photo) -> tuple[float, float]:
        reader = self.editor.bundle.need("reader").reader
        assert reader is not None
        rise = seen(reader, photo, photo.pixels, pixels, asked, photo.label_map).rise
        return rise.before, rise.after

    def _figures(
        self, name: str, photo: OpenPhoto, task: EditTask, asked: Repainting, way: str, step: Step
    ) -> Row:
        """What the branch claims and the reader sees, what it costs outside, and how colours changed."""
        after, outside = self._rendered(step), ~at_side(asked.region, photo.image.shape[-1])
        claimed = [
            region_iou(m, asked.target, asked.class_ids, asked.region)
            for m in (photo.label_map, after.label_map)
        ]
        row: Row = {
            "steps": step.index,
            "claimed_before": claimed[0],
            "claimed_after": claimed[1],
            "outside_db": psnr_db(after.image, photo.image, outside),
            "colours_off": colours_off(photo, after, asked),
        }
        for mode in MODES:
            made = pasted(photo, after, asked.region, mode)
            row["seen_before"], row[f"seen_{mode}"] = self._seen(photo, asked, made.pixels)
            row[f"distance_{mode}"] = self._distance(photo, asked, made.pixels)
            if made.unmoved_share is not None:
                row["unmoved"] = made.unmoved_share
            save_picture(to_pil(made.pixels), edited_path(self.out, f"{way}-{mode}", task.name, name))
        return row

    def _distance(self, photo: OpenPhoto, asked: Repainting, pixels: Photo) -> float:
        """Lite0's, of the region of the frame, from the photo as it was."""
        before, after = (self.judge.features(photo.framed(p, JUDGED_PX)) for p in (photo.pixels, pixels))
        return perceptual_distance(before, after, at_side(asked.region, JUDGED_PX)).item()


def colours_off(photo: OpenPhoto, after: Rendering, asked: Repainting) -> float:
    """How far the asked parts of the rendering have other colours than before: mean CIE76, of their means."""
    found = []
    before_lab, after_lab = to_lab(photo.image)[0], to_lab(after.image)[0]
    for class_id in asked.class_ids:
        was = at_side(isin(photo.label_map, (class_id,)), photo.image.shape[-1])[0]
        wanted = isin(asked.target, (class_id,)) & asked.region[:, 0]
        becomes = at_side(wanted, photo.image.shape[-1])[0]
        if was.any() and becomes.any():
            found.append((before_lab[:, was].mean(1) - after_lab[:, becomes].mean(1)).norm().item())
    return float(np.mean(found)) if found else 0.0


def walk_all(walker: Walker, data: Path, photos: int, tasks: Sequence[EditTask]) -> Iterator[Row]:
    """Every row that is not there yet, as soon as it is in the file."""
    done = {(row["photo"], row["task"], row["method"]) for row in read_rows(walker.out)}
    walker.out.parent.mkdir(parents=True, exist_ok=True)
    cache = EmbeddingCache(walker.out.with_suffix("") / "embedded")
    for name, original in last_photos(data, photos):
        left = {t: [w for w in walker.ways if (name, t.name, w) not in done] for t in tasks}
        if not any(left.values()):
            continue
        try:
            photo = walker.editor.open(to_pil(original), cache=cache)
        except PhotoError:
            continue
        for task, ways in left.items():
            for row in walker.rows(name, photo, task, ways):
                with walker.out.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                yield row


def main(
    data: Annotated[Path, typer.Option(help="A folder or a zip of photos that no training has seen.")],
    bundle: BundleOption = DEFAULT_BUNDLE,
    photos: Annotated[int, typer.Option(min=1, help="How many of the last photos.")] = 10,
    task: Annotated[list[str] | None, typer.Option(help="Again for more; all by default.")] = None,
    way: Annotated[list[str] | None, typer.Option(help="Of walking; again for more; all by default.")] = None,
    grader: Annotated[
        Path | None, typer.Option(help="Also grade the pictures: `train grader`'s file.")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Of each walk, at most.")] = Editing().steps,
    out: Annotated[Path, typer.Option("--out", "-o", help="A line of JSON for each walk.")] = Path(
        "runs/walks.jsonl"
    ),
) -> None:
    """Walks in several ways, measured by what no walk was made with."""
    editor = Editor.from_pretrained(bundle)
    known = variants(editor.bundle.generator.config.num_ws)
    tasks = {one.name: one for one in tasks_of(editor.bundle.subject)}
    if unknown := (set(way or ()) - known.keys()) | (set(task or ()) - tasks.keys()):
        raise InputError(f"no {sorted(unknown)[0]!r}; ways: {', '.join(known)}; tasks: {', '.join(tasks)}")
    ways = {
        name: replace(known[name], settings=replace(known[name].settings, steps=steps))
        for name in way or known
    }
    for row in walk_all(Walker(editor, out, ways), data, photos, [tasks[name] for name in task or tasks]):
        console.print(f"{row['photo']} {row['task']}, {row['method']}: seen {row['seen_motion']:.2f}")
    rows = read_rows(out)
    console.print(as_markdown(rows, out, data, editor.bundle, grader), soft_wrap=True, highlight=False)
    sheets(rows, dict(last_photos(data, photos)), out)


if __name__ == "__main__":
    run(main)
