"""Tiny GAN runs, for the tests of the one discriminator and of the other."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import torch
from accelerate import Accelerator

from editgan.core.runs import RunFolder
from editgan.data.photos import PhotoSet
from editgan.models.generator import GeneratorConfig
from editgan.training.gan.config import GanTraining
from editgan.training.gan.train import GanStart, GanWork
from editgan.training.loop import Schedule, train

CONFIG = GanTraining(
    generator=GeneratorConfig(
        resolution=16, z_dim=8, w_dim=8, mapping_layers=2, channel_base=128, channel_max=8
    ),
    total_kimg=1.0,
    batch_size=4,
    r1_interval=3,
    path_weight=2.0,
    path_interval=2,
    ema_kimg=0.05,
    augment_kimg=0.05,
    held_out=0,
)


def photos() -> PhotoSet:
    """Ten photos of a bright square each: every process makes the same."""
    pixels = torch.zeros(10, 16, 16, 3, dtype=torch.uint8)
    for i in range(10):
        pixels[i, 3 : 8 + i % 4, 2 + i % 3 : 12] = torch.tensor(
            [250 - 10 * i, 120, 20 * i], dtype=torch.uint8
        )
    return PhotoSet(pixels, [f"{i}.png" for i in range(10)], [])


def new_work(config: GanTraining = CONFIG, start: GanStart | None = None) -> GanWork:
    return GanWork(config, photos(), Accelerator(cpu=True), start)


def train_to(folder: Path, steps: int, config: GanTraining = CONFIG) -> GanWork:
    """New objects each time: whatever they know of earlier steps comes from the folder."""
    work = new_work(config)
    list(
        train(work, RunFolder(folder, config), Schedule(total_images=steps * config.batch_size, log_images=4))
    )
    return work


def short(name: str) -> str:
    return {"image": "d", "features": "heads"}[name]


def adapted(work: GanWork) -> dict[str, object]:
    return {name: adversary.state() for name, adversary in work.adversaries.items()}


def weights(work: GanWork) -> dict[str, torch.Tensor]:
    networks = {"g": work.g, "ema": work.ema}
    networks |= {short(name): adversary.network for name, adversary in work.adversaries.items()}
    return {
        f"{name}.{key}": value.clone()
        for name, net in networks.items()
        for key, value in net.state_dict().items()
    }


def stats(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "stats.jsonl").read_text().splitlines()]


def assert_same(a: GanWork, b: GanWork) -> None:
    ours, theirs = weights(a), weights(b)
    assert [key for key in ours if not torch.equal(ours[key], theirs[key])] == []
    assert adapted(a) == adapted(b)
    assert torch.equal(a.mean_path, b.mean_path)


def environment(**more: str) -> dict[str, str]:
    """For a child process: this one's import path, and one thread, as tiny networks like it."""
    path = os.pathsep.join(p for p in sys.path if p)
    return os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"} | more


def stopped(code: str, images: int, how: signal.Signals) -> int:
    """Exit status of a process that was sent a signal when it had told of so many images.

    It tells one number a line and waits for a line in answer: however busy the machine, it gets no further.
    """
    command = [sys.executable, "-c", code]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment()) as process:
        assert process.stdin is not None and process.stdout is not None
        for line in process.stdout:
            if int(line) >= images:
                process.send_signal(how)
                break
            process.stdin.write("\n")
            process.stdin.flush()
        process.communicate()
    return process.returncode
