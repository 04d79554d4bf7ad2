"""Cats: aligned portraits."""

from dataclasses import replace

from editgan.recipes.recipe import TrainingRecipe
from editgan.recipes.vectors import CAT_VECTORS


def cats(faces: TrainingRecipe) -> TrainingRecipe:
    """The faces' recipes, for cats.

    128 px: start them from faces of 128 px, cats after a few thousand images. 64 px, for two CPU cores:
    resume them from 32 px, or from `faces-64`, which is better (docs/models.md).
    """
    return replace(
        faces,
        subject="cat",
        vectors=CAT_VECTORS,
        groups={"eye": ("iris", "pupil"), "ears": ("ear", "inner_ear")},
        terms="AFHQ (Choi et al. 2020): CC BY-NC 4.0; weights trained on it carry these terms",
    )
