"""Cars: a 4:3 picture, black above and below, front three-quarter to side view, all facing left."""

from dataclasses import replace

from editgan.recipes.recipe import TrainingRecipe


def cars(faces: TrainingRecipe) -> TrainingRecipe:
    """The faces' recipes, for cars.

    64 px: resume them from `faces-64`, another class of the same size; 128 px: from 64 px (docs/training.md).
    """
    found = replace(
        faces,
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
    return found.facing_one_way()
