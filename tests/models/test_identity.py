import pytest
import torch

from editgan.core.errors import InputError
from editgan.models.identity import IdentityConfig, IdentityNetwork


def network(resolution: int = 32) -> IdentityNetwork:
    config = IdentityConfig(
        resolution=resolution, channel_base=256, channel_max=16, squeezed_channels=8, dim=12
    )
    return IdentityNetwork(config).eval()


def test_embeddings_have_unit_length() -> None:
    found = network()(torch.rand(5, 3, 32, 32) * 2 - 1)
    assert found.shape == (5, 12)
    assert torch.allclose(found.norm(dim=1), torch.ones(5), atol=1e-5)


def test_one_photo_gives_what_a_batch_gives() -> None:
    net, photos = network(), torch.rand(6, 3, 32, 32) * 2 - 1
    assert torch.allclose(net(photos)[3:4], net(photos[3:4]), atol=1e-5)


def test_exposure_and_contrast_are_not_identity() -> None:
    net, photos = network(), torch.rand(2, 3, 32, 32) * 2 - 1
    as_darker = net(photos * 0.5 - 0.3)
    assert ((net(photos) * as_darker).sum(1) > 0.99).all()
    assert (net(photos) * net(photos.flip(2))).sum(1).max() < 0.99


def test_pictures_of_other_sizes_are_resized() -> None:
    net, coarse = network(), torch.rand(1, 3, 8, 8) * 2 - 1
    small, large = (torch.nn.functional.interpolate(coarse, (s, s), mode="bicubic") for s in (32, 96))
    assert (net(small) * net(large)).sum() > 0.99


def test_gradients_reach_the_picture_for_edits_that_hold_identity() -> None:
    photo = (torch.rand(1, 3, 32, 32) * 2 - 1).requires_grad_()
    net = network().requires_grad_(False)
    (1 - (net(photo) * net(photo.detach().flip(3))).sum()).backward()
    assert photo.grad is not None and photo.grad.abs().sum() > 0


@pytest.mark.parametrize("resolution", [16, 64, 128])
def test_it_can_be_built_for_every_size_of_bundle(resolution: int) -> None:
    assert network(resolution)(torch.zeros(1, 3, resolution, resolution)).shape == (1, 12)


@pytest.mark.parametrize("resolution", [8, 48])
def test_sizes_that_do_not_halve_are_refused(resolution: int) -> None:
    with pytest.raises(InputError, match=f"power of two from 16, got {resolution}"):
        IdentityConfig(resolution=resolution)
