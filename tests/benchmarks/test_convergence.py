import pytest
import torch

from benchmarks import convergence
from benchmarks.convergence import Task, make_tasks, measure_convergence
from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import LabelError
from editgan.editing.vector import EditVector
from editgan.editor import Editor


@pytest.fixture(scope="module")
def tasks(bundle: ModelBundle) -> list[Task]:
    return make_tasks(bundle, latents(bundle, 4), vectors(bundle), 3)


def latents(bundle: ModelBundle, count: int) -> torch.Tensor:
    editor = Editor(bundle)
    return torch.cat([editor.sample(seed).w_plus for seed in range(count)])


def vectors(bundle: ModelBundle) -> list[EditVector]:
    config = bundle.generator.config
    return [
        EditVector(
            name=name,
            delta=torch.zeros(config.num_ws, config.w_dim),
            classes=("eye",),
            bundle=bundle.name,
            fingerprint=bundle.fingerprint,
            learnt={"operations": operations},
        )
        for name, operations in (("larger", [["grow", "eye:1"]]), ("smaller", [["shrink", "eye:1"]]))
    ]


def test_label_maps_may_be_smaller_than_the_pictures(
    coarse_bundle: ModelBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convergence, "ADAM_STEPS", 2)
    tasks = make_tasks(coarse_bundle, latents(coarse_bundle, 4), vectors(coarse_bundle), 1)
    assert tasks[0].region.shape == (1, 1, 16, 16) and tasks[0].before.shape == (1, 3, 32, 32)
    assert measure_convergence(coarse_bundle, tasks)["edits"] == 1


def test_each_photo_gets_one_edit(bundle: ModelBundle, tasks: list[Task]) -> None:
    assert [task.name for task in tasks] == ["larger", "smaller", "larger"]
    assert all(task.region.any() and task.class_ids for task in tasks)
    with pytest.raises(LabelError, match="only 4 of 4 photos"):
        make_tasks(bundle, latents(bundle, 4), vectors(bundle), 5)


def test_both_walks_are_told_by_the_same_measures(
    bundle: ModelBundle, tasks: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convergence, "ADAM_STEPS", 60)
    told: list[str] = []
    figures = measure_convergence(bundle, tasks, told.append)
    assert told[0] == "1 of 3: larger" and figures["edits"] == 3
    adam, ours = figures["adam"], figures["ours"]
    assert adam["mean_steps"] == 60 and adam["reach_adams_loss"] == 3
    assert ours["reach_adams_loss"] >= 2 and ours["median_steps_to_adams_loss"] < 40
    assert ours["median_steps_to_adams_loss"] < adam["median_steps_to_adams_loss"]
    assert figures["times_faster_to_the_same_loss"] > 1
    for one in figures["by_edit"]:
        assert one["ours"]["loss"] < 1.2 * one["adam"]["loss"]
        assert one["ours"]["outside_psnr_db"] > one["adam"]["outside_psnr_db"] - 2
