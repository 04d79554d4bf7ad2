"""Cats: aligned portraits."""

from dataclasses import replace

from editgan.recipes.faces import faces_32, faces_64, faces_128
from editgan.recipes.recipe import Recipe
from editgan.recipes.vectors import CAT_VECTORS


def cats_128() -> Recipe:
    """Start it from faces of 128 px: cats after a few thousand images."""
    return _of_cats(faces_128(), "cats-128")


def cats_32() -> Recipe:
    """The first half of `cats_64`, on a CPU."""
    return _of_cats(faces_32(), "cats-32")


def cats_64() -> Recipe:
    """For two CPU cores; resume it from `cats_32`, or from `faces-64`: that is better (docs/models.md)."""
    return _of_cats(faces_64(), "cats-64")


def _of_cats(faces: Recipe, name: str) -> Recipe:
    return replace(
        faces,
        bundle=name,
        subject="cat",
        vectors=CAT_VECTORS,
        groups={"eye": ("iris", "pupil"), "ears": ("ear", "inner_ear")},
        terms="AFHQ (Choi et al. 2020): CC BY-NC 4.0; weights trained on it carry these terms",
    )
