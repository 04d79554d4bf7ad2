import pytest
import torch
from torch import Tensor

from benchmarks.speed_operations import BARE, SpeedSettings, choose_operations, edit_step, oracle
from editgan.bundle.bundle import ModelBundle
from editgan.core.descent import Step
from editgan.core.errors import InputError
from editgan.evaluation.speed_operations import FORWARD, PARTS, Scene, square_region

USUAL = SpeedSettings(regions=(0.06, 0.4))


def test_oracles_do_the_same_as_ours(bundle: ModelBundle) -> None:
    operations, _ = choose_operations(bundle, USUAL)
    results = {op.name: op.prepare(Scene(bundle))() for op in operations}
    assert torch.equal(results[oracle(PARTS)], results[PARTS])
    for share in USUAL.regions:
        assert results[oracle(edit_step(share))] == pytest.approx(results[edit_step(share)], rel=1e-4)
    assert results[edit_step(0.06)] != pytest.approx(results[edit_step(0.4)], rel=1e-4)


def test_every_repeat_is_the_same_work(bundle: ModelBundle) -> None:
    operations, _ = choose_operations(bundle, USUAL)
    scene = Scene(bundle)
    for operation in operations:
        run = operation.prepare(scene)
        first, second = run(), run()
        if isinstance(first, Step):
            assert isinstance(second, Step) and second.index == first.index + 1
            assert first.terms == pytest.approx(second.terms, rel=1e-4), operation.name
        elif isinstance(first, Tensor | list):
            torch.testing.assert_close(first, second, rtol=1e-6, atol=1e-6)


def test_backward_passes_reach_what_they_are_named_after(bundle: ModelBundle) -> None:
    operations, _ = choose_operations(bundle, SpeedSettings(only="+ backward"))
    results = {op.name: op.prepare(Scene(bundle))() for op in operations}
    w_plus, image = results["generator forward + backward"], results["perceptual forward + backward"]
    assert isinstance(w_plus, Tensor) and w_plus.shape == (1, bundle.generator.config.num_ws, 16)
    assert isinstance(image, Tensor) and image.shape == (1, 3, 32, 32)
    assert w_plus.abs().sum() > 0 and image.abs().sum() > 0


def test_one_operation_brings_along_what_it_is_compared_with(bundle: ModelBundle) -> None:
    operations, _ = choose_operations(bundle, SpeedSettings(only="Oracle: edit step, 6"))
    assert [op.name for op in operations] == [FORWARD, BARE, edit_step(0.06), oracle(edit_step(0.06))]
    with pytest.raises(
        InputError, match="no operation is called like 'sleep'; there are: generator forward;"
    ):
        choose_operations(bundle, SpeedSettings(only="sleep"))


def test_batches_are_compared_with_one_picture(bundle: ModelBundle) -> None:
    settings = SpeedSettings(regions=(0.5,), batches=(2, 1), only="batch 2")
    operations = {op.name: op for op in choose_operations(bundle, settings)[0]}
    step = operations["edit step, 6 %, batch 2"]
    assert step.pictures == 2 and operations[step.against].pictures == 1
    parts = operations["image and parts, batch 2"].prepare(Scene(bundle))()
    assert isinstance(parts, Tensor) and parts.shape == (2, 32, 32)


def test_the_oracle_is_left_out_where_it_may_not_fit_and_that_is_said(bundle: ModelBundle) -> None:
    operations, notes = choose_operations(bundle, SpeedSettings(oracle_max_px=16))
    assert not any(op.oracle_of for op in operations)
    assert len(notes) == 1 and "left out above 16 px" in notes[0] and "GB" in notes[0]
    assert choose_operations(bundle, SpeedSettings(oracle=False))[1] == []


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"regions": (0.0,)}, "regions are shares"),
        ({"regions": (1.5,)}, "regions are shares"),
        ({"batches": (0,)}, "batches are numbers"),
        ({"repeats": 0}, "repeats >= 1"),
        ({"seconds": 0.0}, "seconds > 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        SpeedSettings(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [0.0001, 0.01, 0.06, 0.3, 1.0])
def test_a_region_has_the_share_asked_for(share: float) -> None:
    region = square_region(64, share)
    assert region.sum() >= 1 and region.float().mean().item() == pytest.approx(share, abs=0.015)
