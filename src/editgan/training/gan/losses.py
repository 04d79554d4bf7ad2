"""What the two networks play for: logistic loss, R1, path length."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from editgan.core.types import Image, WPlus

Scalar = Float[Tensor, ""]


def generator_loss(fake_logits: Float[Tensor, "n heads"]) -> Scalar:
    """Non-saturating logistic loss (Goodfellow et al. 2014), the heads' summed."""
    return F.softplus(-fake_logits).mean(0).sum()


def discriminator_loss(
    fake_logits: Float[Tensor, "n heads"], real_logits: Float[Tensor, "n heads"]
) -> Scalar:
    """Logistic loss, the heads' summed."""
    return (F.softplus(fake_logits) + F.softplus(-real_logits)).mean(0).sum()


def r1_penalties(
    logits: Callable[[list[Tensor]], Float[Tensor, "n heads"]], seen: list[Tensor]
) -> Float[Tensor, "looks"]:
    """Mean squared gradient norm at real pictures (Mescheder et al. 2018); the caller weights by gamma / 2.

    Taken with respect to each thing that the discriminator `seen` of them, after augmentation: the sampling
    grid of the augmentations has no second derivative, and none is needed this way.
    """
    seen = [x.detach().requires_grad_() for x in seen]
    gradients = torch.autograd.grad(logits(seen).sum(), seen, create_graph=True)
    return torch.stack([g.square().flatten(1).sum(1).mean() for g in gradients])


def path_lengths(image: Image, w_plus: WPlus) -> Float[Tensor, "n"]:
    """How far the image moves per unit of w, in a random direction (StyleGAN2, section 3.2)."""
    noise = torch.randn_like(image) / (image.shape[2] * image.shape[3]) ** 0.5
    (gradient,) = torch.autograd.grad((image * noise).sum(), w_plus, create_graph=True)
    return gradient.square().sum(2).mean(1).sqrt()
