"""An encoder that starts as a smaller generator's."""

import pytest
import torch

from editgan.core.errors import InputError
from editgan.models.encoder import Encoder, EncoderConfig
from editgan.training.encoder_growth import grow_encoder

SMALL = EncoderConfig(resolution=16, num_ws=6, w_dim=8, channel_base=256, channel_max=16)
LARGE = EncoderConfig(resolution=64, num_ws=10, w_dim=8, channel_base=256, channel_max=16)


def trained(config: EncoderConfig) -> Encoder:
    torch.manual_seed(0)
    return Encoder(config)


def test_coarse_blocks_are_kept_and_count_from_the_coarse_end() -> None:
    old = trained(SMALL)
    grown = grow_encoder(old, LARGE)
    assert grown.config == LARGE
    for ours, theirs in zip(grown.blocks[-2:], old.blocks[-2:], strict=True):
        assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_new_layers_begin_as_the_last_one() -> None:
    old = trained(SMALL)
    state = grow_encoder(old, LARGE).state_dict()
    rows = [state[f"heads.{i}.linear.weight"].unflatten(0, (-1, 8)) for i in range(3)]
    assert [len(layers) for layers in rows] == [3, 3, 4]
    assert all(torch.equal(layer, rows[2][0]) for layer in rows[2])
    assert torch.equal(rows[1][2], rows[1][1])
    assert not torch.equal(rows[0][2], rows[0][1])


def test_it_answers_for_larger_photos() -> None:
    assert grow_encoder(trained(SMALL), LARGE)(torch.zeros(1, 3, 64, 64)).shape == (1, 10, 8)


def test_the_same_shape_is_a_copy() -> None:
    old = trained(SMALL)
    copied = grow_encoder(old, SMALL)
    assert copied is not old
    assert all(torch.equal(a, b) for a, b in zip(copied.parameters(), old.parameters(), strict=True))


@pytest.mark.parametrize("start", [LARGE, EncoderConfig(resolution=16, num_ws=6, w_dim=16)])
def test_another_kind_or_a_larger_one_is_no_start(start: EncoderConfig) -> None:
    with pytest.raises(InputError, match="start from"):
        grow_encoder(trained(start), SMALL)
