"""`python -m benchmarks.convergence`: how soon an edit is as good as 100 plain Adam steps make it.

On many edits of embedded photos. Parts alone say little: both reach IoU 0.8 within a few steps, Adam with
everything else moved as well. "As clean" also asks that the outside is within 1 dB of where Adam ends.

The baseline is the original's optimiser: Adam, along the natural axes, at the learning rate that suited
these bundles best. Both walks minimise the same objective, so a smaller loss is a better edit.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import torch
import typer

from benchmarks.command import run
from editgan.bundle.bundle import ModelBundle
from editgan.cli.measuring import DataOption, unseen_photos
from editgan.cli.options import DEFAULT_BUNDLE, BundleOption, DeviceOption, ReportOption
from editgan.cli.saying import console, waiting
from editgan.core.descent import Step, descend
from editgan.core.errors import LabelError
from editgan.core.files import write_json
from editgan.core.images import psnr_db
from editgan.core.labels import at_side
from editgan.core.types import Image, LabelMap, Region, WPlus
from editgan.editing.context import EditContext
from editgan.editing.library import built_in_vectors, find_vector
from editgan.editing.objective import EditObjective, EditWeights
from editgan.editing.parts import repaint_each
from editgan.editing.region import edit_region, edited_classes, margin_px, region_iou
from editgan.editing.vector import EditVector
from editgan.editing.walk import learn_edit
from editgan.evaluation.embedding import embed_all

WANTED_IOU = 0.8
ADAM_STEPS, ADAM_LR = 100, 0.05  # the paper's number; standard deviations of w
NEARLY_DB = 1.0  # below Adam's outside: an edit that is as clean
ROOM = 8  # fewest repainted pixels of an edit that counts


@dataclass(frozen=True, slots=True)
class Task:
    """One edit of one photo."""

    name: str
    w_plus: WPlus
    before: Image
    target: LabelMap
    region: Region
    class_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """One step of a walk, judged."""

    seconds: float  # since the walk began
    loss: float
    iou: float  # of the edited classes in the region
    outside_psnr_db: float


End = dict[str, float]  # what `_last` says of a walk

LOSS, IOU, CLEAN_IOU = "adams_loss", f"iou_{WANTED_IOU}", f"iou_{WANTED_IOU}_as_clean"
AIMS: dict[str, Callable[[Seen, End], bool]] = {  # whether a step is there, given how Adam's walk ended
    LOSS: lambda step, end: step.loss <= 1.01 * end["loss"],
    IOU: lambda step, end: step.iou >= WANTED_IOU,
    CLEAN_IOU: lambda step, end: (
        step.iou >= WANTED_IOU and step.outside_psnr_db >= end["outside_psnr_db"] - NEARLY_DB
    ),
}


@torch.no_grad()
def make_tasks(bundle: ModelBundle, w_plus: WPlus, vectors: Sequence[EditVector], count: int) -> list[Task]:
    """`count` edits: a vector's part operations on each photo in turn, a photo at most once.

    Raises:
        LabelError: not so many photos have the parts.
    """
    plans = [[(kind, text) for kind, text in vector.learnt["operations"]] for vector in vectors]
    tasks: list[Task] = []
    for index, one in enumerate(w_plus.split(1)):
        rendering = bundle.render(one)
        for turn in range(len(plans)):
            which = (7 * index + turn) % len(plans)  # so that neighbours get different edits
            some, targets, _ = repaint_each(
                [rendering.label_map], bundle.schema, plans[which], at_least_px=ROOM
            )
            if some:
                target, before = targets[0], rendering.label_map
                ids = edited_classes(before, target)
                region = edit_region(before, target, ids, margin=margin_px(bundle.label_side))
                tasks.append(Task(vectors[which].name, one, rendering.image, target, region, tuple(ids)))
                break
        if len(tasks) == count:
            return tasks
    raise LabelError(f"only {len(tasks)} of {len(w_plus)} photos can be edited, {count} were wanted")


def measure_convergence(
    bundle: ModelBundle, tasks: Sequence[Task], tell: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Medians over the tasks of steps and seconds, ours and Adam's, to the same quality.

    Walks take turns, so that a machine that drifts hits both alike. Judging a step is not part of its time.
    """
    adam, ours = [], []
    for number, task in enumerate(tasks):
        tell(f"{number + 1} of {len(tasks)}: {task.name}")
        adam.append(_judged(bundle, task, _adam(bundle, task)))
        walk = learn_edit(EditContext.of(bundle), task.w_plus, task.before, task.target, task.region)
        ours.append(_judged(bundle, task, walk))
    ends = [[_last(walk) for walk in walks] for walks in (adam, ours)]
    arrivals = [_arrivals(walks, ends[0]) for walks in (adam, ours)]

    def times_faster(aim: str) -> float | None:
        return _speedup(adam, ours, arrivals[0][aim], arrivals[1][aim])

    return {
        "bundle": bundle.name,
        "edits": len(tasks),
        "adam": _summary(ends[0], arrivals[0]),
        "ours": _summary(ends[1], arrivals[1]),
        "times_faster_to_the_same_loss": times_faster(LOSS),
        f"times_faster_to_{IOU}": times_faster(IOU),
        f"times_faster_to_{CLEAN_IOU}": times_faster(CLEAN_IOU),
        "by_edit": [
            {"edit": task.name, "adam": a, "ours": b} for task, a, b in zip(tasks, *ends, strict=True)
        ],
    }


