"""JSON and TOML of anybody: the values, or one sentence, at little cost."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from editgan.core import files
from editgan.core.errors import InputError
from editgan.core.files import parse_json, read_json, read_toml

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=8,
)


@given(VALUES, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]), st.booleans())
@settings(derandomize=True, max_examples=30, deadline=None)
def test_what_was_written_comes_back_in_any_encoding(values: object, encoding: str, plain: bool) -> None:
    assert parse_json(json.dumps(values, ensure_ascii=plain).encode(encoding)) == values


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"\xff\xfe")
@example(b"\xef\xbb\xbf")
@example(b'"\\udfff"')
@settings(derandomize=True, max_examples=40, deadline=None)
def test_any_bytes_are_values_or_one_sentence(data: bytes) -> None:
    try:
        parse_json(data)
    except InputError as error:
        assert str(error).isprintable()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 200_000 + "]" * 200_000, "nested deeper"),
        ("[" * 70 + "]" * 70, "nested deeper"),
        ('{"a":' * 70 + "1" + "}" * 70, "nested deeper"),
        ("[1e999]", "finite"),
        ("[NaN]", "finite"),
        ('{"a": {"b": -Infinity}}', "finite"),
        ("[1" + "0" * 400 + "]", "64 bits"),
        (str(1 << 63), "64 bits"),
        ("9" * 5_000, "digits"),
        ('"\\ud800"', "surrogates"),
        ('{"\\ud800": 1}', "surrogates"),
    ],
)
def test_what_nobody_can_use_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InputError, match=reason) as raised:
        read_json(tmp_path / "x.json")
    assert "x.json should be a JSON file" in str(raised.value) and len(str(raised.value)) < 400


def test_a_file_has_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.json"
    path.write_text("[[],[],[],[]]")
    assert read_json(path) == [[], [], [], []]
    monkeypatch.setattr(files, "MAX_VALUES", 7)
    with pytest.raises(InputError, match="more than 7 values"):
        read_json(path)
    monkeypatch.setattr(files, "MAX_BYTES", 12)
    with pytest.raises(InputError, match="over 0 MB"):
        read_json(path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = inf", "finite"),
        ("a = " + "[" * 20_000 + "]" * 20_000, "should be a plan"),
        ("a = 1" + "0" * 400, "64 bits"),
        ("a =", "should be a plan"),
        ("a = " + "9" * 5_000, "should be a plan"),
    ],
)
def test_toml_has_the_same_bounds(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(InputError, match=reason):
        read_toml(tmp_path / "x.toml", "a plan in TOML")


def test_toml_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes("a = 1\n".encode("utf-8-sig"))
    assert read_toml(tmp_path / "x.toml") == {"a": 1}
