"""The mapping network of StyleGAN2: z -> w, and for generators of several classes z and the class -> w."""

import itertools

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from editgan.core.errors import InputError
from editgan.core.types import W, Z
from editgan.models.layers import EqualLinear


class MappingNetwork(nn.Module):
    """z -> w. Keeps `w_avg`, the running mean of w and the centre of truncation.

    With `c_dim` classes, the class is embedded and goes in beside z (StyleGAN2-ADA). One class is drawn at a
    time: `class_id`, which callers may change.
    """

    w_avg: Float[Tensor, "w_dim"]

    def __init__(
        self,
        z_dim: int,
        w_dim: int,
        num_layers: int,
        *,
        c_dim: int = 0,
        class_id: int = 0,
        has_average: bool = True,
    ) -> None:
        super().__init__()
        self.c_dim, self.class_id = c_dim, class_id
        self.embed = EqualLinear(c_dim, w_dim) if c_dim else None
        sizes = [z_dim + (w_dim if c_dim else 0)] + [w_dim] * num_layers
        self.layers = nn.ModuleList(
            EqualLinear(a, b, activate=True, lr_multiplier=0.01) for a, b in itertools.pairwise(sizes)
        )
        if has_average:  # a discriminator truncates nothing
            self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(self, z: Z, truncation_psi: float = 1.0) -> W:
        """Any finite z is legal. `truncation_psi` pulls w towards `w_avg`.

        Raises:
            InputError: `class_id` is none of the classes.
        """
        x = _normalised(z)
        if self.embed is not None:
            if not 0 <= self.class_id < self.c_dim:
                raise InputError(f"this generator has the classes 0 to {self.c_dim - 1}, not {self.class_id}")
            one = torch.full((z.shape[0],), self.class_id, device=z.device)
            x = torch.cat([x, _normalised(self.embed(F.one_hot(one, self.c_dim).to(z.dtype)))], 1)
        for layer in self.layers:
            x = layer(x)
        if truncation_psi == 1:
            return x
        return torch.lerp(self.w_avg, x.to(self.w_avg.dtype), truncation_psi)  # x is bf16 under autocast


def _normalised(x: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
    """To a second moment of one."""
    return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()
