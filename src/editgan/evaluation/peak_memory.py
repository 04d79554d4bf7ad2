"""The most memory that an operation takes in this process."""

import contextlib
import ctypes
import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

MB = 1e6
PROC = Path("/proc/self")


@dataclass(frozen=True, slots=True)
class Peak:
    """Megabytes (a million bytes each)."""

    peak_mb: float  # of the whole process, PyTorch and the networks included; on CUDA of the device's tensors
    growth_mb: float  # of that, what came on top of what was there right before the operation


def synchronise(device: torch.device) -> None:
    """Waits until everything that was asked of `device` is done, so that a clock means something."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def peak_during(run: Callable[[], object], device: torch.device) -> Peak:
    """Of two runs in this process: the second may find the first one's memory still taken."""
    gc.collect()
    synchronise(device)
    _forget_peak(device)
    before = torch.cuda.memory_allocated(device) if device.type == "cuda" else _resident("VmRSS")
    run()
    run()
    synchronise(device)
    peak = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else _resident("VmHWM")
    return Peak(peak / MB, max(0.0, peak - before) / MB)


def _forget_peak(device: torch.device) -> None:
    """Starts the record anew (Linux: proc(5), clear_refs); elsewhere the preparation counts, too."""
    if device.type == "cuda":
        return torch.cuda.reset_peak_memory_stats(device)
    if sys.platform == "linux" and hasattr(ctypes.CDLL(None), "malloc_trim"):  # of the GNU C library alone
        ctypes.CDLL(None).malloc_trim(0)  # what the preparation has freed would hide what is taken
    with contextlib.suppress(OSError):
        (PROC / "clear_refs").write_text("5")
    return None


def _resident(name: str) -> float:
    """A line of Linux's record of this process, in bytes; elsewhere its peak."""
    # Not `ru_maxrss` where it can be helped: on Linux a process inherits that from the one that started it
    path = PROC / "status"
    for line in path.read_text().splitlines() if path.exists() else ():
        if line.startswith(f"{name}:"):
            return float(line.split()[1]) * 1024
    import resource  # Windows has none

    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
