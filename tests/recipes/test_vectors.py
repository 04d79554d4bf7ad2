from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image as PilImage

from editgan.core.errors import InputError
from editgan.editing.parts import OPERATIONS
from editgan.editing.vectors import EditVector
from editgan.recipes import RECIPES, find_recipe
from editgan.recipes.vector_jobs import learn_vectors
from editgan.recipes.vectors import VectorRecipe

CPU = torch.device("cpu")


def test_every_recipes_vectors_have_their_own_names_and_known_operations() -> None:
    for recipe in RECIPES.values():
        names = [wanted.name for wanted in recipe().vectors]
        assert len(set(names)) == len(names)
        assert all(kind in OPERATIONS for wanted in recipe().vectors for kind, _ in wanted.operations)


def test_a_larger_bundle_gets_larger_steps_but_the_same_shares() -> None:
    small = VectorRecipe("a", (("move", "brow:0,-2"), ("bend", "mouth:1.5"), ("scale", "nose:0.8,1")))
    large = (("move", "brow:0,-4"), ("bend", "mouth:3"), ("scale", "nose:0.8,1"))
    assert small.enlarged(2).operations == large


def test_a_bundles_vectors_are_learnt_and_put_beside_its_networks(own_bundle: Path) -> None:
    wanted = (VectorRecipe("larger", (("grow", "eye:1"),)), VectorRecipe("gone", (("erase", "brow"),)))
    recipe = replace(find_recipe("smoke"), vectors=wanted)
    (learnt,) = learn_vectors(recipe, own_bundle, samples=2, only=["larger"], device=CPU)
    assert learnt.name == "larger" and learnt.learnt["from"] == ["seed 100", "seed 101"]
    assert {p.name for p in (own_bundle / "vectors").iterdir()} == {"larger.safetensors", "larger.webp"}
    assert torch.equal(EditVector.load(own_bundle / "vectors" / "larger.safetensors").delta, learnt.delta)
    with PilImage.open(own_bundle / "vectors" / "larger.webp") as preview:
        assert preview.width > 500


def test_a_vector_the_recipe_does_not_have_is_refused(own_bundle: Path) -> None:
    with pytest.raises(InputError, match="no vector 'wings'"):
        list(learn_vectors(find_recipe("smoke"), own_bundle, only=["wings"], device=CPU))
