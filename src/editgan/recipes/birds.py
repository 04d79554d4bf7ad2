"""Birds: perched, whole, in the middle of a square, all facing left."""

from dataclasses import replace

from editgan.recipes.recipe import TrainingRecipe


def birds(faces: TrainingRecipe) -> TrainingRecipe:
    """The faces' recipes, for birds.

    64 px: resume them from `cats-64`, another class of the same size; 128 px: from 64 px (docs/training.md).
    """
    found = replace(
        faces,
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
    return found.facing_one_way()
