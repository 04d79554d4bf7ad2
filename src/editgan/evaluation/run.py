"""Methods on tasks and photos, a line of JSON for each; started again, it goes on where it was stopped."""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import InputError
from editgan.core.files import replacing
from editgan.core.images import from_pixels, save_picture, to_pil
from editgan.core.types import Photo
from editgan.evaluation.identity import identity_similarity
from editgan.evaluation.methods import EditMethod
from editgan.evaluation.tasks import EditTask
from editgan.perception.judge import perceptual_distance
from editgan.perception.pretrained_judge import PretrainedJudge

Row = dict[str, Any]  # of a method, a task and a photo: `refused`, or seconds and measures
Measure = Callable[[Photo, Photo], float]  # of a photo and what an edit made of it


def run_edits(
    methods: Sequence[EditMethod[Any]],
    tasks: Sequence[EditTask],
    photos: Iterable[tuple[str, Photo]],
    out: Path,
    measures: Mapping[str, Measure],
) -> Iterator[Row]:
    """Every row as soon as it is in the file `out`; those that are there already are not made again.

    The edited pictures go to `edited_path`.
    """
    done = {(row["method"], row["task"], row["photo"]) for row in read_rows(out)}
    out.parent.mkdir(parents=True, exist_ok=True)
    for name, photo in photos:
        for method in methods:
            left = [task for task in tasks if (method.name, task.name, name) not in done]
            for row, edited in _edits(method, left, photo) if left else ():
                row = {"method": method.name, "photo": name, "labels_used": method.labels_used, **row}
                if edited is not None:
                    save_picture(to_pil(edited), edited_path(out, method.name, row["task"], name))
                    row |= {called: measure(photo, edited) for called, measure in measures.items()}
                with out.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                yield row


def read_rows(out: Path) -> list[Row]:
    """What the file holds. A last line that a kill tore is dropped from it.

    Raises:
        InputError: another line is no JSON.
    """
    if not out.exists():
        return []
    *lines, torn = out.read_text().split("\n")
    if torn:
        with replacing(out) as scratch:
            scratch.write_text("".join(line + "\n" for line in lines))
    try:
        return [json.loads(line) for line in lines]
    except ValueError as error:
        raise InputError(f"{out} should hold a line of JSON for each edit, but does not: {error}") from None


def edited_path(out: Path, method: str, task: str, photo: str) -> Path:
    """Where an edited picture is kept: beside the file of rows, in a folder of its name."""
    return out.with_suffix("") / _as_file(method) / task / f"{_as_file(photo)}.png"


def usual_measures(bundle: ModelBundle) -> dict[str, Measure]:
    """How much changed: of the pixels, to a network that no method walks against, and of the person."""
    judge, device = PretrainedJudge(bundle.device, network="lite0"), bundle.device

    @torch.no_grad()
    def distance(photo: Photo, edited: Photo) -> float:
        a, b = (judge.features(from_pixels(picture).to(device)) for picture in (photo, edited))
        return perceptual_distance(a, b).item()

    found: dict[str, Measure] = {"changed_share": _changed_share, "distance": distance}
    if (identity := bundle.identity) is not None:
        found["identity"] = lambda photo, edited: identity_similarity(
            identity, from_pixels(photo).to(device), from_pixels(edited).to(device)
        ).item()
    return found


def _edits(
    method: EditMethod[Any], tasks: Sequence[EditTask], photo: Photo
) -> Iterator[tuple[Row, Photo | None]]:
    """Task and seconds with the edited picture; or the sentence with which it was refused."""
    started = time.perf_counter()
    try:
        opened = method.open(photo)
    except InputError as error:
        yield from (({"task": task.name, "refused": str(error)}, None) for task in tasks)
        return
    open_seconds = time.perf_counter() - started
    for task in tasks:
        started = time.perf_counter()
        try:
            edited = method.edit(opened, task)
        except InputError as error:
            yield {"task": task.name, "refused": str(error)}, None
            continue
        edit_seconds = time.perf_counter() - started
        yield {"task": task.name, "open_seconds": open_seconds, "edit_seconds": edit_seconds}, edited


def _changed_share(photo: Photo, edited: Photo) -> float:
    """Of the photo's pixels: those of which any byte is another."""
    return (photo != edited).any(3).float().mean().item()


def _as_file(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name)
