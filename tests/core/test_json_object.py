"""Whatever is read is written back, to the byte."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editgan.core.errors import InputError
from editgan.core.json_object import JsonObject


@dataclass(frozen=True, kw_only=True)
class Inner(JsonObject):
    count: int | None = None
    class_: float | str | None = None


@dataclass(frozen=True, kw_only=True)
class Outer(JsonObject):
    inner: Inner = Inner()
    name: Literal["a", "b"] | None = None
    shares: Mapping[str, float] | None = None
    weak: tuple[str, ...] | None = None


KEYS = st.sampled_from(["inner", "name", "shares", "weak", "count", "class", "class_", "others", "order"])
SIMPLE = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["a", ""])
JSON = st.recursive(SIMPLE, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=12)


@given(st.dictionaries(KEYS, JSON))
def test_what_is_read_is_written_back_with_its_order(values: dict[str, Any]) -> None:
    assert json.dumps(Outer.from_json(values).to_json()) == json.dumps(values)


def test_known_keys_are_fields_and_others_are_kept() -> None:
    values = {
        "mood": 1,
        "inner": {"class": 2, "count": "many"},
        "weak": ["x"],
        "name": "c",
        "shares": {"p": 1},
    }
    read = Outer.from_json(values)
    assert read.inner.class_ == 2 and read.inner.count is None and read.inner.others == {"count": "many"}
    assert read.weak == ("x",) and read.name is None and read.shares == {"p": 1}
    assert read.others == {"mood": 1, "name": "c"}


def test_a_new_value_takes_the_place_of_the_old_one_and_what_is_emptied_goes() -> None:
    read = Outer.from_json({"name": "c", "mood": 1, "inner": {"count": 1}})
    better = replace(read, name="a", inner=Inner(), weak=("x",))
    assert list(better.to_json().items()) == [("name", "a"), ("mood", 1), ("weak", ["x"])]


@pytest.mark.parametrize("values", [None, [], "text", 3])
def test_what_is_no_object_is_refused(values: Any) -> None:
    with pytest.raises(InputError, match="Outer should be a JSON object"):
        Outer.from_json(values)
