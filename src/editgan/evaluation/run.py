"""Methods on tasks and photos, a line of JSON for each; started again, it goes on where it was stopped."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from editgan.core.errors import InputError
from editgan.core.files import replacing
from editgan.core.images import save_picture, to_pil
from editgan.core.types import Photo
from editgan.evaluation.examining import Examined
from editgan.evaluation.methods import Edited, EditMethod
from editgan.evaluation.tasks import EditTask

Row = dict[str, Any]  # of a method, a task and a photo: `refused`, or seconds and figures
Plan = Sequence[tuple[EditMethod[Any], Sequence[EditTask]]]
Examine = Callable[[Photo, EditTask, Edited], Examined]


def run_edits(plan: Plan, photos: Iterable[tuple[str, Photo]], out: Path, examine: Examine) -> Iterator[Row]:
    """Every row as soon as it is in the file `out`; those that are there already are not made again.

    The edited pictures go to `edited_path`, what the probe needs beside them.
    """
    done = {(row["method"], row["task"], row["photo"]) for row in read_rows(out)}
    out.parent.mkdir(parents=True, exist_ok=True)
    for name, photo in photos:
        for method, tasks in plan:
            left = [task for task in tasks if (method.name, task.name, name) not in done]
            for task, row, edited in _edits(method, left, photo) if left else ():
                row = {"method": method.name, "task": task.name, "photo": name, **row}
                row["labels_used"] = method.labels_used
                if edited is not None:
                    row |= _kept(edited_path(out, method.name, task.name, name), photo, task, edited, examine)
                with out.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                yield row


def _kept(path: Path, photo: Photo, task: EditTask, edited: Edited, examine: Examine) -> Row:
    """Figures; the picture and the features of its part are saved."""
    examined = examine(photo, task, edited)
    save_picture(to_pil(edited.pixels), path)
    if examined.features:
        with replacing(path.with_suffix(".safetensors")) as scratch:
            save_file(examined.features, scratch)
    return {"open_seconds": edited.open_seconds, "seconds": edited.seconds, **examined.figures}


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
    return out.with_suffix("") / _as_file(method) / _as_file(task) / f"{_as_file(photo)}.png"


def _edits(
    method: EditMethod[Any], tasks: Sequence[EditTask], photo: Photo
) -> Iterator[tuple[EditTask, Row, Edited | None]]:
    """What each task gave; or the sentence with which it was refused."""
    try:
        opened = method.open(photo)
    except InputError as error:
        yield from ((task, {"refused": str(error)}, None) for task in tasks)
        return
    for task in tasks:
        try:
            edited = method.edit(opened, task)
        except InputError as error:
            yield task, {"refused": str(error)}, None
            continue
        yield task, {}, edited


def _as_file(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name)
