"""A pickle's records -> plain values: dicts, lists, numbers, text, tensors, `Stored` objects.

The walk keeps its own stack and makes each record once, however often it is mentioned, so that neither depth
nor repetition in a file can exhaust it. What it returns is as harmless: no cycles, and of bounded size even
for those who follow every mention.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from editgan.checkpoints.reading.builders import Order, build
from editgan.checkpoints.reading.graph import Call, LongText, Name, Node, Persistent
from editgan.checkpoints.reading.legacy import find_meant
from editgan.checkpoints.reading.limits import Budget
from editgan.checkpoints.reading.tensors import DTYPES, Storage, TensorReader
from editgan.core.errors import CheckpointError


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    value: Any
    depth: int
    nodes: int  # all it consists of, written out without mentions of the same


class Values:
    """Makes the values of one graph."""

    def __init__(
        self, find_storage: Callable[[str], Storage | None], budget: Budget, *, wanted: bool = True
    ) -> None:
        self.find_storage = find_storage
        self.budget = budget
        self.reader = TensorReader(budget, wanted=wanted)
        self.made: dict[int, _Made] = {}  # by id: the graph keeps its records alive

    def of(self, root: Node) -> Any:
        """The value of a record; raises CheckpointError where it makes none."""
        path: set[int] = set()
        ahead = [root]
        while ahead:
            node = ahead[-1]
            if _is_leaf(node) or id(node) in self.made:
                ahead.pop()
            elif id(node) in path:  # back again, so all it consists of has been made
                path.discard(id(ahead.pop()))
                self._make(node)
            else:
                path.add(id(node))
                parts = _parts(node)
                self.budget.spend("nodes", len(parts))
                for part in parts:
                    if id(part) in path:
                        raise CheckpointError("holds something that contains itself; no checkpoint does")
                    if not _is_leaf(part) and id(part) not in self.made:
                        ahead.append(part)
        return self._plain(root)

    def _make(self, node: Node) -> None:
        depth, nodes = 1, 1
        for part in _parts(node):
            made = self.made.get(id(part))
            depth = max(depth, 1 + made.depth if made else 1)
            nodes += made.nodes if made else _weight(part)
        limits = self.budget.limits
        if depth > limits.depth or nodes > limits.nodes:
            raise CheckpointError("is nested more deeply or more often than any checkpoint; it was not read")
        self.made[id(node)] = _Made(self._value(node), depth, nodes)

    def _value(self, node: Node) -> Any:
        if isinstance(node, dict):
            return {key: self._plain(value) for key, value in node.items()}
        if isinstance(node, Call):
            state = node.state
            state = tuple(map(self._operand, state)) if isinstance(state, tuple) else self._operand(state)
            pairs = {key: self._plain(value) for key, value in (node.pairs or {}).items()}
            return build(
                Order(node.function, tuple(map(self._operand, node.args)), self.reader, state, pairs)
            )
        return type(node)(map(self._plain, node))

    def _operand(self, node: Node) -> Any:
        """As a call takes it: storages and long bytes are still in the file."""
        if (made := self.made.get(id(node))) is not None:
            return made.value
        if isinstance(node, Persistent):
            return find_meant(node, self.find_storage)
        return DTYPES.get(node, node) if isinstance(node, Name) else node

    def _plain(self, node: Node) -> Any:
        """As it is given out: nothing keeps the file open."""
        value = self._operand(node)
        if isinstance(value, Storage):
            return self.reader.flat(value)
        if isinstance(value, LongText | memoryview):
            self.budget.spend("text_bytes", len(value if isinstance(value, memoryview) else value.data))
            value = bytes(value) if isinstance(value, memoryview) else value.decode()
            self.made[id(node)] = _Made(value, 0, 1)
        return set(value) if isinstance(value, set) else value


def _parts(node: Node) -> Collection[Node]:
    """What has to be made before it."""
    if isinstance(node, dict):
        return node.values()
    if isinstance(node, Call):
        state = node.state if isinstance(node.state, tuple) else (node.state,)
        return (*node.args, *state, *(node.pairs or {}).values())
    return node  # type: ignore[no-any-return]  # a list or tuple


def _is_leaf(node: Node) -> bool:
    return not isinstance(node, dict | list | tuple | Call)


def _weight(leaf: Node) -> int:
    return len(leaf) if isinstance(leaf, set | frozenset) else 1
