import json
from dataclasses import dataclass

import pytest

from editgan.core.config import from_json, to_json
from editgan.core.errors import InputError
from editgan.models.generator import GeneratorConfig
from editgan.training.gan.train import GanTraining


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
