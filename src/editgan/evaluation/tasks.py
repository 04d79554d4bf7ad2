"""Named edits on which methods are compared, as part operations."""

from dataclasses import dataclass

from editgan.core.errors import InputError
from editgan.editing.parts import enlarged
from editgan.editing.vector import EditVector

LABEL_PX = 64  # side of the label maps whose pixels are meant below, unless a task says otherwise


@dataclass(frozen=True, slots=True)
class EditTask:
    """What is asked of a picture, in the words of `editing.parts.apply_operation`."""

    name: str
    operations: tuple[tuple[str, str], ...]
    vector: str | None = None  # the bundle's own that is to do it; None: the photo is repainted
    label_px: int = LABEL_PX
    amount: float = 1.0  # of what the operations say

    @property
    def parts(self) -> tuple[str, ...]:
        """Which parts it is about, by name."""
        return tuple(dict.fromkeys(text.partition(":")[0].partition("=")[0] for _, text in self.operations))

    def at(self, label_side: int) -> tuple[tuple[str, str], ...]:
        """The same for label maps of another side; a move by whole pixels stays one by at least a pixel."""
        factor = label_side / self.label_px
        return tuple((kind, _scaled(kind, text, factor, self.amount)) for kind, text in self.operations)


BROWS_UP = EditTask("brows-up", (("move", "brow:0,-1"),))
WIDER_EYES = EditTask("wider-eyes", (("scale", "eye:1.1,1.3"),))
BROADER_MOUTH = EditTask("broader-mouth", (("scale", "mouth:1.15,1"),))

TASKS = {  # by subject
    "face": (
        BROWS_UP,
        WIDER_EYES,
        BROADER_MOUTH,
        EditTask("smile", (("scale", "mouth:1.15,1"), ("bend", "mouth:1"))),
        EditTask("narrower-nose", (("scale", "nose:0.85,1"),)),
        EditTask("higher-hairline", (("spread", "skin=hair:0,-2"),)),
    ),
    "cat": (
        EditTask("bigger-eyes", (("scale", "eye:1.25,1.25"),)),
        EditTask("smaller-ears", (("scale", "ears:0.8,0.75"),)),
        EditTask("wider-muzzle", (("scale", "muzzle:1.25,1.1"),)),
    ),
}


def vector_task(vector: EditVector, label_side: int) -> EditTask:
    """What a vector does at strength 1; `label_side` is its bundle's.

    Raises InputError if it was not learnt from part operations.
    """
    operations, amount = vector.operations(1.0)
    if not operations:
        raise InputError(f"{vector.name!r} was not learnt from part operations, so its aim is unknown")
    return EditTask(f"{vector.name} by vector", operations, vector.name, label_side, amount)


def tasks_of(subject: str) -> tuple[EditTask, ...]:
    """Raises InputError for a subject that has none yet."""
    if subject not in TASKS:
        raise InputError(f"there are edit tasks for {' and '.join(TASKS)}, but none for {subject!r} yet")
    return TASKS[subject]


def _scaled(kind: str, text: str, factor: float, amount: float) -> str:
    if kind != "scale":
        return enlarged(kind, text, factor * amount)
    part, _, factors = text.partition(":")
    return f"{part}:" + ",".join(f"{1 + (float(each) - 1) * amount:g}" for each in factors.split(","))
