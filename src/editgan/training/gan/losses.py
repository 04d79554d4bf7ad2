"""What the two networks play for: logistic loss, R1, path length."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from editgan.core.types import Image, WPlus
from editgan.models.discriminator import Discriminator

Scalar = Float[Tensor, ""]


def generator_loss(fake_logits: Float[Tensor, "n"]) -> Scalar:
    """Non-saturating logistic loss (Goodfellow et al. 2014)."""
    return F.softplus(-fake_logits).mean()


def discriminator_loss(fake_logits: Float[Tensor, "n"], real_logits: Float[Tensor, "n"]) -> Scalar:
    """Logistic loss."""
    return F.softplus(fake_logits).mean() + F.softplus(-real_logits).mean()


def r1_penalty(discriminator: Discriminator, real: Image) -> Scalar:
    """Mean squared gradient norm at real images (Mescheder et al. 2018); the caller weights it by gamma / 2.

    Taken with respect to the images the discriminator saw, after augmentation: the sampling grid of the
    augmentations has no second derivative, and none is needed this way.
    """
    real = real.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


def path_lengths(image: Image, w_plus: WPlus) -> Float[Tensor, "n"]:
    """How far the image moves per unit of w, in a random direction (StyleGAN2, section 3.2)."""
    noise = torch.randn_like(image) / (image.shape[2] * image.shape[3]) ** 0.5
    (gradient,) = torch.autograd.grad((image * noise).sum(), w_plus, create_graph=True)
    return gradient.square().sum(2).mean(1).sqrt()
