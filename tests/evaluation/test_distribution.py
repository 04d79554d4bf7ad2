import pytest
import torch
from torch import nn

from editgan.core.errors import InputError
from editgan.evaluation import distribution
from editgan.evaluation.distribution import features_of, fid, kid, precision_recall, standardised


def _features(n: int, shift: float = 0.0, spread: float = 1.0, seed: int = 0) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(n, 6, generator=rng) * spread + shift


def test_fid_of_gaussians_is_the_formula():
    a, b = _features(20_000), _features(20_000, shift=1.0, spread=2.0, seed=1)
    # |m1 - m2|^2 + tr(S1 + S2 - 2 sqrt(S1 S2)) with S1 = 1, S2 = 4
    assert fid(standardised(a, b)) == pytest.approx(6 * 1.0 + 6 * (1 + 4 - 2 * 2), rel=0.05)


def test_equal_sets_are_at_no_distance():
    a = _features(500)
    assert fid(standardised(a, a)) == pytest.approx(0, abs=1e-6)
    assert kid(standardised(a, a)) == pytest.approx(0, abs=0.1)


def test_kid_has_no_bias_and_sees_a_shift():
    same = kid(standardised(_features(400), _features(400, seed=1)))
    other = kid(standardised(_features(400), _features(400, shift=0.5, seed=1)))
    assert abs(same) < 0.05 < other


def test_distances_do_not_depend_on_the_units_of_features_nor_on_global_randomness():
    a, b = _features(300), _features(300, shift=0.3, seed=1)
    torch.manual_seed(5)
    first = kid(standardised(a, b))
    assert kid(standardised(1000 * a + 5, 1000 * b + 5)) == pytest.approx(first, rel=1e-3)
    assert fid(standardised(1000 * a + 5, 1000 * b + 5)) == pytest.approx(fid(standardised(a, b)), rel=1e-3)


def test_features_are_collected_batch_by_batch():
    batches = [torch.ones(2, 3, 4, 4), torch.zeros(1, 3, 4, 4)]
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert features_of(network, batches)[:, 0].tolist() == [1, 1, 0]


def test_one_picture_is_no_set():
    with pytest.raises(InputError, match="two pictures"):
        fid(standardised(_features(1), _features(10)))


def test_a_feature_dead_over_the_photos_is_as_if_it_were_not_there():
    a, b = _features(300), _features(300, shift=0.3, seed=1)
    dead_a, dead_b = torch.zeros(300, 1), _features(300, seed=2)[:, :1]
    dead_a[7] = 1e-3  # it stirs in one photo
    for measure in (fid, kid, precision_recall):
        assert measure(standardised(torch.cat([a, dead_a], 1), torch.cat([b, dead_b], 1))) == measure(
            standardised(a, b)
        )
    sets = standardised(torch.cat([dead_a, a, dead_a], 1), torch.cat([dead_b, b, dead_b], 1))
    assert sets.left_out == 2
    assert sets.real.shape == sets.fake.shape == (300, 6)


def test_features_of_photos_have_unit_variance_once_standardised():
    sets = standardised(3 * _features(200) + 5, _features(100, seed=1))
    assert sets.left_out == 0
    torch.testing.assert_close(sets.real.mean(0), torch.zeros(6, dtype=torch.float64), atol=1e-6, rtol=0)
    torch.testing.assert_close(sets.real.var(0), torch.ones(6, dtype=torch.float64))


def test_photos_all_alike_are_refused():
    with pytest.raises(InputError, match="should differ"):
        fid(standardised(torch.ones(10, 6), _features(10)))


def test_features_that_are_no_numbers_are_refused():
    with pytest.raises(InputError, match="finite"):
        kid(standardised(_features(10), _features(10) / 0))


def test_fid_of_fewer_pictures_than_features_is_finite_and_sees_a_shift():
    rng = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 20, 50, generator=rng).unbind()
    assert fid(standardised(a, a)) == pytest.approx(0, abs=1e-6)
    assert 0 < fid(standardised(a, b)) < fid(standardised(a, b + 1))


def test_kid_is_near_zero_whatever_the_count_where_fid_is_not():
    for n in (50, 200, 800):
        assert abs(kid(standardised(_features(n), _features(n, seed=1)))) < 3 / n
    assert fid(standardised(_features(50), _features(50, seed=1))) > 3 * fid(
        standardised(_features(800), _features(800, seed=1))
    )


def test_a_set_has_full_precision_and_recall_against_itself():
    a = _features(200)
    assert precision_recall(standardised(a, a)) == (1, 1)


def test_samples_far_from_photos_have_neither_precision_nor_recall():
    assert precision_recall(standardised(_features(100), _features(100, shift=20.0))) == (0, 0)


def _two_kinds(each: int, seed: int) -> torch.Tensor:
    return torch.cat([_features(each, -5.0, seed=seed), _features(each, 5.0, seed=seed + 1)])


def test_dropping_a_kind_of_picture_costs_recall_alone():
    real = _two_kinds(300, 0)
    both_precision, both_recall = precision_recall(standardised(real, _two_kinds(300, 2)))
    precision, recall = precision_recall(standardised(real, _features(600, 5.0, seed=3)))
    assert precision > both_precision - 0.05 > 0.8
    assert both_recall > 0.85
    assert recall == pytest.approx(0.5, abs=0.05)


def test_noise_costs_precision():
    real = _features(400)
    clean, _ = precision_recall(standardised(real, _features(400, seed=1)))
    noisy, _ = precision_recall(standardised(real, _features(400, seed=1) + 2 * _features(400, seed=2)))
    assert noisy < clean - 0.2


def test_precision_and_recall_are_those_of_the_definition():
    real, fake = _features(40), _features(30, shift=0.7, spread=1.3, seed=1)
    sets = standardised(real, fake)

    def share(of: torch.Tensor, near: torch.Tensor) -> float:
        radius = torch.cdist(near, near).sort(1).values[:, 3]  # the first is itself
        return float((torch.cdist(of, near) <= radius).any(1).double().mean())

    assert 0 < share(sets.fake, sets.real) < 1
    assert precision_recall(standardised(real, fake)) == pytest.approx(
        (share(sets.fake, sets.real), share(sets.real, sets.fake))
    )


def test_what_is_held_at_a_time_changes_nothing(monkeypatch: pytest.MonkeyPatch):
    real, fake = _features(90), _features(70, shift=0.7, seed=1)
    whole = precision_recall(standardised(real, fake))
    monkeypatch.setattr(distribution, "CHUNK", 32)
    assert precision_recall(standardised(real, fake)) == whole


def test_too_few_pictures_for_neighbours_are_refused():
    with pytest.raises(InputError, match="more than 3 pictures a side, got 3"):
        precision_recall(standardised(_features(10), _features(3)))
