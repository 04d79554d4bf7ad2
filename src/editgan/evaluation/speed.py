"""What a bundle's operations cost: the time of each, and the memory it takes.

The operations take turns, so that a drifting machine hits all alike; ratios are what counts.
"""

import contextlib
import ctypes
import gc
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import torch

from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import InputError
from editgan.evaluation.speed_operations import FORWARD, OPERATIONS, Run, Scene

Tell = Callable[[str], None]  # is told what is being done now, for people to read

SHORT = 1.0  # seconds: an operation below runs once more before it is timed, see `time_in_turns`
FEWEST = 3  # repeats of a slow operation
MB = 1e6
PROC = Path("/proc/self")


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often operations are run."""

    repeats: int = 7
    seconds: float = 10.0  # for one operation; slower ones get fewer repeats, but three

    def __post_init__(self) -> None:
        if self.repeats < 1 or self.seconds <= 0:
            raise InputError(
                f"measuring needs repeats >= 1 and seconds > 0, got {self.repeats} and {self.seconds}"
            )


@dataclass(frozen=True, slots=True)
class Peak:
    """Megabytes (a million bytes each)."""

    peak_mb: float  # of the whole process, PyTorch and the networks included; on CUDA of the device's tensors
    growth_mb: float  # of that, what came on top of what was there right before the operation


@dataclass(frozen=True, kw_only=True, slots=True)
class OperationCost:
    """One measured operation."""

    name: str
    milliseconds: float  # median
    fastest: float  # the least of the repeats, milliseconds
    repeats: int
    ratio: float  # of the medians, to the generator's forward pass
    peak_mb: float | None = None  # of the process meanwhile; on CUDA the device's memory
    growth_mb: float | None = None  # of that, what was not there before the operation began


def measure_costs(
    bundle: ModelBundle,
    pace: Pace | None = None,
    *,
    only: str = "",
    memory: bool = False,
    tell: Tell = lambda _: None,
) -> list[OperationCost]:
    """Every operation whose name contains `only`, and the generator's pass, on the bundle's own device.

    Raises:
        InputError: no operation's name contains `only`.
    """
    wanted = [name for name in OPERATIONS if only.lower() in name.lower()]
    if not wanted:
        raise InputError(f"no operation is called like {only!r}; there are: {'; '.join(OPERATIONS)}")
    scene, prepared = Scene(bundle), {}
    for name in dict.fromkeys([FORWARD, *wanted]):
        tell(f"preparing {name}")
        prepared[name] = OPERATIONS[name](scene)
    seconds = time_in_turns(prepared, bundle.device, pace or Pace(), tell)
    del scene, prepared  # memory is measured with nothing else in it
    forward = statistics.median(seconds[FORWARD])
    rows = [
        OperationCost(
            name=name,
            milliseconds=1000 * statistics.median(times),
            fastest=1000 * min(times),
            repeats=len(times),
            ratio=statistics.median(times) / forward,
        )
        for name, times in seconds.items()
    ]
    for index, row in enumerate(rows if memory else ()):
        tell(f"memory of {row.name}")
        peak = peak_during(OPERATIONS[row.name](Scene(bundle)), bundle.device)
        rows[index] = replace(row, **asdict(peak))
    return rows


def time_in_turns(
    runs: dict[str, Run],
    device: torch.device,
    pace: Pace,
    tell: Tell,
    first: Callable[[str, Run], object] = lambda _, run: run(),
) -> dict[str, list[float]]:
    """Seconds of each repeat, by name.

    The first round warms up: `first` runs there. In every later one a short operation runs once untimed: the
    one before it may have left cold caches and an allocator turned upside down, while the steps of an edit
    follow each other.
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    repeats: dict[str, int] = {}
    is_short: dict[str, bool] = {}
    for name, run in runs.items():
        tell(f"warming up {name}")
        taken = seconds_of(partial(first, name, run), device)
        repeats[name], is_short[name] = affordable(taken, pace), taken < SHORT
    for turn in range(pace.repeats):
        for name, run in runs.items():
            if is_due(turn, repeats[name], pace.repeats):
                tell(f"round {turn + 1} of {pace.repeats}, {name}")
                if is_short[name]:
                    run()
                seconds[name].append(seconds_of(run, device))
    return seconds


def synchronise(device: torch.device) -> None:
    """Waits until everything that was asked of `device` is done, so that a clock means something."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def seconds_of(operation: Run, device: torch.device) -> float:
    """Of one call, on an idle device, to the end of all its work."""
    synchronise(device)
    started = time.perf_counter()
    operation()
    synchronise(device)
    return time.perf_counter() - started


def affordable(seconds: float, pace: Pace) -> int:
    """Repeats of an operation that takes so long: as many as fit into the time allowed, but three."""
    fit = int(pace.seconds / max(seconds, 1e-9))
    return min(pace.repeats, max(FEWEST, fit))


def is_due(turn: int, repeats: int, turns: int) -> bool:
    """Whether an operation runs in this turn; spreads its `repeats` evenly over all `turns`."""
    return (turn + 1) * repeats // turns > turn * repeats // turns


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
