"""Bundles from `editgan import`: the generator is there, and larger than those trained here."""

from dataclasses import replace

from editgan.recipes.faces import faces_64
from editgan.recipes.recipe import Recipe
from editgan.training.encoder import EncoderTraining


def imported() -> Recipe:
    """Encoder and branch for somebody else's generator, on a GPU or with patience on a CPU.

    Of few photos all but four are learnt from; embedding the four to measure is minutes of work at 256 px.
    """
    return replace(
        faces_64(),
        bundle="imported",
        subject="picture",
        encoder=EncoderTraining(total_kimg=40, batch_size=8, warm_up_kimg=4.0, held_out=4),
        vectors=(),
        groups={},
        terms="not stated",
    )
