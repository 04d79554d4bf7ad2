"""How much a stranger's file may ask for before it is refused."""

from dataclasses import dataclass
from typing import Literal

from editgan.core.errors import CheckpointError

Cost = Literal["opcodes", "nodes", "text_bytes", "copied_bytes", "tensors", "tensor_bytes"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Low enough that no file takes more than seconds, or memory beyond its tensors.

    Real checkpoints stay far below: the largest of StyleGAN2 has 40,000 opcodes and 450 tensors.
    """

    file_bytes: int = 4 << 30
    members: int = 20_000  # files in a zip
    opcodes: int = 500_000  # pickle instructions, those of pickles within the pickle included
    nodes: int = 500_000  # values, where what is mentioned twice counts twice
    depth: int = 200  # containers within containers
    text_bytes: int = 32 << 20  # text and bytes outside tensors
    tensors: int = 20_000
    tensor_copies: int = 2  # all tensors together may be this many times as large as the file


USUAL = Limits()


class Budget:
    """What is left while one file is read."""

    def __init__(self, limits: Limits, size: int) -> None:
        self.limits = limits
        self.left: dict[Cost, int] = {
            "opcodes": limits.opcodes,
            "nodes": limits.nodes,
            "text_bytes": limits.text_bytes,
            # Tensors within a protocol 2 pickle are text, which becomes bytes, which hold a pickle
            "copied_bytes": 3 * size + (1 << 20),
            "tensors": limits.tensors,
            "tensor_bytes": limits.tensor_copies * size,
        }

    def spend(self, cost: Cost, amount: int = 1) -> None:
        """Raises CheckpointError where the file asks for more than its limit."""
        self.left[cost] -= amount
        if self.left[cost] < 0:
            what = cost.replace("_", " ")
            raise CheckpointError(f"asks for more {what} than any checkpoint needs; it was not read")
