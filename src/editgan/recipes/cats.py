"""Cats: aligned portraits."""

from dataclasses import replace

from editgan.recipes.faces import faces_128
from editgan.recipes.recipe import Recipe


def cats_128() -> Recipe:
    """For a GPU. Half as many photos as the faces, so augmentation will matter more."""
    faces = faces_128()
    return replace(
        faces,
        bundle="cats-128",
        subject="cat",
        groups={"eye": ("iris", "pupil"), "ears": ("ear", "inner_ear")},
        terms="AFHQ (Choi et al. 2020): CC BY-NC 4.0; weights trained on it carry these terms",
    )
