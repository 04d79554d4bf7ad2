import pytest
import torch
from skimage.data import astronaut

from editgan.core.errors import NoSubjectError, PhotoError
from editgan.data.frame import Framing
from editgan.inversion.framing import NUM_CORRECTIONS, correct_framing, find_framing
from editgan.inversion.search import search_for, subjects_in
from editgan.models.aligner import Aligner, AlignerConfig

WALL = torch.full((1, 90, 120, 3), 128, dtype=torch.uint8)


@pytest.fixture
def portrait() -> torch.Tensor:
    return torch.from_numpy(astronaut())[None]


@pytest.fixture
def constant() -> Aligner:
    """Says the same of every crop."""
    aligner = Aligner(AlignerConfig(resolution=32, channels=4))
    last = aligner.head[-1]
    torch.nn.init.zeros_(last.weight)
    last.bias.data.copy_(torch.atanh(torch.tensor([0.02, -0.01, 0.03, 0.05]) / aligner.limits))
    return aligner


def test_a_box_is_taken_exactly_even_with_an_aligner(portrait: torch.Tensor, constant: Aligner) -> None:
    framing = find_framing(portrait, "face", constant, (100, 50, 60, 80))
    assert framing == Framing(centre_x=130.0, centre_y=90.0, side=80.0)


def test_a_box_serves_subjects_no_detector_knows() -> None:
    assert find_framing(WALL, "car", None, (10.0, 10.0, 40.0, 30.0)).side == 40
    with pytest.raises(NoSubjectError, match="with a box"):
        find_framing(WALL, "car", None, None)


def test_without_an_aligner_the_detection_stands(portrait: torch.Tensor) -> None:
    assert find_framing(portrait, "face", None, None) == subjects_in(portrait, search_for("face"))[0].framing


def test_the_aligner_corrects_the_detection_several_times(portrait: torch.Tensor, constant: Aligner) -> None:
    detected = subjects_in(portrait, search_for("face"))[0].framing
    expected = detected
    for _ in range(NUM_CORRECTIONS):
        expected = expected.adjusted(0.02, -0.01, 0.03, 0.05)
    found = find_framing(portrait, "face", constant, None)
    assert found == correct_framing(portrait, detected, constant)
    got = (found.centre_x, found.centre_y, found.side, found.angle)
    assert got == pytest.approx(
        (expected.centre_x, expected.centre_y, expected.side, expected.angle), rel=1e-5
    )


def test_no_face_is_said_and_a_box_offered() -> None:
    with pytest.raises(NoSubjectError, match=r"no face was found in the 120x90 photo.*with a box"):
        find_framing(WALL, "face", None, None)


def test_a_box_outside_the_photo_is_refused() -> None:
    with pytest.raises(PhotoError, match="outside the 120x90 photo"):
        find_framing(WALL, "face", None, (500, 0, 10, 10))
