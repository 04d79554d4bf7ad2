import pytest
import torch

from benchmarks.ceilings import Ceilings
from benchmarks.random_bundle import RandomBundle, random_bundle
from benchmarks.speed_operations import BARE, Operation, SpeedSettings, edit_step, oracle
from benchmarks.speed_rows import as_rows, measure_speed
from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import InputError
from editgan.evaluation.speed_operations import FORWARD, PARTS

ONE_GIGAFLOPS = Ceilings(float32_gflops=1.0, tf32_gflops=None, bfloat16_gflops=None, copy_gb_per_s=1.0)


def test_everything_is_measured_and_compared_in_one_run(bundle: ModelBundle) -> None:
    told: list[str] = []
    settings = SpeedSettings(regions=(0.06, 0.5), batches=(1, 2), repeats=2)
    measured = measure_speed(bundle, settings, ceilings=ONE_GIGAFLOPS, tell=told.append)
    names = [row.name for row in measured.rows]
    for name in (FORWARD, BARE, PARTS, edit_step(0.06), edit_step(0.5), "embedding step"):
        assert name in names
    for name in (PARTS, edit_step(0.06), edit_step(0.5)):
        row = measured.row(oracle(name))
        assert row is not None and row.oracle_of == name
    assert measured.row("edit step, 6 %, batch 2") is not None
    by_name = {row.name: row for row in measured.rows}
    for row in measured.rows:
        assert 0 < row.fastest <= row.milliseconds < 10_000 and row.repeats == 2
        assert row.ratio == pytest.approx(row.milliseconds / by_name[row.against].milliseconds)
        assert row.gflop is not None and row.ceiling_share == pytest.approx(
            row.gflop * 1000 / row.milliseconds
        )
    assert by_name["generator forward + backward"].gflop > 1.5 * by_name[FORWARD].gflop
    assert by_name[oracle(PARTS)].gflop > by_name[PARTS].gflop
    assert by_name["generator forward, batch 2"].gflop == pytest.approx(by_name[FORWARD].gflop, rel=0.1)
    assert (measured.bundle, measured.resolution, measured.notes) == ("tiny-32", 32, [])
    assert any("round 2 of 2" in text for text in told)


def test_measuring_leaves_the_bundle_alone(bundle: ModelBundle) -> None:
    before = bundle.generator.synthesis.const.clone()
    measure_speed(bundle, SpeedSettings(regions=(0.1,), repeats=1))
    assert all(p.grad is None for n in bundle.networks.values() for p in n.parameters())
    assert torch.equal(before, bundle.generator.synthesis.const)


def test_rows_are_medians_per_picture() -> None:
    operations = [
        Operation("one", "one", lambda _: lambda: None),
        Operation("four", "one", lambda _: lambda: None, pictures=4),
    ]
    seconds = {"one": [0.3, 0.1, 0.2], "four": [0.4, 0.4, 9.0]}
    one, four = as_rows(operations, seconds, {"one": 0.05, "four": None}, ONE_GIGAFLOPS)
    assert (one.milliseconds, one.fastest, one.ratio) == pytest.approx((200, 100, 1))
    assert (four.milliseconds, four.fastest, four.ratio) == pytest.approx((100, 100, 0.5))
    assert one.ceiling_share == pytest.approx(0.25) and four.gflop is four.ceiling_share is None


@pytest.mark.parametrize(("resolution", "asked", "side"), [(32, None, 32), (1024, None, 512), (64, 24, 24)])
def test_random_bundles_have_label_maps_of_the_pictures_size_but_512_px_unless_asked(
    resolution: int, asked: int | None, side: int
) -> None:
    assert RandomBundle(resolution=resolution, label_side=asked).branch_config.resolution == side
    with pytest.raises(InputError, match="label maps have"):
        RandomBundle(resolution=resolution, label_side=2 * resolution)


def test_random_bundles_have_the_shape_asked_for_and_always_the_same_weights() -> None:
    before = torch.get_rng_state()
    shape = RandomBundle(resolution=32, classes=3, channel_base=256, channel_max=16, hidden=(8, 4))
    small, again = (random_bundle(shape) for _ in range(2))
    assert torch.equal(before, torch.get_rng_state())
    assert small.branch is not None and small.discriminator is not None
    assert small.branch.config.classes == 3 and small.branch.config.hidden == (8, 4)
    assert small.generator.config.channels(32) == 8 and small.generator.config.channels(4) == 16
    assert small.fingerprint == again.fingerprint
    assert not any(p.requires_grad for n in small.networks.values() for p in n.parameters())
