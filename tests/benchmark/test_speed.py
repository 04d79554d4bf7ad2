import json

import pytest

from editgan.benchmark.speed import measure_speed, random_bundle
from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import BundleError


def test_measured_rows_are_medians_and_ratios_to_the_bare_pass(bundle: ModelBundle) -> None:
    rows, about = measure_speed(bundle, repeats=2, region_share=0.1)
    bare, step, forward, parts, preview, pasted = rows
    assert bare.name.startswith("bare") and bare.ratio == 1 == forward.ratio
    assert step.name == "edit step" and forward.name == "generator forward"
    assert all(0 < row.milliseconds < 10_000 for row in rows)
    assert step.ratio == pytest.approx(step.milliseconds / bare.milliseconds)
    for row in (parts, preview, pasted):
        assert row.against == forward.name
        assert row.ratio == pytest.approx(row.milliseconds / forward.milliseconds)
    assert json.loads(json.dumps(about))["rows"][1]["name"] == "edit step"
    assert about["bundle"] == "tiny-32" and about["resolution"] == 32 and about["threads"] >= 1


def test_measuring_leaves_the_bundle_alone(bundle: ModelBundle) -> None:
    measure_speed(bundle, repeats=1)
    assert all(p.grad is None for n in bundle.networks.values() for p in n.parameters())


def test_a_bundle_without_a_branch_cannot_be_measured(bundle: ModelBundle) -> None:
    with pytest.raises(BundleError, match="no branch yet"):
        measure_speed(ModelBundle("young", "face", bundle.generator, bundle.discriminator))


def test_a_random_bundle_has_the_recipes_shape() -> None:
    random = random_bundle(32, classes=3)
    assert random.resolution == 32 and random.branch is not None and random.branch.config.classes == 3
    assert random.generator.config.channels(32) == 256
