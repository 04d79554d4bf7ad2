"""Birds: perched, whole, in the middle of a square, all facing left."""

from dataclasses import replace

from editgan.recipes.faces import faces_32, faces_64, faces_128
from editgan.recipes.recipe import Recipe


def birds_128() -> Recipe:
    """Start it from cats or faces of 128 px."""
    return _of_birds(faces_128(), "birds-128")


def birds_32() -> Recipe:
    """The first half of `birds_64`, on a CPU."""
    return _of_birds(faces_32(), "birds-32")


def birds_64() -> Recipe:
    """For two CPU cores; resume it from `birds_32`."""
    return _of_birds(faces_64(), "birds-64")


def _of_birds(faces: Recipe, name: str) -> Recipe:
    recipe = replace(
        faces,
        bundle=name,
        subject="bird",
        # 2,542 photos of 143 species: the fewest and the most varied of the four classes
        gan=replace(faces.gan, augment_target=0.6),
        vectors=(),  # the faces' do not fit; to be chosen once there is a bundle to look at
        groups={
            "whole_head": ("head", "eye", "beak"),
            "underside": ("throat_breast", "belly"),
            "upperside": ("back", "wing", "tail"),
        },
        terms="CUB-200 (Welinder et al. 2010): research, non-commercial; weights trained on it carry "
        "these terms",
    )
    return recipe.facing_one_way()
