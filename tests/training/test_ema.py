import pytest
from torch import nn

from editgan.training.ema import ema_decay, update_ema


def test_the_average_moves_by_one_minus_decay_and_buffers_are_copied():
    ema, live = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    nn.init.constant_(live.weight, 5.0)
    live.running_mean.fill_(3.0)
    update_ema(ema, live, 0.75)
    assert ema.weight.tolist() == [2, 2]  # 0.75 * 1 + 0.25 * 5
    assert ema.running_mean.tolist() == [3, 3]
    assert live.weight.tolist() == [5, 5]


def test_the_average_takes_part_in_no_gradient():
    ema, live = nn.Linear(2, 2), nn.Linear(2, 2)
    update_ema(ema, live, 0.5)
    assert ema.weight.grad_fn is None


def test_after_one_half_life_half_of_the_old_weights_is_left():
    decay = ema_decay(10**6, 10, half_life_images=1000, ramp=0.05)
    assert decay**100 == pytest.approx(0.5)


def test_the_half_life_grows_with_the_images_shown_until_it_reaches_its_own():
    decays = [
        ema_decay(images, 32, half_life_images=10_000, ramp=0.05)
        for images in (0, 1_000, 50_000, 200_000, 400_000)
    ]
    assert decays[0] == 0  # at first the average is the network itself
    assert decays == sorted(decays)
    assert decays[1] == pytest.approx(0.5 ** (32 / 50))
    assert decays[3] == decays[4] == pytest.approx(0.5 ** (32 / 10_000))
