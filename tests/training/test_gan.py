import json
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch
from accelerate import Accelerator
from training.gan_runs import (
    CONFIG,
    assert_same,
    environment,
    new_work,
    photos,
    stats,
    stopped,
    train_to,
    weights,
)

from editgan.core.errors import InputError
from editgan.core.runs import RunFolder
from editgan.training.gan.train import GanStart, GanWork
from editgan.training.loop import Schedule, train

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Twelve steps in one go."""
    folder = tmp_path_factory.mktemp("gan") / "whole"
    return folder, train_to(folder, 12)


def test_a_run_trains_both_networks_and_their_average(uninterrupted):
    _, work = uninterrupted
    before, after = weights(new_work()), weights(work)
    networks = {"g": work.g, "d": work.discriminator}
    trained = [f"{net}.{name}" for net, network in networks.items() for name, _ in network.named_parameters()]
    assert len(trained) > 50
    assert [name for name in trained if torch.equal(before[name], after[name])] == []
    assert not torch.equal(after["g.mapping.w_avg"], torch.zeros(8))
    assert torch.equal(after["ema.mapping.w_avg"], after["g.mapping.w_avg"])
    assert not torch.equal(after["ema.synthesis.const"], after["g.synthesis.const"])
    assert not torch.equal(after["ema.synthesis.const"], before["ema.synthesis.const"])
    assert all(torch.isfinite(value).all() for value in after.values())


def test_a_run_leaves_samples_stats_and_a_checkpoint(uninterrupted):
    folder, _ = uninterrupted
    assert (folder / "checkpoint.pt").is_file()
    assert [p.name for p in (folder / "samples").iterdir()] == ["000000048.png"]
    rows = stats(folder)
    assert [row["images"] for row in rows] == list(range(4, 49, 4))
    assert {"d_loss", "g_loss", "r1", "path", "augment_p", "images_per_second"} <= set(rows[0])
    assert json.loads((folder / "config.json").read_text())["GanTraining"]["batch_size"] == 4


def test_augmentation_and_path_length_took_part(uninterrupted):
    folder, work = uninterrupted
    assert work.mean_path > 0
    assert any(row["augment_p"] > 0 for row in stats(folder))


@pytest.mark.parametrize("steps", [5, 6])  # in the midst of a regularisation interval, and at its end
def test_a_resumed_run_is_bit_exact(uninterrupted, tmp_path, steps):
    train_to(tmp_path, steps)
    assert_same(train_to(tmp_path, 12), uninterrupted[1])


KILLED = """
import sys
from pathlib import Path
from training.gan_runs import CONFIG, new_work
from editgan.core.runs import RunFolder
from editgan.training.loop import Schedule, train
run = RunFolder(Path({folder!r}), CONFIG)
for status in train(new_work(), run, Schedule(total_images=48, log_images=4, save_minutes=0)):
    print(status.images, flush=True)
    sys.stdin.readline()
