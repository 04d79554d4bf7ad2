"""Progress around iterators and walks: bars for people, lines for programs."""

import json
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.progress import TextColumn, TimeElapsedColumn, TimeRemainingColumn

from editgan.cli.saying import bar, console, plain, say
from editgan.core.descent import Enough, Step, Watch

if TYPE_CHECKING:
    from editgan.training.loop import Status  # at run time only `train` needs it


def follow(title: str, statuses: Iterable["Status"], unit: str = "images") -> None:
    """Runs a training to its end, with speed, time left and the latest terms."""
    columns = (TextColumn("{task.fields[speed]}"), TimeRemainingColumn())
    with bar(*columns, transient=False) as progress:
        task = progress.add_task(plain(title).plain, total=None, speed="starting")
        for status in statuses:
            speed = f"{status.images_per_second:.0f} {unit}/s"
            progress.update(task, total=status.total_images, completed=status.images, speed=speed)
            if not console.is_terminal:  # a log file gets lines instead of a bar
                terms = " ".join(f"{k} {v:.4g}" for k, v in status.terms.items())
                say(f"{status.images}/{status.total_images} {speed} {terms}")


def write_lines(statuses: Iterable["Status"]) -> None:
    """Runs a training to its end for a program that reads along: a line of JSON for each status."""
    for status in statuses:
        line = {"images": status.images, "total": status.total_images, "terms": status.terms}
        typer.echo(json.dumps(line))  # flushes


@contextmanager
def walking(title: str, steps: int) -> Iterator[Watch]:
    """A bar over the steps of one embedding or edit; gives the function that moves it."""
    with bar(TimeElapsedColumn(), TextColumn("{task.fields[loss]}")) as progress:
        task = progress.add_task(plain(title).plain, total=steps, loss="")

        def watch(step: Step) -> None:
            progress.update(task, completed=step.index, loss=f"loss {step.loss:.3f}")

        yield watch


@contextmanager
def stoppable(watch: Watch) -> Iterator[Watch]:
    """Ctrl-C ends the walk and keeps its best so far; pressed again, it ends the program."""
    is_enough = False

    def interrupted(signum: int, frame: object) -> None:
        nonlocal is_enough
        is_enough = True
        signal.signal(signal.SIGINT, before)

    def watching(step: Step) -> None:
        watch(step)
        if is_enough:
            raise Enough

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield watching
    finally:
        signal.signal(signal.SIGINT, before)
