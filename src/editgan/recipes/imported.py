"""Bundles from `editgan import`: the generator is there, and larger than those trained here."""

from dataclasses import replace

from editgan.recipes.faces import faces_128
from editgan.recipes.recipe import TrainingRecipe
from editgan.training.encoder import EncoderTraining


def imported() -> TrainingRecipe:
    """All trainings for somebody else's generator, on a GPU or with patience on a CPU.

    Of few photos all but four are learnt from; embedding the four to measure is minutes of work at 256 px.
    """
    faces = faces_128()
    return replace(
        faces,
        bundle="imported",
        gan=replace(faces.gan, warm_up_kimg=2.0),
        keeps_shape=True,
        subject="picture",
        encoder=EncoderTraining(total_kimg=40, batch_size=8, warm_up_kimg=4.0, held_out=4),
        vectors=(),
        groups={},
        terms="not stated",
    )
