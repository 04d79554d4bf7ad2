import json

import pytest
import torch

from editgan.core.errors import InputError
from editgan.core.runs import RunFolder
from editgan.models.generator import GeneratorConfig

CONFIG = GeneratorConfig(resolution=32)


def test_a_fresh_run_has_no_checkpoint(tmp_path):
    assert RunFolder(tmp_path / "run", CONFIG).load() is None


def test_opening_a_run_again_finds_what_was_saved(tmp_path):
    RunFolder(tmp_path, CONFIG).save({"weights": torch.arange(3), "images": 7})
    state = RunFolder(tmp_path, CONFIG).load()
    assert state is not None
    assert state["images"] == 7
    assert torch.equal(state["weights"], torch.arange(3))


def test_a_run_with_other_settings_is_refused_and_says_which(tmp_path):
    RunFolder(tmp_path, CONFIG)
    with pytest.raises(InputError, match="resolution is 32, asked for 64"):
        RunFolder(tmp_path, GeneratorConfig(resolution=64))
    RunFolder(tmp_path, CONFIG)  # the refusal changed nothing


def test_a_failure_while_saving_keeps_the_checkpoint_before(tmp_path):
    run = RunFolder(tmp_path, CONFIG)
    run.save({"images": 1})
    with pytest.raises((AttributeError, TypeError)):
        run.save({"images": 2, "unpicklable": (i for i in [])})
    assert run.load() == {"images": 1}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint.pt", "config.json"]


def test_what_a_killed_save_left_behind_is_swept_away_by_the_next(tmp_path):
    run = RunFolder(tmp_path, CONFIG)
    (tmp_path / ".checkpoint-abc123.pt").write_bytes(b"half a check")
    run.save({"images": 1})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint.pt", "config.json"]


@pytest.mark.parametrize("content", [b"", b"hello world", bytes(range(256)), "half"])
def test_a_damaged_checkpoint_is_named(tmp_path, content):
    run = RunFolder(tmp_path, CONFIG)
    run.save({"weights": torch.zeros(1000)})
    whole = run.checkpoint.read_bytes()
    run.checkpoint.write_bytes(whole[: len(whole) // 2] if content == "half" else content)
    with pytest.raises(InputError, match=r"checkpoint\.pt is damaged; delete it"):
        run.load()


def test_rewinding_drops_the_rows_after_the_checkpoint_and_a_torn_one(tmp_path):
    run = RunFolder(tmp_path, CONFIG)
    for images in (10, 20, 30):
        run.log({"images": images, "loss": 0.5})
    with run.stats.open("a") as file:
        file.write('{"images": 4')
    run.rewind(20)
    run.log({"images": 30, "loss": 0.25})
    rows = [json.loads(line) for line in run.stats.read_text().splitlines()]
    assert [(row["images"], row["loss"]) for row in rows] == [(10, 0.5), (20, 0.5), (30, 0.25)]


def test_a_run_made_for_another_network_is_refused(tmp_path):
    for _ in range(2):
        RunFolder(tmp_path, CONFIG, made_for="one")
    with pytest.raises(InputError, match="made_for is one, asked for another"):
        RunFolder(tmp_path, CONFIG, made_for="another")
