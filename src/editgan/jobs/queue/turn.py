"""One training's turn on a core: some minutes of training, then an export. Runs in a process of its own."""

import ctypes
import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import torch

from editgan.core.allocator import keep_freed_memory
from editgan.core.errors import EditGANError
from editgan.jobs.gan import train_gan
from editgan.jobs.queue.export import export
from editgan.jobs.queue.plan import Plan, PlannedTraining
from editgan.jobs.queue.progress import Log, Progress

NICE = 10  # whoever sits at the machine comes first


def take_turn(plan: Plan, name: str, out: Path, core: int | None, minutes: float, hurry: Event) -> None:
    """Trains for so many minutes at most, then exports; the process's exit code is 1 on an error.

    SIGTERM ends the training early, everything saved; once `hurry` is set nothing is exported. The queue's
    own end, however sudden, is as good as both.
    """
    _settle(core)
    training, run, log = plan.named(name), out / name, Log(out)
    known = Progress.load(run)
    log.write("resumes" if known.images else "starts", training=name, core=core, images=known.images)
    try:
        _train(training, plan, run, known, minutes, log)
        queue = multiprocessing.parent_process()
        if not hurry.is_set() and (queue is None or queue.is_alive()):
            _export(training, run, known, log, plan.samples)
        known.failures, known.error = 0, None
    except EditGANError as error:
        known.failures, known.error = known.failures + 1, str(error)
        log.write("fails", training=name, error=str(error))
    known.save(run)
    raise SystemExit(1 if known.error else 0)


def _settle(core: int | None) -> None:
    keep_freed_memory()
    os.nice(NICE)
    torch.set_num_threads(1)
    if core is not None:
        os.sched_setaffinity(0, {core})
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: an orphan would train on, unseen


def _train(
    training: PlannedTraining, plan: Plan, run: Path, known: Progress, minutes: float, log: Log
) -> None:
    others = {other.name for other in plan.trainings}
    # Another training's bundle, heads and all: heads that begin anew win too easily (docs/training.md)
    start = training.start if training.start not in others else str(run.parent / training.start / "bundle")
    before = known.images
    began = noted = time.monotonic()
    photos = [Path(source) for source in training.photos]
    for status in train_gan(training.configured(), photos, run, minutes=minutes, resume_from=start, cpu=True):
        now = time.monotonic()
        known.images, known.seconds, noted = status.images, known.seconds + now - noted, now
        known.save(run)
    known.is_done = known.images >= 1000 * training.kimg
    speed = (known.images - before) / max(noted - began, 1e-9)
    log.write("stops", training=training.name, images=known.images, images_per_second=round(speed, 2))


def _export(training: PlannedTraining, run: Path, known: Progress, log: Log, samples: int) -> None:
    scores = export(run, training.photos, samples)
    known.exports.append({"images": known.images, "seconds": round(known.seconds), "scores": scores})
    log.write("exports", training=training.name, images=known.images, scores=scores)
