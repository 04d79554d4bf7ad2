"""How unlike the class's parts a painted one is: an eye on the cheek, a mouth three times as wide.

The generator draws what it has learnt. A walk towards anything else ends somewhere, but hardly there.
"""

from dataclasses import dataclass

from editgan.core.types import LabelMap
from editgan.editing.region import Repainting
from editgan.models.part_shapes import PartShapes

STRANGE = 1.0  # a painted part: farther than nearly all that were seen (docs/edits.md has the rates) ...
GREW = 1.25  # ... and so many times as far as before: an unusual photo's parts stay so in every edit


@dataclass(frozen=True, slots=True)
class Painted:
    """Of the parts that were repainted, the one least like those seen."""

    part: int  # its class
    distance: float  # 1: farther than 98 of 100
    before: float | None  # of the same part as it was; None: it was not there

    @property
    def is_strange(self) -> bool:
        """Whether painting it made it so."""
        return self.distance > max(STRANGE, GREW * (self.before or 0.0))


def painted(shapes: PartShapes, asked: Repainting, before: LabelMap) -> Painted | None:
    """Of the first picture; None where nothing is known of any part, or it was erased.

    `before`: the parts that were repainted.
    """
    was, becomes = (shapes(label_map[:1])[0].tolist() for label_map in (before, asked.target))
    known = [i for i in asked.class_ids if becomes[i] == becomes[i]]
    found = [Painted(i, becomes[i], was[i] if was[i] == was[i] else None) for i in known]
    return max(found, key=lambda part: (part.is_strange, part.distance), default=None)


def about_painted(name: str, times: float) -> list[str]:
    """What to say of a part that is strange."""
    return [
        f"a {name} of this shape, or at this place, is unlike those the generator draws ({times:.1f} times "
        "as far as 98 of 100): expect something else than was painted"
    ]