"""


def test_a_killed_run_continues_from_its_checkpoint_as_if_nothing_had_happened(uninterrupted, tmp_path):
    assert stopped(KILLED.format(folder=str(tmp_path)), 20, signal.SIGKILL) == -signal.SIGKILL
    state = RunFolder(tmp_path, CONFIG).load()
    assert state is not None
    assert 16 <= state["images"] < 48
    assert_same(train_to(tmp_path, 12), uninterrupted[1])
    assert [row["images"] for row in stats(tmp_path)] == list(range(4, 49, 4))


def test_the_minutes_are_kept_and_what_was_learnt_is_saved(tmp_path):
    started = time.process_time()  # of this process alone, however busy the machine is
    run, work = RunFolder(tmp_path, CONFIG), new_work()
    (status,) = train(work, run, Schedule(total_images=10**9, minutes=0.5 / 60, log_images=10**9))
    assert time.process_time() - started < 10
    state = run.load()
    assert state is not None
    assert state["images"] == status.images > 0
    resumed = new_work()
    resumed.restore(state["work"])
    assert_same(resumed, work)


def test_training_can_start_from_networks_that_are_already_trained(uninterrupted):
    _, trained = uninterrupted
    work = new_work(start=GanStart(trained.ema.requires_grad_(True), trained.discriminator))
    assert torch.equal(work.g.synthesis.const, trained.ema.synthesis.const)
    trained.ema.requires_grad_(False)


def test_only_the_discriminator_learns_during_the_warm_up():
    work = new_work(replace(CONFIG, warm_up_kimg=0.008))
    before = weights(work)
    terms = work.step(0)
    after = weights(work)
    assert "g_loss" not in terms
    assert all(torch.equal(before[f"g.{name}"], after[f"g.{name}"]) for name, _ in work.g.named_parameters())
    assert not torch.equal(before["d.out.weight"], after["d.out.weight"])
    assert "g_loss" in work.step(8)


def test_augmentation_can_be_left_out():
    work = new_work(replace(CONFIG, augment_target=None))
    for step in range(6):
        assert work.step(4 * step)["augment_p"] == 0


def test_photos_are_mirrored_only_if_asked_for():
    plain = new_work(replace(CONFIG, mirror=False))._next_photos(0)
    mirrored = new_work()._next_photos(0)
    flipped = [not torch.equal(a, b) for a, b in zip(plain, mirrored, strict=True)]
    assert any(flipped)
    for a, b in zip(plain, mirrored, strict=True):
        assert torch.equal(a, b) or torch.equal(a.flip(2), b)


def test_the_preview_shows_the_same_seeds_each_time(uninterrupted):
    _, work = uninterrupted
    assert work.preview().size == (128, 128)
    assert work.preview().tobytes() == work.preview().tobytes()


@pytest.mark.parametrize("bad", [{"batch_size": 1}, {"total_kimg": 0}])
def test_a_run_that_cannot_be_is_refused(bad):
    with pytest.raises(InputError, match="batch_size >= 2 and total_kimg > 0"):
        replace(CONFIG, **bad)


def test_a_set_with_nothing_left_to_train_on_is_refused():
    with pytest.raises(InputError, match="no photo is left"):
        GanWork(CONFIG, photos().part(0, 0), Accelerator(cpu=True))


TOGETHER = """
import sys, torch
from pathlib import Path
from training.gan_runs import CONFIG, new_work
from editgan.core.runs import RunFolder
from editgan.training.gan.train import GanStart
from editgan.models.discriminator import Discriminator
from editgan.models.generator import Generator
from editgan.training.loop import Schedule, train
torch.seed()  # grown networks: their new layers are each process's own noise
work = new_work(start=GanStart(Generator(CONFIG.generator), Discriminator(CONFIG.generator)))
rank = work.accelerator.process_index
assert work.accelerator.num_processes == 2
run = RunFolder(Path({folder!r}), CONFIG)
list(train(work, run, Schedule(total_images=24, log_images=4)))
# The clock of each process says stop at another step; they must agree all the same
list(train(work, run, Schedule(total_images=10**9, minutes=(0.01, 5)[rank])))
parameters = [p.detach() for p in (*work.g.parameters(), *work.discriminator.parameters())]
torch.save(parameters, Path({folder!r}) / f"rank{{rank}}.pt")
"""


def test_two_processes_train_the_same_networks_and_stop_together(tmp_path):
    code = TOGETHER.format(folder=str(tmp_path))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    ranks = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env=environment(
                RANK=str(r), LOCAL_RANK=str(r), WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=port
            ),
        )
        for r in range(2)
    ]
    try:
        assert [process.wait(timeout=240) for process in ranks] == [0, 0]
    finally:
        for process in ranks:
            process.kill()
    ours, theirs = (torch.load(tmp_path / f"rank{r}.pt") for r in range(2))
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    assert [row["images"] for row in stats(tmp_path)[:6]] == [4, 8, 12, 16, 20, 24]
    assert (tmp_path / "checkpoint.pt").is_file()
