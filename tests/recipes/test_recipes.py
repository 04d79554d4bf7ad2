from dataclasses import replace

import pytest
import torch

from editgan.core.errors import InputError
from editgan.core.labels import LabelClass, LabelSchema
from editgan.models.generator import Generator
from editgan.recipes import RECIPES, find_recipe

CLASSES = {  # of the annotations that the recipes are made for
    "face": "skin hair brow sclera iris nose upper_lip mouth_interior lower_lip",
    "cat": "face ear inner_ear iris pupil nose muzzle body",
    "car": "body hood front_bumper door window windshield light mirror wheel",
    "bird": "head eye beak throat_breast belly back wing tail legs",
}


@pytest.mark.parametrize("name", [name for name in RECIPES if name != "imported"])  # which is of no class
def test_every_class_has_a_recipe_that_can_be_built(name: str) -> None:
    recipe = find_recipe(name)
    shape = recipe.gan.generator
    plain = name.removesuffix("_small")
    assert recipe.bundle.replace("-", "_") == plain
    assert recipe.subject in CLASSES and recipe.terms
    with_background = ("background", *CLASSES[recipe.subject].split())
    known = LabelSchema(tuple(LabelClass(i, part, (i, 0, 0)) for i, part in enumerate(with_background)))
    assert recipe.with_groups(known).groups == recipe.groups  # each is there and named unlike the parts
    assert name == "smoke" or plain.endswith(f"_{shape.resolution}")
    assert recipe.gan.total_kimg > 0 and recipe.encoder.total_kimg > 0
    with torch.device("meta"):
        Generator(shape)


def test_an_unknown_recipe_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'dogs'.*faces_64.*smoke"):
        find_recipe("dogs")


@pytest.mark.parametrize("subject", ["faces", "cats", "cars", "birds"])
def test_64_px_can_be_grown_from_32(subject: str) -> None:
    small, large = (find_recipe(f"{subject}_{side}").gan.generator for side in (32, 64))
    assert replace(small, resolution=64) == large


def test_a_recipes_groups_join_the_schema_as_far_as_they_fit(schema: LabelSchema) -> None:
    joined = find_recipe("faces_64").with_groups(schema)
    assert joined.groups["mouth"] == ("upper_lip", "mouth_interior")  # lower_lip is not in this schema
    assert joined.classes == schema.classes


def test_a_recipes_group_gives_way_to_a_class_of_its_name() -> None:
    parts = ("mouth", "upper_lip", "mouth_interior", "lower_lip", "sclera", "iris")
    own = LabelSchema(tuple(LabelClass(i, part, (i, 0, 0)) for i, part in enumerate(parts)))
    joined = find_recipe("faces_64").with_groups(own)
    assert "mouth" not in joined.groups and joined.groups["eye"] == ("sclera", "iris")
