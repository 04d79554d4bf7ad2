"""The peak memory of one operation, in a process of its own that does nothing else.

What a process has held stays in its peak, and much of it in its allocator: so each operation has its own.
"""

import contextlib
import ctypes
import gc
import multiprocessing
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from editgan.benchmark.ceilings import synchronise
from editgan.benchmark.random_bundle import RandomBundle, load_subject
from editgan.benchmark.speed import SpeedOfBundle, Tell
from editgan.benchmark.speed_operations import SpeedSettings, choose_operations
from editgan.benchmark.speed_runs import Run
from editgan.benchmark.speed_scene import Scene
from editgan.core.allocator import keep_freed_memory

MB = 1e6
PROC = Path("/proc/self")


@dataclass(frozen=True, slots=True)
class Peak:
    """Megabytes (a million bytes each)."""

    peak_mb: float  # of the whole process, PyTorch and the networks included; on CUDA of the device's tensors
    growth_mb: float  # of that, what came on top of what was there right before the operation


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


def peak_during(run: Run, device: torch.device) -> Peak:
    """Of two runs in this process: the second may find the first one's memory still taken."""
    gc.collect()
    if device.type == "cuda":
        synchronise(device)
        torch.cuda.reset_peak_memory_stats(device)
        return _peak(run, lambda: torch.cuda.memory_allocated(device), lambda: _cuda_peak(device))
    _give_back_memory()
    _forget_peak()
    return _peak(run, _resident, _highest_resident)


def _peak(run: Run, now: Callable[[], float], highest: Callable[[], float]) -> Peak:
    """Bytes before, two runs, and the most bytes since."""
    before = now()
    run()
    run()
    peak = highest()
    return Peak(peak / MB, max(0.0, peak - before) / MB)


def _cuda_peak(device: torch.device) -> float:
    synchronise(device)
    return torch.cuda.max_memory_allocated(device)


def _give_back_memory() -> None:
    """What the preparation has freed would otherwise hide what the operation takes."""
    if sys.platform == "linux" and hasattr(ctypes.CDLL(None), "malloc_trim"):  # of the GNU C library alone
        ctypes.CDLL(None).malloc_trim(0)


def _forget_peak() -> None:
    """Starts the system's record anew (Linux: proc(5), clear_refs); elsewhere the preparation counts, too."""
    with contextlib.suppress(OSError):
        (PROC / "clear_refs").write_text("5")


def _resident() -> float:
    return _status("VmRSS") or _highest_resident()


def _highest_resident() -> float:
    # Not `ru_maxrss` where it can be helped: on Linux a process inherits that from the one that started it
    if (peak := _status("VmHWM")) is not None:
        return peak
    import resource  # Windows has none

    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def _status(name: str) -> float | None:
    """A line of Linux's record of this process, in bytes."""
    path = PROC / "status"
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith(f"{name}:"):
                return float(line.split()[1]) * 1024
    return None
