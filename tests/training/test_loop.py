import json
import time
from typing import Any

import pytest
import torch
from PIL import Image as PilImage

from editgan.core.runs import RunFolder
from editgan.models.generator import GeneratorConfig
from editgan.training.loop import Schedule, Status, train


class Counting:
    """The least that can be trained: a number that grows by one a step."""

    images_per_step = 4
    is_main = True

    def __init__(self, seconds: float = 0.0) -> None:
        self.total = torch.zeros([])
        self.starts: list[int] = []
        self.seconds = seconds

    def step(self, images: int) -> dict[str, torch.Tensor]:
        time.sleep(self.seconds)
        self.starts.append(images)
        self.total = self.total + 1
        return {"total": self.total}

    def state(self) -> dict[str, Any]:
        return {"total": self.total}

    def restore(self, state: dict[str, Any]) -> None:
        self.total = state["total"]

    def preview(self) -> PilImage.Image:
        return PilImage.new("RGB", (2, 2))


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path / "run", GeneratorConfig(resolution=32))


def rows(run: RunFolder) -> list[dict[str, float]]:
    return [json.loads(line) for line in run.stats.read_text().splitlines()]


def test_it_shows_the_images_asked_for_and_reports_means_on_the_way(run):
    statuses = list(train(Counting(), run, Schedule(total_images=40, log_images=16)))
    assert [s.images for s in statuses] == [16, 32, 40]
    assert [s.terms["total"] for s in statuses] == [2.5, 6.5, 9.5]
    assert all(isinstance(s, Status) and s.images_per_second > 0 for s in statuses)
    assert [(r["images"], r["total"]) for r in rows(run)] == [(16, 2.5), (32, 6.5), (40, 9.5)]


def test_it_leaves_samples_curves_and_a_checkpoint(run):
    list(train(Counting(), run, Schedule(total_images=40, log_images=20, preview_images=20)))
    assert sorted(p.name for p in (run.path / "samples").iterdir()) == ["000000020.png", "000000040.png"]
    assert list(run.path.glob("events.out.tfevents.*"))
    assert run.load() == {"work": {"total": torch.tensor(10.0)}, "images": 40}


def test_running_again_continues_and_a_finished_run_does_nothing(run):
    list(train(Counting(), run, Schedule(total_images=20)))
    again = Counting()
    list(train(again, run, Schedule(total_images=40)))
    assert again.starts == [20, 24, 28, 32, 36]
    assert again.total == 10
    finished = Counting()
    assert list(train(finished, run, Schedule(total_images=40))) == []
    assert finished.starts == []


def test_the_minutes_are_kept_and_what_was_learnt_is_saved(run):
    started = time.monotonic()
    work = Counting(seconds=0.01)
    (status,) = train(work, run, Schedule(total_images=10**9, minutes=0.3 / 60))
    assert time.monotonic() - started >= 0.3 and len(work.starts) <= 31  # each takes 10 ms at least
    state = run.load()
    assert state is not None
    assert state["images"] == status.images == 4 * len(work.starts)
    assert state["work"]["total"] == len(work.starts)


def test_after_a_crash_the_log_goes_on_from_the_checkpoint(run):
    class Crashing(Counting):
        def step(self, images):
            if images == 28:
                raise RuntimeError("power cut")
            return super().step(images)

    list(train(Counting(), run, Schedule(total_images=20, log_images=4)))
    with pytest.raises(RuntimeError, match="power cut"):
        list(train(Crashing(), run, Schedule(total_images=40, log_images=4)))
    assert rows(run)[-1]["images"] == 28
    list(train(Counting(), run, Schedule(total_images=40, log_images=4)))
    assert [r["images"] for r in rows(run)] == list(range(4, 41, 4))
    assert [r["total"] for r in rows(run)] == list(range(1, 11))


def test_it_saves_on_the_way(run):
    saved = []
    for _ in train(Counting(), run, Schedule(total_images=40, log_images=4, save_minutes=0)):
        saved.append((run.load() or {"images": 0})["images"])
    assert saved == list(range(0, 40, 4))  # the row comes first, then the checkpoint


def test_only_the_main_process_writes(run):
    class Other(Counting):
        is_main = False

    other = Other()
    assert list(train(other, run, Schedule(total_images=20))) == []
    assert len(other.starts) == 5
    assert [p.name for p in run.path.iterdir()] == ["config.json"]
