"""The queue itself: on every given core one training at a time, each for a turn, until the time is over."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from pathlib import Path

from filelock import FileLock, Timeout

from editgan.core.errors import InputError
from editgan.jobs.queue.plan import Plan
from editgan.jobs.queue.progress import Log, choose
from editgan.jobs.queue.turn import take_turn

LOOK_S = 2.0  # between looks at the processes
SHORTEST_TURN = 1.0  # minutes: below, reading the photos costs more than is trained


@dataclass(slots=True)
class _Turn:
    """A training on a core."""

    name: str
    process: SpawnProcess


class Queue:
    """Works through a plan; every call of `run` goes on where the last one stopped."""

    def __init__(self, plan: Plan, out: Path, cores: int) -> None:
        self.plan, self.out = plan, out
        self.log = Log(out)
        self.cores = _cores(cores)
        self.turns: dict[int, _Turn] = {}  # by core
        self.failed_at: dict[str, float] = {}
        self.wanted_end = False

    def run(self, minutes: float | None = None) -> Iterator[dict[int, str | None]]:
        """Yields, every other second, what each core trains; ends when the time is over or nothing is left.

        Near the end every training exports once more; SIGTERM ends it at once, with everything saved.

        Raises:
            InputError: another queue works in this folder.
        """
        lock = FileLock(self.out / ".queue.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise InputError(
                f"another queue works in {self.out}",
                "stop it first, or use another folder",
                code="queue-runs",
            ) from None
        before = signal.signal(signal.SIGTERM, self._end)
        hurry = multiprocessing.get_context("spawn").Event()
        started = time.monotonic()
        self.log.write("queue starts", cores=[*self.cores], minutes=minutes)
        try:
            while self._goes_on(started, minutes, hurry):
                yield {core: turn.name if (turn := self.turns.get(core)) else None for core in self.cores}
                time.sleep(LOOK_S)
        finally:
            hurry.set()
            self._stop_all()
            self.log.write("queue ends")
            signal.signal(signal.SIGTERM, before)
            lock.release()

    def _end(self, *_: object) -> None:
        self.wanted_end = True

    def _goes_on(self, started: float, minutes: float | None, hurry: Event) -> bool:
        """Collects who has ended and gives free cores their next training."""
        for core, turn in list(self.turns.items()):
            if not turn.process.is_alive():
                if turn.process.exitcode:
                    self.failed_at[turn.name] = time.monotonic()
                del self.turns[core]
        left = float("inf") if minutes is None else minutes - (time.monotonic() - started) / 60
        if self.wanted_end:
            return False
        for core in self.cores if left >= SHORTEST_TURN else ():
            if core not in self.turns:
                self._start(core, min(left, self.plan.export_minutes), hurry)
        # One that has just failed is tried again when it has cooled down
        waits = left >= SHORTEST_TURN and choose(self.plan, self.out, set(), {}) is not None
        return bool(self.turns) or waits

    def _start(self, core: int, minutes: float, hurry: Event) -> None:
        running = {turn.name for turn in self.turns.values()}
        training = choose(self.plan, self.out, running, self.failed_at)
        if training is None:
            return
        can_pin = hasattr(os, "sched_setaffinity")
        process = multiprocessing.get_context("spawn").Process(
            target=take_turn,
            args=(self.plan, training.name, self.out, core if can_pin else None, minutes, hurry),
            name=training.name,
        )
        process.start()
        self.turns[core] = _Turn(training.name, process)

    def _stop_all(self) -> None:
        for turn in self.turns.values():
            turn.process.terminate()
        for turn in self.turns.values():
            turn.process.join()


def _cores(count: int) -> list[int]:
    """The last so many that this process may use: whatever else runs here tends to begin with the first."""
    here = (
        sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [*range(os.cpu_count() or 1)]
    )
    if not 1 <= count <= len(here):
        raise InputError(f"a queue takes 1 to {len(here)} cores of this machine, got {count}")
    return here[len(here) - count :]
