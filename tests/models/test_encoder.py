import pytest
import torch

from editgan.core.errors import InputError
from editgan.models.encoder import Encoder, EncoderConfig


def config(resolution: int = 32, num_ws: int = 8) -> EncoderConfig:
    return EncoderConfig(
        resolution=resolution,
        num_ws=num_ws,
        w_dim=6,
        channel_base=256,
        channel_max=16,
        pyramid_channels=8,
        head_channels=8,
    )


@pytest.mark.parametrize(("resolution", "num_ws"), [(16, 6), (32, 8), (64, 10), (128, 12)])
def test_every_layer_gets_one_w(resolution: int, num_ws: int) -> None:
    encoder = Encoder(config(resolution, num_ws))
    assert encoder(torch.randn(2, 3, resolution, resolution)).shape == (2, num_ws, 6)


@pytest.mark.parametrize("num_ws", [6, 8, 10, 12, 14, 16, 18])
def test_groups_of_layers_cover_all_without_overlap(num_ws: int) -> None:
    layers = [layer for group in config(num_ws=num_ws).groups for layer in group]
    assert layers == list(range(num_ws))
    assert all(len(group) > 0 for group in config(num_ws=num_ws).groups)


def test_training_starts_near_w_avg() -> None:
    encoder = Encoder(config())
    encoder.w_avg.copy_(torch.randn(6))
    offsets = encoder(torch.randn(4, 3, 32, 32)) - encoder.w_avg
    assert 0 < offsets.abs().max() < 0.5


def test_one_photo_gives_what_a_batch_gives_also_while_training() -> None:
    encoder, photos = Encoder(config()).train(), torch.randn(5, 3, 32, 32)
    assert torch.allclose(encoder(photos)[2:3], encoder(photos[2:3]), atol=1e-5)


def test_every_weight_learns() -> None:
    encoder = Encoder(config())
    encoder(torch.randn(2, 3, 32, 32)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in encoder.parameters())


def test_a_128_px_encoder_is_compact() -> None:
    with torch.device("meta"):
        encoder = Encoder(EncoderConfig(resolution=128, num_ws=12, w_dim=512))
    assert sum(p.numel() for p in encoder.parameters()) <= 8_000_000


def test_photos_of_another_size_are_refused() -> None:
    with pytest.raises(InputError, match=r"32 px.*\(16, 16\)"):
        Encoder(config())(torch.randn(1, 3, 16, 16))


@pytest.mark.parametrize("resolution", [8, 48, 100])
def test_an_odd_resolution_is_refused(resolution: int) -> None:
    with pytest.raises(InputError, match=str(resolution)):
        config(resolution)
