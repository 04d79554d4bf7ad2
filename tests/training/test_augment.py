import pytest
import torch

from editgan.training.gan.augment import AdaptiveStrength, augment


def test_no_augmentation_returns_the_images_themselves():
    images = torch.randn(4, 3, 16, 16)
    assert augment(images, 0.0) is images


@pytest.mark.parametrize("p", [0.05, 0.5, 1.0])
def test_the_shape_stays_and_the_values_stay_finite(p):
    images = torch.randn(16, 3, 16, 16).clamp(-1, 1)
    out = augment(images, p)
    assert out.shape == images.shape
    assert torch.isfinite(out).all()


def test_more_strength_changes_more_images():
    images = torch.randn(200, 3, 8, 8)

    def changed(p: float) -> float:
        return ((augment(images, p) - images).abs().amax((1, 2, 3)) > 1e-3).float().mean().item()

    assert changed(0.01) < 0.2 < changed(0.2) < changed(0.8)


def test_gradients_reach_the_images():
    images = torch.randn(8, 3, 16, 16, requires_grad=True)
    augment(images, 0.8).square().sum().backward()
    assert images.grad is not None
    assert torch.isfinite(images.grad).all()
    assert (images.grad.abs().amax((1, 2, 3)) > 0).all()


def test_mirror_images_can_be_left_out():
    across = torch.linspace(-0.8, 0.8, 32).expand(64, 1, 32, 32)
    images = torch.cat([across, across.mT, 0 * across], 1)

    def mirrored(shown: torch.Tensor) -> int:
        x, y = (shown[:, :2, 14:18, 14:18].diff(dim=axis).mean((2, 3)) for axis in (3, 2))
        return int((x[:, 0] * y[:, 1] < x[:, 1] * y[:, 0]).sum())

    assert mirrored(augment(images, 1.0)) > 10
    assert mirrored(augment(images, 1.0, mirror=False)) == 0


def test_each_image_gets_its_own_transformations():
    images = torch.randn(1, 3, 16, 16).expand(32, -1, -1, -1)
    out = augment(images, 1.0)
    assert len({tuple(row.tolist()) for row in out.flatten(1)[:, :8]}) == 32


def test_a_picture_keeps_its_place_on_average():
    """Geometry centred on the picture: a dot in the middle stays near the middle."""
    images = torch.zeros(256, 3, 33, 33)
    images[:, :, 15:18, 15:18] = 1
    mean = augment(images, 0.3).mean((0, 1))
    y, x = divmod(int(mean.argmax()), 33)
    assert abs(y - 16) <= 1
    assert abs(x - 16) <= 1


def test_strength_follows_how_sure_the_discriminator_is():
    strength = AdaptiveStrength(target=0.6, images_to_full=1000)
    strength.update(0.9, 100)
    assert strength.p == pytest.approx(0.1)
    strength.update(0.9, 100)
    assert strength.p == pytest.approx(0.2)
    strength.update(0.1, 100)
    assert strength.p == pytest.approx(0.1)


def test_strength_stays_within_its_bounds():
    strength = AdaptiveStrength(target=0.6, images_to_full=1000)
    strength.update(0.0, 500)
    assert strength.p == 0
    for _ in range(50):
        strength.update(1.0, 500)
    assert strength.p == 0.85
