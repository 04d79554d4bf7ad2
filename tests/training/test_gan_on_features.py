"""The GAN that learns from pretrained features: a real EfficientNet-Lite1, a tiny generator."""

import signal
from dataclasses import replace

import pytest
import torch
from training.gan_runs import CONFIG as PLAIN
from training.gan_runs import assert_same, new_work, stats, stopped, train_to, weights

from editgan.core.errors import InputError
from editgan.core.runs import RunFolder
from editgan.training.gan.train import GanStart

pytestmark = pytest.mark.slow

CONFIG = replace(
    PLAIN,
    batch_size=2,
    path_weight=0.0,
    image_weight=0.0,
    feature_weight=1.0,
    feature_interval=2,
    feature_channel_base=128,
)
BOTH = replace(CONFIG, image_weight=0.5)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Six steps in one go, with both adversaries."""
    folder = tmp_path_factory.mktemp("features") / "whole"
    return folder, train_to(folder, 6, BOTH)


def test_both_discriminators_and_the_generator_learn(uninterrupted):
    folder, work = uninterrupted
    before, after = weights(new_work(BOTH)), weights(work)
    names = [f"heads.{name}" for name, _ in work.heads.named_parameters()]
    names += [f"d.{name}" for name, _ in work.discriminator.named_parameters()]
    names += [f"g.{name}" for name, _ in work.g.named_parameters()]
    assert [name for name in names if torch.equal(before[name], after[name])] == []
    assert torch.equal(before["heads.projection.across0"], after["heads.projection.across0"])
    assert {"d_loss", "g_loss", "features_d_loss", "features_g_loss", "features_r1"} <= set(stats(folder)[0])


def test_features_can_teach_alone():
    work = new_work(CONFIG)
    assert work.discriminator is None and work.heads is not None
    before = weights(work)
    work.step(0)
    assert not torch.equal(weights(work)["g.synthesis.const"], before["g.synthesis.const"])


def test_the_teacher_stays_as_it_came():
    work = new_work(CONFIG)
    teacher = work.adversaries["features"].teacher
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    work.step(0)
    assert all(torch.equal(value, before[name]) for name, value in teacher.state_dict().items())


@pytest.mark.parametrize("steps", [3, 4])  # in the midst of a regularisation interval, and at its end
def test_a_resumed_run_is_bit_exact(uninterrupted, tmp_path, steps):
    train_to(tmp_path, steps, BOTH)
    assert_same(train_to(tmp_path, 6, BOTH), uninterrupted[1])


KILLED = """
import sys
from pathlib import Path
from training.gan_runs import new_work
from training.test_gan_on_features import BOTH
from editgan.core.runs import RunFolder
from editgan.training.loop import Schedule, train
run = RunFolder(Path({folder!r}), BOTH)
for status in train(new_work(BOTH), run, Schedule(total_images=12, log_images=2, save_minutes=0)):
    print(status.images, flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_stopped_run_goes_on_as_if_nothing_had_happened(uninterrupted, tmp_path, how):
    status = stopped(KILLED.format(folder=str(tmp_path)), 6, how)
    assert status == (-signal.SIGKILL if how == signal.SIGKILL else 0)  # asked, it ends in order
    state = RunFolder(tmp_path, BOTH).load()
    assert state is not None and 4 <= state["images"] < 12
    assert_same(train_to(tmp_path, 6, BOTH), uninterrupted[1])


def test_training_can_start_from_trained_heads(uninterrupted):
    _, trained = uninterrupted
    work = new_work(CONFIG, start=GanStart(heads=trained.heads))
    assert work.heads is trained.heads


def test_only_the_heads_learn_during_the_warm_up():
    work = new_work(replace(CONFIG, warm_up_kimg=0.002))
    before = weights(work)
    assert "features_g_loss" not in work.step(0)
    after = weights(work)
    assert torch.equal(before["g.synthesis.const"], after["g.synthesis.const"])
    assert not torch.equal(before["heads.heads.0.out.weight"], after["heads.heads.0.out.weight"])
    assert "features_g_loss" in work.step(2)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"feature_weight": 0.0}, "image_weight or feature_weight over 0"),
        ({"feature_weight": -1.0}, "neither below"),
        ({"feature_side": 64}, "power of two from 128 px on, got 64"),
        ({"feature_side": 192}, "power of two from 128 px on, got 192"),
    ],
)
def test_a_game_that_cannot_be_played_is_refused(change, says):
    with pytest.raises(InputError, match=says):
        replace(CONFIG, **change)
