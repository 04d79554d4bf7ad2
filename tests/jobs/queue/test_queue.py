"""Queues of real, tiny trainings in processes of their own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PilImage
from training.gan_runs import environment

from editgan.bundle.snapshot import load_snapshot
from editgan.core.errors import InputError
from editgan.jobs.queue.plan import Plan, load_plan
from editgan.jobs.queue.progress import MOST_FAILURES, Progress, choose
from editgan.jobs.queue.run import Queue
from editgan.jobs.queue.table import table

PLAN = """
data = "."
samples = 8
export_minutes = 5
[[training]]
name = "first"
recipe = "smoke"
photos = ["set"]
kimg = {kimg}
[[training]]
name = "second"
recipe = "smoke"
photos = ["set"]
start = "first"
after_kimg = 0.01
kimg = 0.016
"""
COMMAND = [sys.executable, "-m", "editgan.cli.main", "train", "queue"]


def plan_file(folder: Path, kimg: float = 0.016) -> Path:
    rng = np.random.default_rng(0)
    (folder / "set").mkdir(parents=True, exist_ok=True)
    for i in range(12):
        noise = rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)
        PilImage.fromarray(noise).save(folder / "set" / f"{i:02}.png")
    path = folder / "plan.toml"
    path.write_text(PLAN.format(kimg=kimg))
    return path


def events(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "queue.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Path]:
    """A plan worked through by the command itself."""
    folder = tmp_path_factory.mktemp("queue")
    command = [*COMMAND, str(plan_file(folder)), "--out", str(folder / "runs"), "--cores", "1"]
    subprocess.run(command, env=environment(), check=True, timeout=300, stdout=subprocess.DEVNULL)
    return load_plan(folder / "plan.toml"), folder / "runs"


def test_every_training_is_worked_through_and_leaves_what_it_learnt(worked: tuple[Plan, Path]) -> None:
    _, out = worked
    for name in ("first", "second"):
        known = Progress.load(out / name)
        assert known.is_done and known.images == 16 and known.seconds > 0 and known.error is None
        export = out / name / "export"
        facts = json.loads((export / f"{name}.json").read_text())
        assert facts["scores"] == known.exports[-1]["scores"]
        assert facts["scores"]["EfficientNet-Lite0"]["fid_8"] > 0 and facts["scores"]["fid_8"] > 0
        with PilImage.open(export / f"{name}.webp") as sheet:
            assert sheet.size == (256, 256)
        assert load_snapshot(export / f"{name}.safetensors").generator.config.resolution == 32


def test_a_training_waits_for_the_one_it_starts_from(worked: tuple[Plan, Path]) -> None:
    _, out = worked
    told = [(row["event"], row.get("training")) for row in events(out)]
    assert told[0] == ("queue starts", None) and told[-1] == ("queue ends", None)
    assert told.index(("exports", "first")) < told.index(("starts", "second"))
    facts = load_snapshot(out / "second" / "export" / "second.safetensors").facts
    assert facts.images == 32 and facts.gan.resumed_from.endswith("first/bundle")


def test_the_table_shows_how_they_stand(worked: tuple[Plan, Path]) -> None:
    first = table(*worked).splitlines()[2]
    assert first.startswith("| first | smoke | random weights | 16 of 16 |")
    assert "random features 1: FID " in first and "EfficientNet-Lite0: FID " in first


def test_a_queue_with_nothing_left_ends_at_once(worked: tuple[Plan, Path]) -> None:
    plan, out = worked
    assert [*Queue(plan, out, 1).run()] == []


def running(folder: Path) -> tuple[subprocess.Popen[bytes], Path]:
    out = folder / "runs"
    path = plan_file(folder, kimg=1000)
    path.write_text(path.read_text().replace("after_kimg = 0.01", "after_kimg = 900"))  # the first alone
    command = [*COMMAND, str(path), "--out", str(out)]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL), out


def wait_for(condition: Callable[[], bool], seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.2)


def trains(out: Path) -> bool:
    """A TensorBoard file is the first thing that a training writes once it is on its way."""
    return any((out / "first").glob("events.*")) if (out / "first").is_dir() else False


def test_sigterm_saves_everything_and_the_next_call_goes_on(tmp_path: Path) -> None:
    queue, out = running(tmp_path)
    wait_for(lambda: trains(out))
    time.sleep(1)
    queue.send_signal(signal.SIGTERM)
    assert queue.wait(timeout=60) == 0
    assert [row["event"] for row in events(out)] == ["queue starts", "starts", "stops", "queue ends"]
    shown = Progress.load(out / "first").images
    assert shown > 0 and (out / "first" / "checkpoint.pt").exists()
    plan = load_plan(tmp_path / "plan.toml")
    going_on = Queue(plan, out, 1).run()
    next(going_on)
    wait_for(lambda: events(out)[-1]["event"] == "resumes")
    assert events(out)[-1]["images"] == shown
    going_on.close()


def test_a_killed_queue_leaves_no_orphan_and_no_lock(tmp_path: Path) -> None:
    queue, out = running(tmp_path)
    wait_for(lambda: trains(out))
    with pytest.raises(InputError, match="another queue works in"):
        next(Queue(load_plan(tmp_path / "plan.toml"), out, 1).run())
    queue.kill()
    queue.wait()
    wait_for(lambda: events(out)[-1]["event"] == "stops")  # the training noticed, and saved
    assert not (out / "first" / "export").exists()  # and does not linger to export
    again = Queue(load_plan(tmp_path / "plan.toml"), out, 1).run()
    assert next(again) == {max(os.sched_getaffinity(0)): "first"}
    again.close()


@pytest.fixture
def three(tmp_path: Path) -> tuple[Plan, Path]:
    path = plan_file(tmp_path)
    entry = '[[training]]\nname = "third"\nrecipe = "smoke"\nphotos = ["set"]\nshare = 3\n'
    path.write_text(path.read_text() + entry)
    return load_plan(path), tmp_path / "runs"


def remember(out: Path, name: str, **values: Any) -> None:
    Progress(**values).save(out / name)


def chosen(three: tuple[Plan, Path], running: set[str] = frozenset()) -> str | None:  # type: ignore[assignment]
    training = choose(*three, set(running), {})
    return None if training is None else training.name


def test_whoever_is_furthest_behind_its_share_comes_next(three: tuple[Plan, Path]) -> None:
    _, out = three
    assert chosen(three) == "first"
    remember(out, "first", seconds=100.0)
    remember(out, "third", seconds=200.0)  # of three shares
    assert chosen(three) == "third"
    remember(out, "third", seconds=301.0)
    assert chosen(three) == "first"
    assert chosen(three, {"first"}) == "third"
    assert chosen(three, {"first", "third"}) is None  # the second has nothing to start from


def test_a_training_that_failed_too_often_or_is_done_is_left_alone(three: tuple[Plan, Path]) -> None:
    _, out = three
    remember(out, "first", failures=MOST_FAILURES, error="no")
    remember(out, "third", is_done=True)
    assert chosen(three) is None


def test_one_bad_training_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("editgan.jobs.queue.progress.BACK_OFF_S", 0.1)
    path = plan_file(tmp_path)
    path.write_text(path.read_text().replace('start = "first"', 'start = "no-such-bundle"'))
    out = tmp_path / "runs"
    for _ in Queue(load_plan(path), out, 1).run():
        pass
    assert Progress.load(out / "first").is_done
    lost = Progress.load(out / "second")
    assert lost.failures == MOST_FAILURES and "no-such-bundle" in (lost.error or "")
    assert "given up" in table(load_plan(path), out)


def test_cores_that_are_not_there_are_refused(three: tuple[Plan, Path]) -> None:
    with pytest.raises(InputError, match="cores of this machine, got 4000"):
        Queue(*three, 4000)
