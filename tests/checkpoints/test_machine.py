"""The pickle machine writes down what a pickle says, in all its dialects, and runs nothing."""

import pickle
import pickletools
from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from editgan.checkpoints.reading.builders import ALLOWED
from editgan.checkpoints.reading.graph import Call, LongText, Name, Persistent
from editgan.checkpoints.reading.limits import Budget, Limits
from editgan.checkpoints.reading.machine import read_pickle
from editgan.checkpoints.reading.opcodes import STACK_OPCODES
from editgan.checkpoints.reading.stream import ATOM_OPCODES, LONG_BYTES, LONG_TEXT, Stream
from editgan.checkpoints.reading.walk import Values
from editgan.core.errors import CheckpointError

ORDERED = Name("collections", "OrderedDict")
atoms = (
    st.none()
    | st.booleans()
    | st.integers(-(2**1000), 2**1000)
    | st.floats(allow_nan=False)
    | st.text(max_size=300)
    | st.binary(max_size=300)
)
# Not bytes: before protocol 3 they are calls, and a call is no key
keys = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    atoms | st.sets(keys, max_size=5) | st.frozensets(keys, max_size=5),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(keys, inner, max_size=5)
        | st.dictionaries(keys, inner, max_size=5).map(OrderedDict)
    ),
    max_leaves=20,
)


def graph(data: bytes, **limits: int) -> Any:
    return read_pickle(Stream(memoryview(data), Budget(Limits(**limits), len(data))), ALLOWED).root


def value(data: bytes) -> Any:
    budget = Budget(Limits(), len(data))
    return Values(lambda key: None, budget).of(read_pickle(Stream(memoryview(data), budget), ALLOWED).root)


def refused(data: bytes, **limits: int) -> str:
    with pytest.raises(CheckpointError) as caught:
        graph(data, **limits)
    return str(caught.value)


@settings(max_examples=40, deadline=None)
@given(values, st.integers(0, 5))
def test_what_pickle_writes_is_read_as_it_was(written: Any, protocol: int) -> None:
    made = value(pickle.dumps(written, protocol))
    assert made == written
    # Equality does not tell 1 from True or from 1.0; representations do, but not those of sets
    assert type(made) is type(written) or isinstance(written, OrderedDict | frozenset)


@settings(max_examples=40, deadline=None)
@given(st.lists(atoms | st.lists(atoms)), st.integers(0, 5))
def test_the_types_of_numbers_and_texts_are_kept(written: Any, protocol: int) -> None:
    assert repr(value(pickle.dumps(written, protocol))) == repr(written)


def test_every_opcode_that_pickle_knows_is_known() -> None:
    known = set(STACK_OPCODES) | set(ATOM_OPCODES) | {ord("("), ord(".")}
    assert known == {ord(opcode.code) for opcode in pickletools.opcodes}


@pytest.mark.parametrize("protocol", range(6))
def test_a_value_mentioned_twice_is_read_once(protocol: int) -> None:
    shared = ["shared"]
    made = value(pickle.dumps([shared, {"again": shared}], protocol))
    assert made[0] is made[1]["again"]


@pytest.mark.parametrize(
    ("data", "meant"),
    [
        (b"I01\n.", True),
        (b"I00\n.", False),
        (b"I-7\n.", -7),
        (b"L12345678901234567890L\n.", 12345678901234567890),
        (b"F1.5e3\n.", 1500.0),
        (b"S'it\\'s \\x00\\n\\\\'\n.", "it's \x00\n\\"),
        (b'S"\\xff"\n.', "\xff"),
        (b"T\x03\0\0\0a\xffb.", "a\xffb"),
        (b"U\x02\xe9b.", "\xe9b"),
        (b"Vt\\u00e4\n.", "t\xe4"),
        (b"\x8e\x02\0\0\0\0\0\0\0ab.", b"ab"),
        (b"\x96\x02\0\0\0\0\0\0\0ab.", b"ab"),
        (b"\x8d\x02\0\0\0\0\0\0\0ab.", "ab"),
        (b"\x8b\x02\0\0\0\xff\xff.", -1),
        (b"(I1\nI2\nl.", [1, 2]),
        (b"(dp0\nS'a'\nI1\ns.", {"a": 1}),
        (b"(S'a'\nI1\nd.", {"a": 1}),
        (b"]q\x00K\x01aK\x02a.", [1, 2]),
        (b"K\x01K\x020.", 1),
        (b"K\x01(K\x02K\x031.", 1),
        (b"K\x012\x86.", (1, 1)),
        (b"]r\xff\xff\xff\xff0j\xff\xff\xff\xff.", []),
        (b"\x80\x04\x95\x02\0\0\0\0\0\0\0K\x05.", 5),
    ],
)
def test_the_dialects_of_old(data: bytes, meant: Any) -> None:
    made = value(data)
    assert made == meant
    assert type(made) is type(meant)


@pytest.mark.parametrize(
    "data",
    [
        b"ccollections\nOrderedDict\n)R.",
        b"ccollections\nOrderedDict\n)\x81.",
        b"ccollections\nOrderedDict\n)}\x92.",
        b"(ccollections\nOrderedDict\no.",
        b"(icollections\nOrderedDict\n.",
        b"\x8c\x0bcollections\x8c\x0bOrderedDict\x93)R.",
    ],
)
def test_calls_are_written_down(data: bytes) -> None:
    call = graph(data[:-1] + b"(K\x01K\x02u}K\x03K\x04sb.")
    assert isinstance(call, Call)
    assert (call.function, call.args, call.pairs, call.state) == (ORDERED, (), {1: 2}, {3: 4})


