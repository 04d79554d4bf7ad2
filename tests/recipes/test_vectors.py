from editgan.editing.parts import OPERATIONS
from editgan.recipes import RECIPES
from editgan.recipes.vectors import VectorRecipe


def test_every_recipes_vectors_have_their_own_names_and_known_operations() -> None:
    for recipe in RECIPES.values():
        names = [wanted.name for wanted in recipe().vectors]
        assert len(set(names)) == len(names)
        assert all(kind in OPERATIONS for wanted in recipe().vectors for kind, _ in wanted.operations)


def test_a_larger_bundle_gets_larger_steps_but_the_same_shares() -> None:
    small = VectorRecipe("a", (("move", "brow:0,-2"), ("bend", "mouth:1.5"), ("scale", "nose:0.8,1")))
    large = (("move", "brow:0,-4"), ("bend", "mouth:3"), ("scale", "nose:0.8,1"))
    assert small.enlarged(2).operations == large
