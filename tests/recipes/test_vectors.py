from editgan.editing.parts import OPERATIONS
from editgan.recipes import RECIPES
from editgan.recipes.vectors import WantedVector


def test_every_recipes_vectors_have_their_own_names_and_known_operations() -> None:
    for recipe in RECIPES.values():
        vectors = recipe().vectors
        names = [name for wanted in vectors for name in (wanted.name, wanted.opposite) if name is not None]
        assert len(set(names)) == len(names)
        asked = [o for wanted in vectors for o in (*wanted.operations, *wanted.opposite_operations)]
        assert all(kind in OPERATIONS for kind, _ in asked)
        assert all((v.opposite is None) == (not v.opposite_operations) for v in vectors)


def test_a_larger_bundle_gets_larger_steps_but_the_same_shares() -> None:
    small = WantedVector(
        "a",
        (("move", "brow:0,-2"), ("bend", "mouth:1.5"), ("scale", "nose:0.8,1")),
        "b",
        (("grow", "brow:1"),),
    )
    large = (("move", "brow:0,-4"), ("bend", "mouth:3"), ("scale", "nose:0.8,1"))
    assert small.enlarged(2) == WantedVector("a", large, "b", (("grow", "brow:2"),))
