"""What a queue remembers: how far each training is, and a log of what happened when."""

import json
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from editgan.core.config import from_json
from editgan.core.files import read_json, write_json
from editgan.jobs.queue.plan import Plan, PlannedTraining


@dataclass(kw_only=True, slots=True)
class Progress:
    """One training's; kept in RUN/queue.json by the process that trains it."""

    seconds: float = 0.0  # of one core
    images: int = 0  # shown in this run
    is_done: bool = False
    failures: int = 0  # slices in a row that ended in an error
    error: str | None = None  # the last one's
    exports: list[dict[str, Any]] = field(default_factory=list)  # scores, oldest first

    @classmethod
    def load(cls, run: Path) -> "Progress":
        """As it was left, or fresh."""
        path = run / "queue.json"
        return from_json(cls, read_json(path)) if path.exists() else cls()

    def save(self, run: Path) -> None:
        """Written whole or not at all."""
        write_json(run / "queue.json", asdict(self))


class Log:
    """OUT/queue.jsonl: a line for each start, end and export, with the time."""

    def __init__(self, out: Path) -> None:
        self.path = out / "queue.jsonl"
        out.mkdir(parents=True, exist_ok=True)

    def write(self, event: str, **details: Any) -> None:
        """One line; several processes may write."""
        row = {"time": datetime.now().astimezone().isoformat(timespec="seconds"), "event": event, **details}
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")


MOST_FAILURES = 3  # in a row, after which a training is left alone until the queue is started again
BACK_OFF_S = 30.0  # before a failed one is tried again


def choose(plan: Plan, out: Path, running: set[str], failed_at: dict[str, float]) -> PlannedTraining | None:
    """Whose turn it is: of those that can go on, the one that is furthest behind its share of the time."""
    waiting: list[tuple[float, PlannedTraining]] = []
    for training in plan.trainings:
        known = Progress.load(out / training.name)
        backs_off = time.monotonic() - failed_at.get(training.name, -BACK_OFF_S) < BACK_OFF_S
        is_lost = known.failures >= MOST_FAILURES
        if training.name in running or known.is_done or is_lost or backs_off:
            continue
        if can_start(training, plan, out):
            waiting.append((known.seconds / training.share, training))
    return min(waiting, key=lambda pair: pair[0])[1] if waiting else None


def can_start(training: PlannedTraining, plan: Plan, out: Path) -> bool:
    """Whether what it starts from is there: another training's bundle after enough images."""
    others = {other.name for other in plan.trainings}
    start = training.start
    if start is None or start not in others or (out / training.name / "checkpoint.pt").exists():
        return True
    seen = Progress.load(out / start).images
    return (out / start / "bundle" / "bundle.json").exists() and seen >= 1000 * training.after_kimg
