"""The pickle opcodes that work on the stack, as records of what they would do.

Wrong operands raise what Python raises (TypeError, IndexError, ...); `machine` makes a sentence of it.
"""

from collections.abc import Callable, Collection
from typing import Any

from editgan.checkpoints.reading.graph import ATOMS, Call, Name, Node, Persistent
from editgan.checkpoints.reading.stream import LINE_OF_A_NUMBER, Stream
from editgan.core.errors import CheckpointError

NEWEST_PROTOCOL = 5
LONGEST_NAME = 1000  # characters
LARGEST_KEY = 2**61 - 1  # integers below hash to themselves, so nobody can make many of them collide


class Workings:
    """A pickle machine's stack and memo."""

    def __init__(self, stream: Stream, allowed: Collection[Name]) -> None:
        self.stream = stream
        self.allowed = allowed
        self.stack: list[Node] = []
        self.below: list[list[Node]] = []  # stacks that a MARK put aside
        self.memo: dict[int, Node] = {}
        self.persistent: list[Persistent] = []

    def push(self, value: Node) -> None:
        """On top of the present stack: not on the one there was before the value was made."""
        self.stack.append(value)

    def pop_mark(self) -> list[Node]:
        """All since the last MARK."""
        since, self.stack = self.stack, self.below.pop()
        return since

    def pop(self, count: int) -> list[Node]:
        """The topmost values, in the order in which they came."""
        return [self.stack.pop() for _ in range(count)][::-1]

    def replace(self, count: int, make: Callable[..., Node]) -> None:
        """The topmost values give way to what is made of them."""
        self.push(make(*self.pop(count)))

    def name(self, module: Any, name: Any) -> Name:
        """A name, if it is one of those allowed."""
        found = Name(_checked(module, str), _checked(name, str))
        if found not in self.allowed:
            raise CheckpointError(
                f"names {found}; a checkpoint of weights has no use for that, so it was not read"
            )
        return found


def checked_key(key: Node) -> Node:
    """A dict key or member of a set, if it hashes in an instant and without collisions."""
    if type(key) not in ATOMS or (type(key) is int and abs(key) >= LARGEST_KEY):
        raise CheckpointError(
            "has a key that is neither a short text nor a number; no checkpoint has one, so it was not read"
        )
    return key


