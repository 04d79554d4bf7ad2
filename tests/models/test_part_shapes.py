"""Parts that are unlike those seen are told by their shape and place."""

import pytest
import torch
from torch import Tensor

from editgan.core.errors import InputError
from editgan.models.part_shapes import LEAST, OWN, PartShapes, ShapesConfig, between, statistics

SIDE, EYES, MOUTH, RARE = 64, 1, 2, 3


def face(dx: int = 0, dy: int = 0, wide: int = 0, mouth: tuple[int, int] = (0, 0)) -> Tensor:
    """Two eyes and a mouth, a few pixels off and wider; the mouth somewhere else than the eyes say."""
    label_map = torch.zeros(1, SIDE, SIDE, dtype=torch.int64)
    for left in (17, 38):
        label_map[0, 20 + dy : 24 + dy, left + dx : left + 9 + dx] = EYES
    x, y = dx + mouth[0], dy + mouth[1]
    label_map[0, 42 + y : 46 + y, 24 + x - wide : 40 + x + wide] = MOUTH
    return label_map


def faces(count: int, seed: int) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    some = torch.randint(-2, 3, (count, 2), generator=rng).tolist()
    wide = torch.randint(-2, 3, (count,), generator=rng).tolist()
    return torch.cat([face(dx, dy, w) for (dx, dy), w in zip(some, wide, strict=True)])


@pytest.fixture(scope="module")
def shapes() -> PartShapes:
    return PartShapes(ShapesConfig(classes=4)).fit(faces(200, 0))


def test_statistics_are_of_the_frame_not_of_its_pixels() -> None:
    small, large = face(), face().repeat_interleave(4, 1).repeat_interleave(4, 2)
    own = statistics(small, 4)[0]
    assert torch.allclose(own[:3], statistics(large, 4)[0, :3], atol=0.02)
    assert own[RARE].isnan().all() and own.shape == (4, OWN)
    area, x, y, wide, high, turned = own[MOUTH].tolist()
    assert area == pytest.approx(torch.tensor(64 / SIDE**2).log().item())
    assert (x, y) == pytest.approx((0.5, 44 / SIDE))
    assert wide == pytest.approx(torch.tensor(16 / SIDE / 12**0.5).log().item())  # a bar's deviation
    assert high == pytest.approx(torch.tensor(4 / SIDE / 12**0.5).log().item())
    assert turned == pytest.approx(0)
    right, down, larger = between(own[MOUTH], own[EYES]).tolist()
    assert (right, down) == pytest.approx((0, 22 / SIDE)) and larger < 0


def test_a_single_pixel_has_a_width() -> None:
    label_map = torch.zeros(1, SIDE, SIDE, dtype=torch.int64)
    label_map[0, 10, 20] = EYES
    assert statistics(label_map, 4)[0, EYES].isfinite().all()


def test_what_is_like_those_seen_is_not_told(shapes: PartShapes) -> None:
    found = shapes(faces(100, 1))
    assert (found[:, [EYES, MOUTH]] <= 1.05).float().mean() > 0.97
    assert found[:, RARE].isnan().all()


@pytest.mark.parametrize(
    "odd, part",
    [
        (face(wide=22), MOUTH),  # nearly four times as wide
        (face(mouth=(0, 12)), MOUTH),
        (face(dy=-12), EYES),
        (face(mouth=(3, -3)), MOUTH),  # at a usual place, but not with eyes there
    ],
)
def test_odd_shapes_and_places_are_told(odd: Tensor, part: int, shapes: PartShapes) -> None:
    assert shapes(odd)[0, part] > 1


def test_a_third_eye_is_told_and_so_is_one_of_a_pixel(shapes: PartShapes) -> None:
    third, speck = face(), face()
    third[0, 34:38, 10:19] = EYES
    speck[speck == EYES] = 0
    speck[0, 22, 30] = EYES
    for odd in (third, speck):
        assert shapes(odd)[0, EYES] > 2
    assert shapes(third)[0, MOUTH] > 1  # which lies elsewhere than such eyes say


def test_of_a_part_that_was_hardly_seen_nothing_is_said() -> None:
    seen = faces(200, 2)
    seen[: 2 * LEAST - 4, :3, :3] = RARE  # half of which are learnt from
    shapes = PartShapes(ShapesConfig(classes=4)).fit(seen)
    odd = face()
    odd[0, 50:60, 50:60] = RARE
    assert shapes(odd)[0, RARE].isnan() and shapes(odd)[0, MOUTH].isfinite()


def test_a_few_misread_pictures_do_not_make_everything_usual(shapes: PartShapes) -> None:
    seen = faces(200, 0)
    seen[::40] = face(mouth=(0, -30)).expand(5, -1, -1)
    misread = PartShapes(ShapesConfig(classes=4)).fit(seen)
    assert misread(face(mouth=(0, 10)))[0, MOUTH] > 1.5


def test_too_few_pictures_and_too_many_classes_are_refused() -> None:
    with pytest.raises(InputError, match="take 48 label maps or more, got 10"):
        PartShapes(ShapesConfig(classes=4)).fit(faces(10, 0))
    for classes in (0, 257):
        with pytest.raises(InputError, match=f"1 to 256 classes of parts, got {classes}"):
            ShapesConfig(classes=classes)
