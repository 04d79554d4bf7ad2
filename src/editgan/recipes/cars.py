"""Cars: a 4:3 picture, black above and below, front three-quarter to side view, all facing left."""

from dataclasses import replace

from editgan.recipes.faces import faces_32, faces_64, faces_128
from editgan.recipes.recipe import Recipe


def cars_128() -> Recipe:
    """Start it from cats or faces of 128 px."""
    return _of_cars(faces_128(), "cars-128")


def cars_32() -> Recipe:
    """The first half of `cars_64`, on a CPU."""
    return _of_cars(faces_32(), "cars-32")


def cars_64() -> Recipe:
    """For two CPU cores; resume it from `cars_32`."""
    return _of_cars(faces_64(), "cars-64")


def _of_cars(faces: Recipe, name: str) -> Recipe:
    recipe = replace(
        faces,
        bundle=name,
        subject="car",
        # 3,242 photos, shown a hundred times in 300 kimg: the discriminator would know them by heart
        gan=replace(faces.gan, augment_target=0.6),
        vectors=(),  # the faces' do not fit; to be chosen once there is a bundle to look at
        groups={
            "glass": ("window", "windshield"),
            "front": ("hood", "front_bumper", "light"),
            "coachwork": ("body", "hood", "front_bumper", "door"),
        },
        terms="Stanford Cars (Krause et al. 2013): research, non-commercial; weights trained on it carry "
        "these terms",
    )
    return recipe.facing_one_way()