def _adam(bundle: ModelBundle, task: Task) -> Iterator[Step]:
    objective = EditObjective(
        EditContext.of(bundle), task.w_plus, task.before, task.target, task.region, EditWeights()
    )
    return descend(objective, task.w_plus, steps=ADAM_STEPS, lr=ADAM_LR, along=bundle.axes.to_w)


def _judged(bundle: ModelBundle, task: Task, walk: Iterator[Step]) -> list[Seen]:
    """Runs the walk and judges its steps."""
    steps, seconds, started = [], [], time.perf_counter()
    for step in walk:
        steps.append(step)
        seconds.append(time.perf_counter() - started)
    outside = ~at_side(task.region, task.before.shape[-1])
    judged = []
    for step, when in zip(steps, seconds, strict=True):
        with torch.no_grad():
            after = bundle.render(step.w_plus)
        iou = region_iou(after.label_map, task.target, task.class_ids, task.region)
        judged.append(Seen(when, step.loss, iou, psnr_db(after.image, task.before, outside)))
    return judged


def _arrivals(walks: Sequence[list[Seen]], ends: Sequence[End]) -> dict[str, list[int | None]]:
    """For every aim, each walk's first step that is there; `ends` are Adam's."""
    return {
        aim: [
            next((i for i, step in enumerate(walk) if is_there(step, end)), None)
            for walk, end in zip(walks, ends, strict=True)
        ]
        for aim, is_there in AIMS.items()
    }


def _speedup(
    adam: Sequence[list[Seen]],
    ours: Sequence[list[Seen]],
    adam_there: Sequence[int | None],
    ours_there: Sequence[int | None],
) -> float | None:
    """Median of the ratios of seconds, over the edits in which both get there after their first step."""
    ratios = [
        a[i].seconds / b[j].seconds
        for a, b, i, j in zip(adam, ours, adam_there, ours_there, strict=True)
        if i and j
    ]
    return statistics.median(ratios) if ratios else None


def _last(walk: list[Seen]) -> End:
    """The step that the edit would take, and when the walk was over."""
    best = min(walk, key=lambda step: step.loss)
    return {
        "steps": len(walk) - 1,
        "seconds": walk[-1].seconds,
        "loss": best.loss,
        "iou": best.iou,
        "outside_psnr_db": best.outside_psnr_db,
    }


def _summary(ends: Sequence[End], arrivals: dict[str, list[int | None]]) -> dict[str, Any]:
    return {
        **{f"mean_{name}": statistics.mean(end[name] for end in ends) for name in ends[0]},
        **{f"reach_{aim}": sum(i is not None for i in there) for aim, there in arrivals.items()},
        **{f"median_steps_to_{aim}": _median(there) for aim, there in arrivals.items()},
    }


def _median(found: Sequence[int | None]) -> float | None:
    reached = [i for i in found if i is not None]
    return statistics.median(reached) if reached else None


def convergence(
    data: DataOption,
    bundle: BundleOption = DEFAULT_BUNDLE,
    edits: Annotated[int, typer.Option(min=1, help="How many edits, each on a photo of its own.")] = 50,
    out: ReportOption = None,
    device: DeviceOption = None,
) -> None:
    """How soon edits of unseen photos are as good as 100 plain Adam steps make them, and how good they end.

    The edits are those that the bundle's vectors were learnt from.
    """
    loaded, unseen = unseen_photos(bundle, data, 2 * edits, device)
    vectors = [find_vector(loaded, name) for name in built_in_vectors(loaded)]
    with waiting(f"embedding {len(unseen)} photos") as tell:
        tasks = make_tasks(loaded, embed_all(loaded, unseen), vectors, edits)
        figures = measure_convergence(loaded, tasks, tell)
    console.print({name: value for name, value in figures.items() if name != "by_edit"})
    if out is not None:
        write_json(out, figures)


if __name__ == "__main__":
    run(convergence)
