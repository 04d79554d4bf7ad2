"""The edit vectors that a bundle ships, as part operations; chosen by looking at their sheets."""

from dataclasses import dataclass, replace

from editgan.editing.parts import all_enlarged

Operation = tuple[str, str]


@dataclass(frozen=True, slots=True)
class WantedVector:
    """A vector's name and what it repaints, in the words of `editing.parts.apply_operation`."""

    name: str
    operations: tuple[Operation, ...]
    opposite: str | None = None  # the name of its other end ...
    opposite_operations: tuple[Operation, ...] = ()  # ... and what that repaints
    share: float = 1.0  # of what is asked for that strength 1 does

    def enlarged(self, factor: int) -> "WantedVector":
        """The same edit for a bundle with `factor` times as many pixels a side."""
        both = (all_enlarged(some, factor) for some in (self.operations, self.opposite_operations))
        return replace(self, operations=next(both), opposite_operations=next(both))


def _ends(name: str, operation: Operation, opposite: str, other: Operation) -> WantedVector:
    return WantedVector(name, (operation,), opposite, (other,))


# Pixels are those of a 64 px bundle. Hairlines and how thick brows are cannot be moved: docs/edits.md
FACE_VECTORS = (
    WantedVector("smile", (("scale", "mouth:1.25,1"), ("bend", "mouth:1"))),  # half of a frown spoils it
    _ends(
        *("open-mouth", ("open", "mouth_interior=upper_lip,lower_lip:2")),
        *("close-mouth", ("erase", "mouth_interior")),
    ),
    _ends("wider-mouth", ("scale", "mouth:1.25,1"), "narrower-mouth", ("scale", "mouth:0.8,1")),
    _ends("fuller-lips", ("grow", "lips:1"), "thinner-lips", ("shrink", "lips:1")),
    _ends("wider-eyes", ("scale", "eye:1.1,1.3"), "squint", ("scale", "eye:1,0.6")),
    _ends("brows-up", ("move", "brow:0,-1"), "brows-down", ("move", "brow:0,1")),
    # A tenth is seen at once in a photo that is moved; a fifth is pinched
    _ends("wider-nose", ("scale", "nose:1.12,1"), "narrower-nose", ("scale", "nose:0.9,1")),
    _ends("longer-nose", ("scale", "nose:1,1.15"), "shorter-nose", ("scale", "nose:1,0.85")),
)

# At 128 px more of what is asked for comes about: twice as many pixels of lips were too full, eyes that
# should be a fifth lower closed, and mouths were torn. What is natural was found by looking (docs/edits.md)
_OTHERS = {
    # Of the whole mouth: lips alone have an inner side, too, and the mouth would open as they shrink
    "fuller-lips": _ends("fuller-lips", ("grow", "mouth:1"), "thinner-lips", ("shrink", "mouth:1")),
    "wider-eyes": WantedVector("wider-eyes", (("scale", "eye:1.1,1.3"),)),
}
_SHARES = {"smile": 0.75, "wider-mouth": 0.65, "open-mouth": 0.8, "longer-nose": 0.8}
FACE_VECTORS_128 = tuple(
    replace(_OTHERS.get(wanted.name, wanted.enlarged(2)), share=_SHARES.get(wanted.name, 1.0))
    for wanted in FACE_VECTORS
)

# Pixels are those of a 64 px bundle, but all of these are shares
CAT_VECTORS = (
    _ends("bigger-eyes", ("scale", "eye:1.25,1.25"), "smaller-eyes", ("scale", "eye:0.75,0.75")),
    _ends("bigger-ears", ("scale", "ears:1.2,1.25"), "smaller-ears", ("scale", "ears:0.8,0.75")),
    _ends("bigger-nose", ("scale", "nose:1.4,1.4"), "smaller-nose", ("scale", "nose:0.7,0.7")),
    _ends("wider-muzzle", ("scale", "muzzle:1.25,1.1"), "narrower-muzzle", ("scale", "muzzle:0.8,0.9")),
)