def test_what_is_persistent_is_only_noted() -> None:
    data = b"U\x03keyQU\x03twoQ\x86."
    pickle_read = read_pickle(Stream(memoryview(data), Budget(Limits(), len(data))), ALLOWED)
    assert [each.id for each in pickle_read.persistent] == ["key", "two"]
    assert all(isinstance(each, Persistent) for each in pickle_read.root)


def test_long_bytes_and_texts_stay_in_the_file() -> None:
    blob, text = b"b" * LONG_BYTES, "t" * LONG_TEXT
    found = graph(pickle.dumps([blob, text], 4))
    assert isinstance(found[0], memoryview)
    assert isinstance(found[1], LongText)
    assert value(pickle.dumps([blob, text], 4)) == [blob, text]


def test_the_stream_is_left_behind_the_pickle() -> None:
    data = pickle.dumps(1) + pickle.dumps("two", 0) + b"rest"
    stream = Stream(memoryview(data), Budget(Limits(), len(data)))
    assert [read_pickle(stream, ()).root for _ in range(2)] == [1, "two"]
    assert bytes(stream.take(4)) == b"rest"


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_that_is_cut_short_is_refused(protocol: int) -> None:
    data = pickle.dumps({"a": [1, 2.5, "text", (3, None, b"bytes")], "b": OrderedDict(c=2**70)}, protocol)
    for end in range(len(data)):
        assert refused(data[:end]).startswith(("ends in the middle", "is damaged"))


@pytest.mark.parametrize(
    "data",
    [
        b".",  # nothing to return
        b"0.",
        b"2.",
        b"\x85.",
        b"K\x01\x86.",
        b"t.",  # no mark
        b"K\x01a.",
        b"K\x01K\x02a.",  # a number is no list
        b"]K\x01K\x02s.",
        b"}(K\x01u.",  # a key without a value
        b"}(K\x01l\x90.",
        b"(K\x01.",  # a mark without an end
        b"h\x05.",  # nothing there
        b"g-1\n.",
        b"gx\n.",
        b"p0\n.",
        b"K\x01K\x02b.",  # only calls have a state
        b"ccollections\nOrderedDict\n}b.",
        b"ccollections\nOrderedDict\n)R}b}b.",  # and only one
        b"K\x01)R.",  # only names are called
        b"ccollections\nOrderedDict\n]R.",
        b"ccollections\nOrderedDict\n)}K\x01K\x02s\x92.",  # arguments by name
        b"K\x01K\x02\x93.",
        b"Ix\n.",
        b"Fx\n.",
        b"Sabc\n.",
        b"S'\n.",
        b"V\\u00\n.",
        b"X\x01\0\0\0\xff.",  # no UTF-8
        b"\x80\x06N.",  # a protocol to come
        b"\xff.",
        b"\0.",
        b"Z.",
    ],
)
def test_nonsense_is_damage(data: bytes) -> None:
    assert refused(data).startswith("is damaged")


@pytest.mark.parametrize(
    "data", [b"\x82\x01.", b"\x83\x01\0.", b"\x84\x01\0\0\0.", b"\x97.", b"N\x98.", b"Pid\n."]
)
def test_what_is_outside_the_file_is_refused(data: bytes) -> None:
    assert "outside itself" in refused(data)


@pytest.mark.parametrize(
    "key", [b"]", b"}", b")", b"(K\x01t", b"ccollections\nOrderedDict\n", b"\x8a\x08" + b"\x7f" * 8]
)
def test_keys_hash_in_an_instant_or_are_refused(key: bytes) -> None:
    for data in (
        b"}" + key + b"K\x01s.",
        b"\x8f(" + key + b"\x90.",
        b"(" + key + b"\x91.",
        b"(" + key + b"K\x01d.",
    ):
        assert "key" in refused(data)


def test_lengths_are_compared_with_the_file_first() -> None:
    huge = b"\xff" * 7 + b"\x7f"
    for opcode in (b"\x8d", b"\x8e", b"\x96", b"\x95"):
        assert "ends in the middle" in refused(opcode + huge + b"x.")
    for opcode in (b"T", b"X", b"B"):
        assert "ends in the middle" in refused(opcode + b"\xff\xff\xff\xff" + b"x.")
    assert "integer" in refused(b"\x8b\xff\xff\xff\x7f" + b"x" * 500 + b".")


def test_limits() -> None:
    assert "opcodes" in refused(b"(" + b"N" * 100 + b"t.", opcodes=50)
    assert "text bytes" in refused(b"X\x64\0\0\0" + b"x" * 100 + b".", text_bytes=50)


def test_names_are_shown_safely() -> None:
    told = refused(b"\x8c\x02os\x8c\x0csy\x1b[31m\nstem\x93.")
    assert told == "names os.sy?[31m?stem; a checkpoint of weights has no use for that, so it was not read"
    assert len(refused(b"\x8c\x02os\x8d" + (5000).to_bytes(8, "little") + b"x" * 5000 + b"\x93.")) < 200
