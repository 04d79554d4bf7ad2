import pytest
import torch
from skimage.data import astronaut

from editgan.data.frame import Framing
from editgan.evaluation.identity import auc
from editgan.evaluation.probe import auc_with_interval, logistic, part_features, scores
from editgan.perception.pretrained import pretrained

PHOTOS = [f"{i % 20}.png" for i in range(80)]
IS_EDITED = torch.arange(80) < 40


def test_what_differs_is_told_and_what_does_not_is_not() -> None:
    features = torch.randn(80, 30)
    blind = scores(features, IS_EDITED, PHOTOS)
    assert auc(blind[IS_EDITED], blind[~IS_EDITED]) == pytest.approx(0.5, abs=0.17)
    features[IS_EDITED, 3] += 4
    seeing = scores(features, IS_EDITED, PHOTOS)
    middle, low, high = auc_with_interval(seeing, IS_EDITED, PHOTOS)
    assert middle > 0.85 and low <= middle <= high <= 1


def test_a_photo_is_not_told_by_what_was_learnt_from_it() -> None:
    own = torch.randn(20, 30)  # of each photo; which of them are edited is random, and the same for its rows
    number = torch.tensor([int(photo.removesuffix(".png")) for photo in PHOTOS])
    edited = (torch.randn(20) > 0)[number]
    found = scores(own[number] + 0.01 * torch.randn(80, 30), edited, PHOTOS)
    assert auc(found[edited], found[~edited]) < 0.75


def test_the_regression_finds_the_border() -> None:
    features = torch.randn(400, 2)
    weights = logistic(features, features[:, 0] > 0.5)
    assert weights[0] > 1 and weights[1].abs() < 0.3 and weights[2] < 0


def test_features_are_of_the_part_and_of_what_is_seen_there() -> None:
    network, photo = pretrained("lite0"), torch.from_numpy(astronaut())[None]
    framing = Framing(centre_x=224.0, centre_y=122.0, side=180.0)
    region = torch.zeros(1, 1, 64, 64, dtype=torch.bool)
    region[..., 20:30, 15:50] = True
    found = part_features(network, photo, framing, region)
    assert found.shape == (2 * (24 + 40 + 112),) and found.isfinite().all()
    elsewhere, here = photo.clone(), photo.clone()
    elsewhere[:, 400:] = 0
    here[:, 95:115, 180:260] = 0
    assert torch.equal(part_features(network, elsewhere, framing, region), found)
    assert (part_features(network, here, framing, region) - found).abs().max() > 0.1
