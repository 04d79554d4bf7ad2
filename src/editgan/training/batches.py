"""What every step of a training draws: photos, and w_plus of samples."""

from collections.abc import Iterator

import torch
from accelerate import Accelerator
from jaxtyping import Int
from torch import Tensor

from editgan.core.images import from_pixels
from editgan.core.types import Image, Pixels, WPlus
from editgan.data.photos import shuffled
from editgan.models.latent_generator import LatentGenerator


class PhotoOrder:
    """Which photos a step shows, by number, shared out among the processes.

    That depends on the step's position alone, so a resumed run sees the same ones.
    """

    def __init__(self, count: int, batch_size: int, *, seed: int, accelerator: Accelerator) -> None:
        self.count, self.batch_size, self.seed = count, batch_size, seed
        self.accelerator = accelerator
        self.stream: Iterator[Tensor] = iter(())
        self.position = -1  # of the stream's next photo

    def at(self, position: int) -> Int[Tensor, "n"]:
        """This process's share of the batch that begins at photo number `position` of the run."""
        if position != self.position:
            self.stream = shuffled(self.count, self.batch_size, seed=self.seed, start=position)
        self.position = position + self.batch_size
        shares = next(self.stream).chunk(self.accelerator.num_processes)
        mine: Tensor = shares[self.accelerator.process_index]
        return mine


class PhotoBatches:
    """Batches of photos on the device."""

    def __init__(self, pixels: Pixels, batch_size: int, *, seed: int, accelerator: Accelerator) -> None:
        self.pixels = pixels.to(accelerator.device)
        self.order = PhotoOrder(len(pixels), batch_size, seed=seed, accelerator=accelerator)

    def at(self, position: int) -> Image:
        """This process's share of the batch that begins at photo number `position` of the run."""
        return from_pixels(self.pixels[self.order.at(position).to(self.pixels.device)])


def mirrored(photos: Image) -> Image:
    """Half of them, at random, seen in a mirror."""
    flip = torch.rand(len(photos), 1, 1, 1, device=photos.device) < 0.5
    return torch.where(flip, photos.flip(3), photos)


def mixed_w_plus(
    generator: LatentGenerator,
    n: int,
    *,
    style_mixing: float,
    truncation_psi: float = 1.0,
    track: bool = False,
) -> WPlus:
    """Fresh w_plus; `style_mixing` of them switch from one w to another at a random layer (StyleGAN, 3.1).

    With `track`, the new w also move the generator's `w_avg`.
    """
    device, num_ws = generator.w_avg.device, generator.config.num_ws
    z = torch.randn(2 * n, generator.config.z_dim, device=device)
    first, second = generator.to_w(z, truncation_psi).chunk(2)
    if track:
        generator.w_avg.lerp_(first.detach().float().mean(0), 0.005)
    switch = torch.randint(1, num_ws, (n, 1), device=device)
    mixes = torch.rand(n, 1, device=device) < style_mixing
    takes_second = mixes & (torch.arange(num_ws, device=device) >= switch)  # [n, num_ws]
    return torch.where(takes_second.unsqueeze(2), second.unsqueeze(1), first.unsqueeze(1))
