"""A minute on a laptop; proves the plumbing, not the quality."""

from dataclasses import replace

from editgan.models.generator import GeneratorConfig
from editgan.recipes.faces import faces_32
from editgan.recipes.recipe import TrainingRecipe
from editgan.training.aligner import AlignerTraining
from editgan.training.branch import BranchTraining
from editgan.training.encoder import EncoderTraining
from editgan.training.identity import IdentityTraining


def smoke() -> TrainingRecipe:
    """All trainings at 32 px, with few channels and few images."""
    faces = faces_32()
    shape = GeneratorConfig(
        resolution=32, z_dim=32, w_dim=32, mapping_layers=2, channel_base=256, channel_max=16
    )
    return replace(
        faces,
        bundle="smoke",
        gan=replace(faces.gan, generator=shape, total_kimg=0.4, batch_size=8, held_out=4),
        encoder=EncoderTraining(total_kimg=0.2, batch_size=8, warm_up_kimg=0.05, held_out=4),
        aligner=AlignerTraining(total_kimg=0.3, batch_size=16, held_out=4),
        identity=IdentityTraining(total_kimg=0.2, batch_size=8, held_out_people=4),
        branch=BranchTraining(heads=3, hidden=(8, 8), max_steps=60, check_steps=20),
    )