def _checked(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise TypeError(f"a {kind.__name__} was expected")
    return value


# Containers


def _set_items(workings: Workings, flat: list[Node]) -> None:
    """Keys and values in turn, into the dict or call on top."""
    target = workings.stack[-1]
    if type(target) is Call:
        target.pairs = target.pairs or {}
        target = target.pairs
    pairs = _checked(target, dict)
    for key, value in zip(flat[::2], flat[1::2], strict=True):
        pairs[checked_key(key)] = value


def _dict(workings: Workings) -> None:
    flat = workings.pop_mark()
    workings.push({})
    _set_items(workings, flat)


def _extend(workings: Workings, values: list[Node]) -> None:
    _checked(workings.stack[-1], list).extend(values)


def _add_items(workings: Workings, values: list[Node]) -> None:
    _checked(workings.stack[-1], set).update(map(checked_key, values))


# Names and calls


def _two_lines(workings: Workings) -> tuple[str, str]:
    module, name = workings.stream.line(LONGEST_NAME), workings.stream.line(LONGEST_NAME)
    return module.decode(), name.decode()


def _call(function: Node, args: Node) -> Call:
    return Call(_checked(function, Name), _checked(args, tuple))


def _call_with_names(function: Node, args: Node, named: Node) -> Call:
    if named != {}:
        raise ValueError("arguments by name")
    return _call(function, args)


def _object(workings: Workings) -> None:
    function, *args = workings.pop_mark()
    workings.push(_call(function, tuple(args)))


def _instance(workings: Workings) -> None:
    function = workings.name(*_two_lines(workings))
    workings.push(_call(function, tuple(workings.pop_mark())))


def _build(workings: Workings) -> None:
    state = workings.stack.pop()
    call = _checked(workings.stack[-1], Call)
    if call.state is not None:
        raise ValueError("a second state")
    call.state = state


def _persistent(workings: Workings) -> None:
    workings.replace(1, Persistent)
    workings.persistent.append(workings.stack[-1])


def _outside(workings: Workings) -> None:
    raise CheckpointError("points to data outside itself, which no checkpoint does; it was not read")


# Protocol and memo


def _protocol(workings: Workings) -> None:
    if (protocol := workings.stream.number(1)) > NEWEST_PROTOCOL:
        raise ValueError(f"protocol {protocol}")


def _frame(workings: Workings) -> None:
    stream = workings.stream
    length, start = stream.number(8), stream.position
    stream.take(length)  # frames only help those who read ahead; but one beyond the end tells of a cut
    stream.position = start


def _put(workings: Workings, index: int) -> None:
    workings.memo[index] = workings.stack[-1]


def _number_line(workings: Workings) -> int:
    return int(workings.stream.line(LINE_OF_A_NUMBER))


STACK_OPCODES: dict[int, Callable[[Workings], Any]] = {
    opcode[0]: work
    for opcode, work in {
        b"\x80": _protocol,
        b"\x95": _frame,
        # stack
        b"0": lambda workings: workings.stack.pop() if workings.stack else workings.pop_mark(),
        b"1": Workings.pop_mark,
        b"2": lambda workings: workings.push(workings.stack[-1]),
        # containers
        b")": lambda workings: workings.push(()),
        b"\x85": lambda workings: workings.replace(1, lambda *values: values),
        b"\x86": lambda workings: workings.replace(2, lambda *values: values),
        b"\x87": lambda workings: workings.replace(3, lambda *values: values),
        b"t": lambda workings: workings.push(tuple(workings.pop_mark())),
        b"]": lambda workings: workings.push([]),
        b"l": lambda workings: workings.push(workings.pop_mark()),
        b"a": lambda workings: _extend(workings, [workings.stack.pop()]),
        b"e": lambda workings: _extend(workings, workings.pop_mark()),
        b"}": lambda workings: workings.push({}),
        b"d": _dict,
        b"s": lambda workings: _set_items(workings, workings.pop(2)),
        b"u": lambda workings: _set_items(workings, workings.pop_mark()),
        b"\x8f": lambda workings: workings.push(set()),
        b"\x90": lambda workings: _add_items(workings, workings.pop_mark()),
        b"\x91": lambda workings: workings.push(frozenset(map(checked_key, workings.pop_mark()))),
        # memo
        b"p": lambda workings: _put(workings, _number_line(workings)),
        b"q": lambda workings: _put(workings, workings.stream.number(1)),
        b"r": lambda workings: _put(workings, workings.stream.number(4)),
        b"\x94": lambda workings: _put(workings, len(workings.memo)),
        b"g": lambda workings: workings.push(workings.memo[_number_line(workings)]),
        b"h": lambda workings: workings.push(workings.memo[workings.stream.number(1)]),
        b"j": lambda workings: workings.push(workings.memo[workings.stream.number(4)]),
        # names and calls
        b"c": lambda workings: workings.push(workings.name(*_two_lines(workings))),
        b"\x93": lambda workings: workings.replace(2, workings.name),
        b"R": lambda workings: workings.replace(2, _call),
        b"\x81": lambda workings: workings.replace(2, _call),
        b"\x92": lambda workings: workings.replace(3, _call_with_names),
        b"o": _object,
        b"i": _instance,
        b"b": _build,
        b"Q": _persistent,
        # extension registry, buffers sent beside the pickle, and names of persistent objects as text
        **dict.fromkeys((b"\x82", b"\x83", b"\x84", b"\x97", b"\x98", b"P"), _outside),
    }.items()
}
