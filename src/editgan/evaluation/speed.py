"""What a bundle's operations cost: the time of each, and the memory it takes.

The operations take turns, so that a drifting machine hits all alike; ratios are what counts.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch

from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import InputError
from editgan.evaluation.peak_memory import peak_during, synchronise
from editgan.evaluation.speed_operations import FORWARD, OPERATIONS, Run, Scene

Tell = Callable[[str], None]  # is told what is being done now, for people to read

SHORT = 1.0  # seconds: an operation below runs once more before it is timed, see `time_in_turns`
FEWEST = 3  # repeats of a slow operation


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
        BundleError: the bundle has no branch or no schema.
        InputError: no operation's name contains `only`.
    """
    bundle.need("branch", "schema")
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
    return [_with_memory(row, bundle, tell) for row in rows] if memory else rows


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


def _with_memory(row: OperationCost, bundle: ModelBundle, tell: Tell) -> OperationCost:
    tell(f"memory of {row.name}")
    peak = peak_during(OPERATIONS[row.name](Scene(bundle)), bundle.device)
    return replace(row, peak_mb=peak.peak_mb, growth_mb=peak.growth_mb)
