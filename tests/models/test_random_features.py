import pytest
import torch

from editgan.evaluation.distribution import features_of, fid, kid, standardised
from editgan.models.random_features import RandomFeatures


@pytest.mark.parametrize("side", [32, 128, 200])
def test_pictures_of_any_size_have_features(side: int):
    images = torch.rand(2, 3, side, side) * 2 - 1
    features = RandomFeatures()(images)
    assert features.shape == (2, RandomFeatures.num_features)
    torch.testing.assert_close(RandomFeatures()(images[:1]), features[:1], rtol=1e-4, atol=1e-5)


def test_the_weights_are_the_same_whatever_the_state_of_the_random_numbers():
    torch.manual_seed(1)
    first = RandomFeatures().state_dict()
    torch.manual_seed(2)
    assert all(torch.equal(first[k], v) for k, v in RandomFeatures().state_dict().items())
    # published figures hold only as long as these weights stay what they were
    assert first["stem.weight"].double().abs().sum().item() == pytest.approx(754.48, abs=0.1)


def test_the_more_pictures_are_spoilt_the_farther_they_are():
    smooth = torch.nn.functional.interpolate(torch.randn(120, 3, 6, 6), 64, mode="bicubic").clamp(-1, 1)
    real, other = smooth[:60], smooth[60:]
    network = RandomFeatures()
    before = features_of(network, real.split(20))
    found = [
        features_of(network, (other + amount * torch.randn_like(other)).split(20)) for amount in (0, 0.2, 0.5)
    ]
    assert fid(standardised(before, found[0])) < fid(standardised(before, found[2]))
    assert (
        kid(standardised(before, found[0]))
        < kid(standardised(before, found[1]))
        < kid(standardised(before, found[2]))
    )
