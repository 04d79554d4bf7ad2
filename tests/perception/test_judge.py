import itertools

import pytest
import torch

from editgan.bundle.bundle import ModelBundle
from editgan.models.discriminator import Discriminator
from editgan.perception.features import DiscriminatorJudge, calibrate
from editgan.perception.judge import UNRELATED, Judge, perceptual_distance, unit_channels
from editgan.perception.reconstruction import ReconstructionTarget, ReconstructionWeights

WEIGHTS = ReconstructionWeights()


@pytest.fixture
def judge(bundle: ModelBundle) -> DiscriminatorJudge:
    return bundle.judge()


def left_half(n: int = 1) -> torch.Tensor:
    where = torch.zeros(n, 1, 32, 32, dtype=torch.bool)
    where[..., :16] = True
    return where


def test_equal_pictures_are_at_no_distance_and_others_at_some(judge: DiscriminatorJudge) -> None:
    photos = torch.rand(4, 3, 32, 32) * 2 - 1
    features = judge.features(photos)
    assert torch.equal(perceptual_distance(features, features), torch.zeros(4))
    assert (perceptual_distance(features, judge.features(photos.flip(0))) > 0.01).all()


def test_distance_is_symmetric_and_one_picture_gives_what_a_batch_gives(judge: DiscriminatorJudge) -> None:
    a, b = (judge.features(torch.randn(3, 3, 32, 32)) for _ in range(2))
    both = perceptual_distance(a, b)
    assert torch.allclose(both, perceptual_distance(b, a))
    alone = perceptual_distance([x[1:2] for x in a], [x[1:2] for x in b])
    assert torch.allclose(both[1:2], alone, atol=1e-6)


def test_calibrated_unrelated_neighbours_are_unrelated_apart(discriminator: Discriminator) -> None:
    photos = torch.rand(6, 3, 32, 32) * 2 - 1
    judge = DiscriminatorJudge(discriminator, calibrate(discriminator, photos))
    pairs = [(i, (i + 1) % 6) for i in range(6)]
    distances = [
        perceptual_distance(judge.features(photos[a : a + 1]), judge.features(photos[b : b + 1])).item()
        for a, b in pairs
    ]
    assert sum(distances) / 6 == pytest.approx(UNRELATED, rel=1e-4)


def test_scale_is_a_factor_of_the_distance(discriminator: Discriminator) -> None:
    a, b = torch.randn(1, 3, 32, 32), torch.randn(1, 3, 32, 32)

    def distance(scale: float) -> float:
        judge = DiscriminatorJudge(discriminator, scale)
        return perceptual_distance(judge.features(a), judge.features(b)).item()

    assert distance(3.0) == pytest.approx(3 * distance(1.0), rel=1e-4)


def test_channels_have_unit_length_and_zero_stays_finite() -> None:
    x = torch.randn(2, 5, 3, 3)
    assert torch.allclose(unit_channels(x).square().sum(1), torch.ones(2, 3, 3), atol=1e-5)
    assert torch.equal(unit_channels(torch.zeros(1, 5, 3, 3)), torch.zeros(1, 5, 3, 3))


def test_where_everywhere_changes_nothing_and_nowhere_is_zero(judge: DiscriminatorJudge) -> None:
    a, b = (judge.features(torch.randn(2, 3, 32, 32)) for _ in range(2))
    everywhere = torch.ones(2, 1, 32, 32, dtype=torch.bool)
    assert torch.allclose(perceptual_distance(a, b, everywhere), perceptual_distance(a, b), rtol=1e-5)
    assert torch.equal(perceptual_distance(a, b, ~everywhere), torch.zeros(2))


def test_features_outside_where_do_not_count() -> None:
    a = [torch.randn(1, 4, side, side) for side in (16, 8, 4)]
    changed = [x.clone() for x in a]
    for x in changed:
        x[..., x.shape[3] // 2 :] += 9
    assert perceptual_distance(a, changed, left_half()).item() == 0
    assert perceptual_distance(a, changed, ~left_half()).item() > 1


def test_reconstruction_ignores_the_pixels_that_do_not_count(judge: DiscriminatorJudge) -> None:
    photo, image = torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32)
    other = torch.where(left_half(), image, -image)
    target = ReconstructionTarget(photo, judge, left_half())
    a, b = (target.terms(x, WEIGHTS) for x in (image, other))
    assert a == b and a["pixels"] > 0 and a["perceptual"] > 0
    same = target.terms(torch.where(left_half(), photo, image), WEIGHTS)
    assert same["pixels"] == same["perceptual"] == 0


def test_reconstruction_terms_are_means_over_their_pixels(judge: DiscriminatorJudge) -> None:
    photo = torch.zeros(2, 3, 32, 32)
    image = photo + 0.4  # 0.2 in 0..1
    for where in (None, left_half(2)):
        terms = ReconstructionTarget(photo, judge, where).terms(image, ReconstructionWeights(pixels=2.0))
        assert terms["pixels"].item() == pytest.approx(2 * 0.04, rel=1e-4)


def test_weights_are_factors(judge: DiscriminatorJudge) -> None:
    target, image = ReconstructionTarget(torch.rand(1, 3, 32, 32), judge), torch.rand(1, 3, 32, 32)
    one = target.terms(image, ReconstructionWeights(perceptual=1.0, pixels=1.0))
    for perceptual, pixels in itertools.product((0.0, 2.0), (0.5, 3.0)):
        terms = target.terms(image, ReconstructionWeights(perceptual=perceptual, pixels=pixels))
        assert terms["perceptual"].item() == pytest.approx(perceptual * one["perceptual"].item(), rel=1e-4)
        assert terms["pixels"].item() == pytest.approx(pixels * one["pixels"].item(), rel=1e-4)


def test_nothing_that_counts_is_a_zero_not_a_nan(judge: DiscriminatorJudge) -> None:
    nothing = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    image = torch.rand(1, 3, 32, 32).requires_grad_()
    terms = ReconstructionTarget(torch.rand(1, 3, 32, 32), judge, nothing).terms(image, WEIGHTS)
    assert terms["pixels"].item() == terms["perceptual"].item() == 0
    torch.stack(tuple(terms.values())).sum().backward()
    assert image.grad is not None and torch.isfinite(image.grad).all()


def test_the_bundles_own_judge_is_a_judge(judge: DiscriminatorJudge) -> None:
    assert isinstance(judge, Judge) and judge.name == "discriminator features"
    assert [x.shape[2] for x in judge.features(torch.zeros(1, 3, 32, 32))] == [16, 8, 4]
