import pytest
import torch

from editgan.core.devices import has_fast_bf16, pick_device
from editgan.core.errors import InputError


def test_the_device_asked_for_is_taken():
    assert pick_device("cpu") == torch.device("cpu")


def test_without_a_wish_some_device_is_found():
    torch.empty(1, device=pick_device())


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "", "fpga"])
def test_a_device_that_is_not_here_is_refused_with_a_way_out(name):
    with pytest.raises(InputError, match="try cpu"):
        pick_device(name)


def test_bf16_is_a_plain_yes_or_no():
    assert has_fast_bf16(torch.device("cpu")) in (True, False)
    assert has_fast_bf16(torch.device("meta")) is False
