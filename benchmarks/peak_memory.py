"""The peak memory of one operation, in a process of its own that does nothing else.

What a process has held stays in its peak, and much of it in its allocator: so each operation has its own.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import torch

from benchmarks.random_bundle import RandomBundle, load_subject
from benchmarks.speed_operations import SpeedSettings, choose_operations
from benchmarks.speed_rows import SpeedOfBundle
from editgan.core.allocator import keep_freed_memory
from editgan.evaluation.peak_memory import Peak, peak_during
from editgan.evaluation.speed import Tell
from editgan.evaluation.speed_operations import Scene


def add_peaks(
    measured: SpeedOfBundle,
    subject: str | RandomBundle,
    settings: SpeedSettings,
    device: torch.device,
    tell: Tell = lambda _: None,
) -> SpeedOfBundle:
    """The same rows with their peaks; a start of PyTorch and a load of the networks for each."""
    rows, notes = [], [*measured.notes]
    for row in measured.rows:
        tell(f"{measured.bundle}: memory of {row.name}")
        peak = peak_of(subject, settings, row.name, device)
        if peak is None:
            notes.append(f"{row.name} ran out of memory in a process of its own.")
            rows.append(row)
        else:
            rows.append(replace(row, peak_mb=peak.peak_mb, growth_mb=peak.growth_mb))
    return replace(measured, rows=rows, notes=notes)


def peak_of(
    subject: str | RandomBundle, settings: SpeedSettings, name: str, device: torch.device
) -> Peak | None:
    """Runs the operation called `name` twice in a fresh process. None: memory ran out."""
    threads = torch.get_num_threads()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        try:
            return process.submit(_alone, subject, settings, name, str(device), threads).result()
        except (BrokenProcessPool, torch.OutOfMemoryError):
            return None


def _alone(
    subject: str | RandomBundle, settings: SpeedSettings, name: str, device: str, threads: int
) -> Peak:
    """What the fresh process does."""
    keep_freed_memory()  # as the command line does
    torch.set_num_threads(threads)
    bundle = load_subject(subject, torch.device(device), settings.precision)
    operations, _ = choose_operations(bundle, settings)
    (operation,) = (op for op in operations if op.name == name)
    return peak_during(operation.prepare(Scene(bundle)), bundle.device)
