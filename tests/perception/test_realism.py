import pytest
import torch
from torch import Tensor

from editgan.models.feature_discriminator import FeatureDiscriminator, FeatureDiscriminatorConfig
from editgan.perception.realism import Realism


@pytest.fixture(scope="module")
def realism() -> Realism:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        heads = FeatureDiscriminator(FeatureDiscriminatorConfig(channel_base=128, picture_side=8))
        return Realism(heads.eval().requires_grad_(False), "cpu")


@pytest.fixture
def region() -> Tensor:
    mask = torch.zeros(2, 1, 32, 32, dtype=torch.bool)
    mask[..., 12:16, 12:16] = True
    return mask


def test_only_what_is_near_the_region_is_graded(realism: Realism, region: Tensor) -> None:
    before = torch.rand(2, 3, 32, 32) * 2 - 1
    far, near = before.clone(), before.clone()
    far[..., 24:, 24:] = 0
    near[..., 12:16, 12:16] = 0
    unchanged = realism.loss(before, before, region)
    assert torch.equal(realism.loss(far, before, region), unchanged)
    assert not torch.equal(realism.loss(near, before, region), unchanged)


def test_the_gradient_stays_near_the_region(realism: Realism, region: Tensor) -> None:
    before = torch.rand(2, 3, 32, 32) * 2 - 1
    image = before.clone().requires_grad_()
    realism.loss(image, before, region).backward()
    assert image.grad is not None
    moved = image.grad.abs().sum((0, 1)) > 0
    assert moved[12:16, 12:16].all() and not moved[:9].any() and not moved[:, 19:].any()


def test_the_loss_is_that_of_the_logits(realism: Realism, region: Tensor) -> None:
    before = torch.rand(2, 3, 32, 32) * 2 - 1
    logits = realism.logits(before)
    assert logits.shape == (2, 5)  # four maps and the picture
    expected = torch.log1p(torch.exp(-logits)).mean()
    assert realism.loss(before, before, region).item() == pytest.approx(expected.item(), rel=1e-5)
