"""Faces: aligned, tightly cropped portraits."""

from dataclasses import replace

from editgan.models.generator import GeneratorConfig
from editgan.recipes.recipe import TrainingRecipe
from editgan.recipes.vectors import FACE_VECTORS, FACE_VECTORS_128
from editgan.training.encoder import EncoderTraining
from editgan.training.gan.config import GanTraining

TERMS = "CelebA (Liu et al. 2015): non-commercial research only; weights trained on it carry these terms"
GROUPS = {
    "mouth": ("upper_lip", "mouth_interior", "lower_lip"),
    "lips": ("upper_lip", "lower_lip"),
    "eye": ("sclera", "iris"),
}


def faces_32() -> TrainingRecipe:
    """The first half of `faces_64` on a CPU: what it learns in half an hour is grown afterwards."""
    shape = GeneratorConfig(
        resolution=32, z_dim=256, w_dim=256, mapping_layers=2, channel_base=1536, channel_max=128
    )
    return TrainingRecipe(
        bundle="faces-32",
        subject="face",
        gan=GanTraining(generator=shape, total_kimg=250, batch_size=16, augment_target=None),
        encoder=EncoderTraining(total_kimg=40),
        groups=GROUPS,
        terms=TERMS,
    )


def faces_64() -> TrainingRecipe:
    """For two CPU cores: small enough for about 60 images a second; resume it from `faces_32`."""
    small = faces_32()
    shape = replace(small.gan.generator, resolution=64)
    return replace(
        small,
        bundle="faces-64",
        gan=replace(small.gan, generator=shape, total_kimg=400, warm_up_kimg=2.0),
        encoder=EncoderTraining(total_kimg=40, batch_size=16, channel_base=2048, warm_up_kimg=4.0),
        vectors=FACE_VECTORS,
    )


def faces_128() -> TrainingRecipe:
    """`faces_64`, grown: it keeps its people and colours, and heads on pretrained features teach it detail.

    An hour on one core; resume it from `faces_64`, or `faces-64` (docs/training.md). From random weights it
    works, too, and knows fewer people.
    """
    half = faces_64()
    return replace(
        half,
        bundle="faces-128",
        gan=replace(
            half.gan,
            generator=replace(half.gan.generator, resolution=128),
            total_kimg=1500,
            lr=0.002,
            feature_weight=0.5,
            feature_gamma=3.0,
        ),
        encoder=EncoderTraining(total_kimg=120, batch_size=16, channel_base=2048, warm_up_kimg=4.0),
        vectors=FACE_VECTORS_128,
    )
