import pytest
import torch
from torch import nn

from editgan.core.errors import InputError
from editgan.metrics.distribution import features_of, fid, kid


def _features(n: int, shift: float = 0.0, spread: float = 1.0, seed: int = 0) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(n, 6, generator=rng) * spread + shift


def test_fid_of_gaussians_is_the_formula():
    a, b = _features(20_000), _features(20_000, shift=1.0, spread=2.0, seed=1)
    # |m1 - m2|^2 + tr(S1 + S2 - 2 sqrt(S1 S2)) with S1 = 1, S2 = 4
    assert fid(a, b) == pytest.approx(6 * 1.0 + 6 * (1 + 4 - 2 * 2), rel=0.05)


def test_equal_sets_are_at_no_distance():
    a = _features(500)
    assert fid(a, a) == pytest.approx(0, abs=1e-6)
    assert kid(a, a) == pytest.approx(0, abs=0.1)


def test_kid_has_no_bias_and_sees_a_shift():
    same = kid(_features(400), _features(400, seed=1))
    other = kid(_features(400), _features(400, shift=0.5, seed=1))
    assert abs(same) < 0.05 < other


def test_distances_do_not_depend_on_the_units_of_features_nor_on_global_randomness():
    a, b = _features(300), _features(300, shift=0.3, seed=1)
    torch.manual_seed(5)
    first = kid(a, b)
    assert kid(1000 * a + 5, 1000 * b + 5) == pytest.approx(first, rel=1e-3)
    assert fid(1000 * a + 5, 1000 * b + 5) == pytest.approx(fid(a, b), rel=1e-3)


def test_features_are_collected_batch_by_batch():
    batches = [torch.ones(2, 3, 4, 4), torch.zeros(1, 3, 4, 4)]
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert features_of(network, batches)[:, 0].tolist() == [1, 1, 0]


def test_one_picture_is_no_set():
    with pytest.raises(InputError, match="two pictures"):
        fid(_features(1), _features(10))
