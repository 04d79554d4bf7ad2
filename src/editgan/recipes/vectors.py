"""The edit vectors that a bundle ships, as part operations; chosen by looking at their sheets."""

from dataclasses import dataclass

from editgan.editing.parts import enlarged

Operation = tuple[str, str]


@dataclass(frozen=True, slots=True)
class VectorRecipe:
    """A vector's name and what it repaints, in the words of `editing.parts.apply_operation`."""

    name: str
    operations: tuple[Operation, ...]

    def enlarged(self, factor: int) -> "VectorRecipe":
        """The same edit for a bundle with `factor` times as many pixels a side."""
        return VectorRecipe(
            self.name, tuple((kind, enlarged(kind, text, factor)) for kind, text in self.operations)
        )


# Pixels are those of a 64 px bundle
FACE_VECTORS = (
    VectorRecipe("smile", (("scale", "mouth:1.25,1"), ("bend", "mouth:1"))),
    VectorRecipe("frown", (("bend", "mouth:-1"),)),
    VectorRecipe("open-mouth", (("open", "mouth_interior=upper_lip,lower_lip:2"),)),
    VectorRecipe("close-mouth", (("erase", "mouth_interior"),)),
    VectorRecipe("wider-mouth", (("scale", "mouth:1.25,1"),)),
    VectorRecipe("narrower-mouth", (("scale", "mouth:0.8,1"),)),
    VectorRecipe("fuller-lips", (("grow", "lips:1"),)),
    VectorRecipe("thinner-lips", (("shrink", "lips:1"),)),
    VectorRecipe("wider-eyes", (("scale", "eye:1.1,1.3"),)),
    VectorRecipe("squint", (("scale", "eye:1,0.6"),)),
    VectorRecipe("brows-up", (("move", "brow:0,-1"),)),
    VectorRecipe("brows-down", (("move", "brow:0,1"),)),
    VectorRecipe("thicker-brows", (("grow", "brow:1"),)),
    VectorRecipe("thinner-brows", (("scale", "brow:1,0.6"),)),
    VectorRecipe("narrower-nose", (("scale", "nose:0.8,1"),)),
    VectorRecipe("wider-nose", (("scale", "nose:1.25,1"),)),
    VectorRecipe("shorter-nose", (("scale", "nose:1,0.85"),)),
    VectorRecipe("longer-nose", (("scale", "nose:1,1.15"),)),
    VectorRecipe("higher-hairline", (("shrink", "hair:2"),)),
)

# Pixels are those of a 64 px bundle, but all of these are shares
CAT_VECTORS = (
    VectorRecipe("bigger-eyes", (("scale", "eye:1.25,1.25"),)),
    VectorRecipe("smaller-eyes", (("scale", "eye:0.75,0.75"),)),
    VectorRecipe("squint", (("scale", "eye:1,0.5"),)),
    VectorRecipe("bigger-ears", (("scale", "ears:1.2,1.25"),)),
    VectorRecipe("smaller-ears", (("scale", "ears:0.8,0.75"),)),
    VectorRecipe("bigger-nose", (("scale", "nose:1.4,1.4"),)),
    VectorRecipe("smaller-nose", (("scale", "nose:0.7,0.7"),)),
    VectorRecipe("wider-muzzle", (("scale", "muzzle:1.25,1.1"),)),
    VectorRecipe("narrower-muzzle", (("scale", "muzzle:0.8,0.9"),)),
)
