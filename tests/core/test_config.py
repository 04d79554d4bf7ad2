import json
from dataclasses import dataclass

import pytest

from editgan.core.config import changed, from_json, to_json
from editgan.core.errors import InputError
from editgan.models.generator import GeneratorConfig
from editgan.recipes import RECIPES
from editgan.training.branch import BranchTraining
from editgan.training.gan.config import GanTraining


@dataclass(frozen=True, kw_only=True)
class Inner:
    size: int


@dataclass(frozen=True, kw_only=True)
class Outer:
    inner: Inner
    perhaps: Inner | None = None
    numbers: tuple[int, ...] = ()


@pytest.mark.parametrize(
    "config",
    [
        Outer(inner=Inner(size=1)),
        Outer(inner=Inner(size=1), perhaps=Inner(size=2), numbers=(3, 4)),
        GanTraining(generator=GeneratorConfig(resolution=64), total_kimg=1.5, augment_target=None),
    ],
)
def test_a_config_comes_back_from_json_as_it_was(config):
    assert from_json(type(config), json.loads(json.dumps(to_json(config)))) == config


@pytest.mark.parametrize(
    "values, message",
    [
        ({"inner": {"size": 1}, "colour": 2}, "Outer has no .'colour'."),
        ({"inner": {"size": 1, "depth": 2}}, "Inner has no .'depth'."),
        ({"numbers": []}, "Outer needs .'inner'."),
        ({"inner": 7}, "Inner should be a JSON object, got 7"),
        ([], "Outer should be a JSON object"),
    ],
)
def test_keys_it_does_not_know_or_lacks_are_refused_by_name(values, message):
    with pytest.raises(InputError, match=message):
        from_json(Outer, values)


def test_a_value_of_the_wrong_kind_is_refused():
    with pytest.raises(InputError, match="GeneratorConfig has a value of the wrong kind"):
        from_json(GeneratorConfig, {"resolution": "large"})


GAN = GanTraining(generator=GeneratorConfig(resolution=64), total_kimg=1.5)


def test_fields_are_changed_by_name_with_dots_into_nested_ones():
    settings = [
        "lr=.003",
        "generator.channel_base = 2048",
        "augment_target=none",
        "mirror=false",
        "r1_gamma=1",
    ]
    expected = GanTraining(
        generator=GeneratorConfig(resolution=64, channel_base=2048),
        total_kimg=1.5,
        lr=0.003,
        augment_target=None,
        mirror=False,
        r1_gamma=1,
    )
    assert changed(GAN, settings) == expected
    assert changed(BranchTraining(), ["hidden=32,16"]) == changed(BranchTraining(), ["hidden=[32, 16]"])
    assert changed(BranchTraining(), ["hidden=32,16"]).hidden == (32, 16)


@pytest.mark.parametrize("config", [recipe().gan for recipe in RECIPES.values()] + [BranchTraining()])
def test_no_settings_change_nothing(config):
    assert changed(config, []) == config


@pytest.mark.parametrize(
    "setting, message",
    [
        ("speed=1", r"GanTraining has no 'speed'; there are generator.resolution \(int\), .*seed \(int\)"),
        ("generator=1", "has no 'generator'; there are generator.resolution"),
        ("lr", "NAME=VALUE, got 'lr'"),
        ("lr=fast", "lr should be float, got 'fast'"),
        ("lr=nan", "lr should be float"),
        ("lr=true", "lr should be float"),
        ("lr=", "lr should be float, got ''"),
        ("seed=1.5", "seed should be int"),
        ("mirror=1", "mirror should be bool"),
        ("augment_target=much", "augment_target should be float | None"),
        ("generator.resolution=33", "power of two"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_in_a_sentence(setting, message):
    with pytest.raises(InputError, match=message):
        changed(GAN, [setting])
