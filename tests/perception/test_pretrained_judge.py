import pytest
import torch
from skimage.data import astronaut, coffee
from torch import Tensor

from editgan.core.images import from_pixels, resize
from editgan.perception.judge import UNRELATED, perceptual_distance
from editgan.perception.pretrained_judge import PretrainedJudge, pretrained_judge


@pytest.fixture(scope="module")
def judge() -> PretrainedJudge:
    return pretrained_judge("cpu")


def picture(pixels, side: int = 64) -> Tensor:
    return resize(from_pixels(torch.from_numpy(pixels[None, :400, :400].copy())), side)


def distance(judge: PretrainedJudge, a: Tensor, b: Tensor) -> float:
    return perceptual_distance(judge.features(a), judge.features(b)).item()


def test_it_grows_with_the_damage_and_other_subjects_are_farthest(judge: PretrainedJudge) -> None:
    photo = picture(astronaut())
    blurred = [resize(resize(photo, side), 64) for side in (48, 24, 12)]
    found = [distance(judge, photo, other) for other in (photo, *blurred, picture(coffee()))]
    assert found[0] == 0 and found == sorted(found)
    assert UNRELATED / 2 < found[-1] < 2 * UNRELATED


def test_a_region_is_all_that_counts(judge: PretrainedJudge) -> None:
    photo = picture(astronaut(), 128)
    other, here = photo.clone(), torch.zeros(1, 1, 128, 128, dtype=torch.bool)
    other[..., 96:, 96:] = 0
    here[..., :64, :64] = True
    features = judge.features(photo), judge.features(other)
    assert perceptual_distance(*features, here) < 0.2 * perceptual_distance(*features)


def test_small_pictures_are_enlarged_and_the_gradient_arrives(judge: PretrainedJudge) -> None:
    small = picture(astronaut(), 16).requires_grad_()
    perceptual_distance(judge.features(small), judge.features(picture(coffee(), 16))).sum().backward()
    assert small.grad is not None and small.grad.abs().sum() > 0


def test_reports_can_tell_which_network_judged(judge: PretrainedJudge) -> None:
    assert judge.name == "EfficientNet-Lite1 features"
    assert PretrainedJudge(network="lite0").name == "EfficientNet-Lite0 features"
    assert pretrained_judge("cpu") is judge
