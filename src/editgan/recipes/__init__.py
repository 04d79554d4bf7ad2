"""Named runs, as functions."""

from collections.abc import Callable

from editgan.core.errors import InputError
from editgan.recipes.birds import birds_32, birds_64, birds_128
from editgan.recipes.cars import cars_32, cars_64, cars_128
from editgan.recipes.cats import cats_32, cats_64, cats_128
from editgan.recipes.faces import faces_32, faces_64, faces_128
from editgan.recipes.imported import imported
from editgan.recipes.recipe import Recipe
from editgan.recipes.smoke import smoke

RECIPES: dict[str, Callable[[], Recipe]] = {
    f.__name__: f
    for f in (
        *(faces_128, faces_64, faces_32),
        *(cats_128, cats_64, cats_32),
        *(cars_128, cars_64, cars_32),
        *(birds_128, birds_64, birds_32),
        imported,
        smoke,
    )
}


def find_recipe(name: str) -> Recipe:
    """By name. Raises InputError listing what there is."""
    if name not in RECIPES:
        raise InputError(f"there is no recipe {name!r}; choose from {', '.join(RECIPES)}")
    return RECIPES[name]()


__all__ = ["RECIPES", "Recipe", "find_recipe"]
