"""A pickle machine that runs nothing: it writes down what unpickling would have called.

`pickle` calls what a file names, and even a checked `find_class` leaves BUILD, which sets attributes on what
it finds. Here a name is only a `Name` and a call only a `Call`, so nothing has to be trusted. What they mean
is decided later, in `builders`, from a fixed table.
"""

from collections.abc import Collection
from dataclasses import dataclass

from editgan.checkpoints.reading.graph import Name, Node, Persistent
from editgan.checkpoints.reading.opcodes import STACK_OPCODES, Workings
from editgan.checkpoints.reading.stream import ATOM_OPCODES, Stream
from editgan.core.errors import CheckpointError

_MARK, _STOP = b"("[0], b"."[0]


@dataclass(frozen=True, slots=True)
class Pickle:
    """What one pickle says."""

    root: Node
    persistent: list[Persistent]  # in the order in which they are mentioned


def read_pickle(stream: Stream, allowed: Collection[Name]) -> Pickle:
    """The pickle at the stream's position; the stream is left standing behind it.

    Raises CheckpointError where it is damaged, too large or names what is not `allowed`.
    """
    workings = Workings(stream, allowed)
    try:
        return Pickle(_run(workings), workings.persistent)
    except CheckpointError:
        raise
    except (IndexError, KeyError, OverflowError, TypeError, ValueError):
        at = stream.position
        raise CheckpointError(f"is damaged: its pickle makes no sense at byte {at}; get it again") from None


def _run(workings: Workings) -> Node:
    stream = workings.stream
    data, budget = stream.data, stream.budget
    while True:
        budget.left["opcodes"] -= 1  # `spend` for the rare case: this is the one loop that has to be fast
        if budget.left["opcodes"] < 0:
            budget.spend("opcodes", 0)
        opcode = data[stream.position] if stream.position < len(data) else stream.number(1)
        stream.position += 1
        if opcode == _STOP:
            if workings.below:
                raise ValueError("a mark without an end")
            return workings.stack.pop()
        if opcode == _MARK:
            workings.below.append(workings.stack)
            workings.stack = []
        elif read := ATOM_OPCODES.get(opcode):
            workings.stack.append(read(stream))
        else:
            STACK_OPCODES[opcode](workings)
