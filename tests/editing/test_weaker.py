"""A vector whose strength 1 is a share of what it was."""

import pytest
import torch

from editgan.editing.calibrate import weaker
from editgan.editing.vector import EditVector


def vector(strengths: tuple[float, float]) -> EditVector:
    delta = torch.ones(8, 16)
    return EditVector(
        name="wink", delta=delta, classes=("iris",), bundle="tiny-32", fingerprint="0", strengths=strengths
    )


@pytest.mark.parametrize(
    ("strengths", "share", "wanted"),
    [
        ((-1.0, 1.5), 0.8, (-1.25, 1.75)),  # 1.875, in quarters
        ((-2.0, 2.0), 0.5, (-2.0, 2.0)),
        ((-0.5, 1.0), 1.0, (-0.5, 1.0)),
    ],
)
def test_it_does_less_and_may_be_stronger_within_the_largest(
    strengths: tuple[float, float], share: float, wanted: tuple[float, float]
) -> None:
    less = weaker(vector(strengths), share)
    assert less.strengths == wanted
    assert torch.equal(less.delta, torch.full((8, 16), share))
    assert less.learnt["share"] == share
