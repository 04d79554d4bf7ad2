import numpy as np
import pytest
import torch

from editgan.evaluation.detail import detail_moved


def photo() -> torch.Tensor:
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.integers(60, 200, (1, 80, 80, 3), dtype=np.uint8))


def where() -> np.ndarray:
    mask = np.zeros((80, 80), dtype=bool)
    mask[30:45, 30:60] = True
    return mask


def test_detail_that_moved_along_is_found_where_it_went() -> None:
    before = photo()
    found = detail_moved(before, before.roll((-5, 2), (1, 2)), where(), (2.0, -5.0))
    assert found is not None
    assert found.share == pytest.approx(1) and found.correlation > 0.99 > 0.3 > found.correlation_unmoved


def test_detail_that_stayed_or_is_gone_is_told_apart() -> None:
    before = photo()
    stayed = detail_moved(before, before, where(), (0.0, -5.0))
    gone = detail_moved(before, torch.full_like(before, 128), where(), (0.0, -5.0))
    assert stayed is not None and gone is not None
    assert stayed.share == 0 and stayed.correlation == stayed.correlation_unmoved > 0.99
    assert gone.correlation == pytest.approx(0, abs=1e-3)


def test_nothing_is_said_of_specks_and_of_less_than_a_pixel() -> None:
    before, speck = photo(), np.zeros((80, 80), dtype=bool)
    speck[40, 40] = True
    assert detail_moved(before, before, speck, (0.0, -5.0)) is None
    assert detail_moved(before, before, where(), (0.5, 0.0)) is None
