"""Iterate, log, preview, save, resume: what all trainings share.

`train` is an iterator: the caller draws the progress bar, or stops by leaving the loop.
"""

import signal
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
import torch.distributed as dist
from PIL import Image as PilImage
from torch import Tensor

from editgan.core.images import save_picture
from editgan.core.runs import RunFolder


@runtime_checkable
class Work(Protocol):
    """Something that can be trained step by step."""

    @property
    def images_per_step(self) -> int:
        """How many images one step shows, all devices together."""
        ...

    @property
    def is_main(self) -> bool:
        """Whether this process writes files; one process of a distributed run does."""
        ...

    def step(self, images: int) -> Mapping[str, Tensor]:
        """One optimiser update; `images` were shown before it. Returns named scalars, still on the device."""
        ...

    def state(self) -> dict[str, Any]:
        """Everything a resumed run needs."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        ...

    def preview(self) -> PilImage.Image:
        """A picture that shows how far the training has come."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """How long, and how often to look."""

    total_images: int
    minutes: float | None = None  # wall-clock budget of this call, after which it saves and returns
    log_images: int = 2_000
    preview_images: int = 20_000
    save_minutes: float = 3.0


@dataclass(frozen=True, slots=True)
class Status:
    """How far a training is."""

    images: int
    total_images: int
    images_per_second: float  # over the last logging interval
    terms: dict[str, float]  # means over the last logging interval


def train(work: Work, run: RunFolder, schedule: Schedule) -> Iterator[Status]:
    """Trains until `total_images` were shown or the minutes are over; continues from the run's checkpoint.

    Yields after every logging interval. Saves every `save_minutes` and at the end. SIGTERM ends it as the
    minutes do: after the step at hand, with everything saved.

    Raises:
        InputError: another process is training in this folder, or its checkpoint is of another version.
    """
    with run.locked(held=work.is_main), _Ending() as ending:
        yield from _train(work, run, schedule, ending)


def _train(work: Work, run: RunFolder, schedule: Schedule, ending: "_Ending") -> Iterator[Status]:
    images = 0
    if (state := run.load()) is not None:
        work.restore(state["work"])
        images = state["images"]
    log = _Log(run, images, schedule) if work.is_main else None
    started = saved = time.monotonic()
    sums = _Sums()
    while images < schedule.total_images:
        sums.add(work.step(images))
        before, images = images, images + work.images_per_step
        finished = images >= schedule.total_images or _is_over(started, schedule.minutes, ending.wanted)
        if log is None:
            if finished:
                break
            continue
        if finished or _crossed(before, images, schedule.log_images):
            yield log.write(images, sums.take())
        if finished or _crossed(before, images, schedule.preview_images):
            save_picture(work.preview(), run.path / "samples" / f"{images:09d}.png")
        if finished or time.monotonic() - saved > 60 * schedule.save_minutes:
            run.save({"work": work.state(), "images": images})
            saved = time.monotonic()
        if finished:
            break
    if log is not None:
        log.close()


class _Ending:
    """Within the block SIGTERM only sets `wanted`. It arrives in the main thread alone."""

    def __init__(self) -> None:
        self.wanted = False
        self.is_main_thread = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> "_Ending":
        if self.is_main_thread:
            self.before = signal.signal(signal.SIGTERM, self._want)
        return self

    def _want(self, *_: object) -> None:
        self.wanted = True

    def __exit__(self, *_: object) -> None:
        if self.is_main_thread:
            signal.signal(signal.SIGTERM, self.before)


def _is_over(started: float, minutes: float | None, wanted: bool) -> bool:
    """The first process decides for all: no other may wait for gradients that never come."""
    over = [wanted or (minutes is not None and time.monotonic() - started >= 60 * minutes)]
    if dist.is_available() and dist.is_initialized():
        dist.broadcast_object_list(over, src=0)
    return over[0]


def _crossed(before: int, now: int, every: int) -> bool:
    return before // every != now // every


class _Sums:
    """Running means, without waiting for the device at every step."""

    def __init__(self) -> None:
        self.totals: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}

    def add(self, terms: Mapping[str, Tensor]) -> None:
        for name, value in terms.items():
            self.totals[name] = self.totals.get(name, torch.zeros_like(value)) + value.detach()
            self.counts[name] = self.counts.get(name, 0) + 1

    def take(self) -> dict[str, float]:
        means = {name: total.item() / self.counts[name] for name, total in self.totals.items()}
        self.totals, self.counts = {}, {}
        return means


class _Log:
    """Status to stats.jsonl and TensorBoard."""

    def __init__(self, run: RunFolder, images: int, schedule: Schedule) -> None:
        from torch.utils.tensorboard import SummaryWriter  # slow to import, and only training needs it

        self.run, self.schedule = run, schedule
        self.board = SummaryWriter(str(run.path), purge_step=images)
        self.images, self.time = images, time.monotonic()
        run.rewind(images)

    def write(self, images: int, terms: dict[str, float]) -> Status:
        now = time.monotonic()
        speed = (images - self.images) / max(now - self.time, 1e-9)
        self.images, self.time = images, now
        self.run.log({"images": images, "images_per_second": round(speed, 2), **terms})
        for name, value in {"images_per_second": speed, **terms}.items():
            self.board.add_scalar(name, value, images)
        return Status(images, self.schedule.total_images, speed, terms)

    def close(self) -> None:
        self.board.close()
