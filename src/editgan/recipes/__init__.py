"""Named runs, as functions."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from editgan.core.errors import InputError
from editgan.recipes.birds import birds
from editgan.recipes.cars import cars
from editgan.recipes.cats import cats
from editgan.recipes.faces import faces_32, faces_64, faces_128
from editgan.recipes.imported import imported
from editgan.recipes.recipe import TrainingRecipe
from editgan.recipes.smoke import smoke

FACES: dict[int, Callable[[], TrainingRecipe]] = {128: faces_128, 64: faces_64, 32: faces_32}


def _of_class(change: Callable[[TrainingRecipe], TrainingRecipe], side: int) -> TrainingRecipe:
    return replace(change(FACES[side]()), bundle=f"{change.__name__}-{side}")


RECIPES: dict[str, Callable[[], TrainingRecipe]] = {
    **{f"faces_{side}": faces for side, faces in FACES.items()},
    **{f"{of.__name__}_{side}": partial(_of_class, of, side) for of in (cats, cars, birds) for side in FACES},
    "imported": imported,
    "smoke": smoke,
}


def find_recipe(name: str) -> TrainingRecipe:
    """By name. Raises InputError listing what there is."""
    if name not in RECIPES:
        raise InputError(f"there is no recipe {name!r}; choose from {', '.join(RECIPES)}")
    return RECIPES[name]()


__all__ = ["RECIPES", "TrainingRecipe", "find_recipe"]
