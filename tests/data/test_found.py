import pytest

from editgan.core.errors import NoSubjectError
from editgan.data.detect import check_detected
from editgan.data.found import Seen, apart, chosen, numbered
from editgan.data.frame import Framing


def seen(x: float, side: float, score: float = 1.0, angle: float = 0.0) -> Seen:
    return Seen(Framing(centre_x=x, centre_y=50.0, side=side, angle=angle), score)


def test_subjects_are_numbered_from_left_to_right_with_boxes_around_their_frames() -> None:
    left, right = numbered([seen(200, 40), seen(60, 20, angle=0.7853981634)])
    assert (left.number, right.number) == (1, 2)
    assert right.box == (180, 30, 40, 40) and right.angle_degrees == 0
    assert left.box == (46, 36, 28, 28) and left.angle_degrees == 45


def test_of_frames_around_the_same_subject_the_surest_is_kept() -> None:
    kept = apart([seen(100, 40, 0.5), seen(110, 50, 2.0), seen(160, 40, 0.7)])
    assert [one.score for one in kept] == [2.0, 0.7]


def test_the_largest_is_chosen_unless_a_number_is_given() -> None:
    found = numbered([seen(60, 20), seen(200, 40), seen(300, 30)])
    assert chosen(found, "largest", "face", 400, 100).number == 2
    assert chosen(found, 3, "face", 400, 100).framing.side == 30


def test_a_number_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(NoSubjectError, match=r"only one face was found in the photo; .* 1 to 1"):
        chosen(numbered([seen(60, 20)]), 2, "face", 400, 100)
    with pytest.raises(NoSubjectError, match=r"no face was found in the 400x100 photo.*with a box"):
        chosen([], "largest", "face", 400, 100)


def test_unknown_subjects_are_refused_with_a_way_out() -> None:
    with pytest.raises(NoSubjectError, match=r"'car'.*a box, which is 0, 0, 512, 400 if"):
        check_detected("car", 512, 400)
