"""Train a StyleGAN2 generator and its discriminator."""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator
from PIL import Image as PilImage
from torch import Tensor, nn

from editgan.core.devices import has_fast_bf16
from editgan.core.errors import InputError
from editgan.core.images import grid
from editgan.core.rng import seed_step
from editgan.core.types import Image, WPlus
from editgan.data.photos import PhotoSet
from editgan.models.discriminator import Discriminator
from editgan.models.generator import Generator, GeneratorConfig, samples
from editgan.training.batches import PhotoBatches, mirrored, mixed_w_plus
from editgan.training.distributed import average_gradients, share_weights
from editgan.training.ema import ema_decay, update_ema
from editgan.training.gan.augment import AdaptiveStrength, augment
from editgan.training.gan.losses import discriminator_loss, generator_loss, path_lengths, r1_penalty


@dataclass(frozen=True, kw_only=True, slots=True)
class GanTraining:
    """A GAN run. Defaults follow StyleGAN2-ADA's `auto` configuration for small images."""

    generator: GeneratorConfig
    total_kimg: float  # thousand images to show, over all devices and all calls
    batch_size: int = 32  # images per step, all devices together
    lr: float = 0.0025
    r1_gamma: float = 0.2
    r1_interval: int = 16  # steps between R1 penalties
    path_weight: float = 0.0  # 2 in the StyleGAN2 paper; 0 leaves path length regularisation out
    path_interval: int = 8  # steps between path length penalties
    ema_kimg: float = 10.0  # half-life of the averaged generator
    ema_ramp: float = 0.05  # the half-life is at most this share of the images shown so far
    style_mixing: float = 0.9  # probability that an image mixes two w
    augment_target: float | None = 0.6  # wanted mean(sign(D(real))); None: never augment
    augment_kimg: float = 500.0  # how long augmentation takes from nothing to full
    mirror: bool = True  # show each photo mirrored, too; False: nor does augmentation flip any
    warm_up_kimg: float = 0.0  # only the discriminator learns at first: for grown networks
    compile: bool = False  # torch.compile; pays on a GPU and in long CPU runs
    held_out: int = 100  # the last photos of the set, never trained on
    seed: int = 0

    def __post_init__(self) -> None:
        if self.batch_size < 2 or self.total_kimg <= 0:
            got = f"{self.batch_size} and {self.total_kimg}"
            raise InputError(f"a GAN run needs batch_size >= 2 and total_kimg > 0, got {got}")
        if self.generator.c_dim:
            raise InputError(
                f"a GAN run learns one class, not {self.generator.c_dim}; photos carry no classes"
            )


class GanWork:
    """Both networks, their optimisers and the averaged generator; satisfies `training.loop.Work`."""

    def __init__(
        self,
        config: GanTraining,
        photos: PhotoSet,
        accelerator: Accelerator,
        start: tuple[Generator, Discriminator] | None = None,
    ) -> None:
        world = accelerator.num_processes
        if config.batch_size % world:
            raise InputError(f"batch_size {config.batch_size} must be a multiple of the {world} processes")
        if not len(photos):
            raise InputError(f"no photo is left to train on once the last {config.held_out} are set aside")
        self.config, self.accelerator = config, accelerator
        self.device = accelerator.device
        self.local_batch = config.batch_size // world
        self.photos = PhotoBatches(
            photos.pixels, config.batch_size, seed=config.seed, accelerator=accelerator
        )
        torch.manual_seed(config.seed)  # every process starts from the same weights
        generator, discriminator = start or (Generator(config.generator), Discriminator(config.generator))
        self.g = generator.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.d = discriminator.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        share_weights(accelerator, self.g, self.d)  # grown layers start from each process's own noise
        self.ema = copy.deepcopy(self.g).eval().requires_grad_(False)
        # Lazy regularisation: learning rate and betas shrink as if every step were regularised (StyleGAN2, B)
        self.g_adam = _adam(self.g, config.lr, config.path_interval if config.path_weight else None)
        self.d_adam = _adam(self.d, config.lr, config.r1_interval)
        self.strength = AdaptiveStrength(
            target=config.augment_target or 0.0, images_to_full=config.augment_kimg * 1000
        )
        self.signs: list[Tensor] = []
        self.mean_path = torch.zeros([], device=self.device)
        self.bf16 = has_fast_bf16(self.device)
        self.run_g: Any = torch.compile(self._render) if config.compile else self._render
        self.run_d: Any = torch.compile(self.d) if config.compile else self.d

    @property
    def images_per_step(self) -> int:
        """Real images per step over all processes."""
        return self.config.batch_size

    @property
    def is_main(self) -> bool:
        """Whether this process writes the files."""
        return bool(self.accelerator.is_main_process)

    def step(self, images: int) -> dict[str, Tensor]:
        """One update of each network, from one batch of samples: D on them detached, then G through D."""
        config, index = self.config, images // self.config.batch_size
        seed_step(config.seed, index, self.accelerator.process_index)
        real = self._next_photos(images)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            fake = self.run_g(self._mixed_w_plus())
        terms = self._discriminator_step(real, fake.detach(), index)
        if images >= config.warm_up_kimg * 1000:
            terms |= self._generator_step(fake, index)
            decay = ema_decay(
                images, config.batch_size, half_life_images=config.ema_kimg * 1000, ramp=config.ema_ramp
            )
            update_ema(self.ema, self.g, decay)
        self._adapt_strength()
        return terms | {"augment_p": torch.tensor(self.strength.p)}

    def _discriminator_step(self, real: Image, fake: Image, index: int) -> dict[str, Tensor]:
        config = self.config
        self.d.requires_grad_(True)
        real = self._augmented(real)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            fake_logits, real_logits = self.run_d(self._augmented(fake)), self.run_d(real)
            loss = discriminator_loss(fake_logits, real_logits)
        terms = {
            "d_loss": loss.detach(),
            "real_logit": real_logits.detach().mean(),
            "fake_logit": fake_logits.detach().mean(),
        }
        self.d_adam.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        if index % config.r1_interval == 0:  # float32: second derivatives are small
            r1 = r1_penalty(self.d, real)
            self.accelerator.backward(r1 * (config.r1_gamma / 2 * config.r1_interval))
            terms["r1"] = r1.detach()
        average_gradients(self.accelerator, self.d)
        self.d_adam.step()
        self.signs.append(real_logits.detach().sign().mean())
        return terms

    def _generator_step(self, fake: Image, index: int) -> dict[str, Tensor]:
        config = self.config
        self.d.requires_grad_(False)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            loss = generator_loss(self.run_d(self._augmented(fake)))
        terms = {"g_loss": loss.detach()}
        self.g_adam.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        if config.path_weight and index % config.path_interval == 0:
            w_plus = self._mixed_w_plus()[: max(self.local_batch // 2, 1)]
            lengths = path_lengths(self._render(w_plus), w_plus)
            self.mean_path.lerp_(lengths.mean().detach(), 0.01)
            penalty = (lengths - self.mean_path).square().mean()
            self.accelerator.backward(penalty * (config.path_weight * config.path_interval))
            terms["path"] = penalty.detach()
        average_gradients(self.accelerator, self.g)
        self.g_adam.step()
        return terms

    def _render(self, w_plus: WPlus) -> Image:
        image: Image = self.g.synthesis(w_plus, noise_mode="random").image
        return image

    def _augmented(self, images: Image) -> Image:
        return augment(images, self.strength.p, mirror=self.config.mirror)

    def _next_photos(self, images: int) -> Image:
        photos = self.photos.at(images)
        return mirrored(photos) if self.config.mirror else photos

    def _mixed_w_plus(self) -> WPlus:
        mixing = self.config.style_mixing
        return mixed_w_plus(self.g, self.local_batch, style_mixing=mixing, track=True)

    def _adapt_strength(self) -> None:
        if self.config.augment_target is None or len(self.signs) < 4:
            return
        sign = self.accelerator.reduce(torch.stack(self.signs).mean(), reduction="mean")
        self.strength.update(sign.item(), len(self.signs) * self.config.batch_size)
        self.signs = []

    def state(self) -> dict[str, Any]:
        """Weights, optimisers and the augmentation strength."""
        return {
            "g": self.g.state_dict(),
            "d": self.d.state_dict(),
            "ema": self.ema.state_dict(),
            "g_adam": self.g_adam.state_dict(),
            "d_adam": self.d_adam.state_dict(),
            "augment_p": self.strength.p,
            "signs": self.signs,
            "mean_path": self.mean_path,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        for name in ("g", "d", "ema", "g_adam", "d_adam"):
            getattr(self, name).load_state_dict(state[name])
        self.strength.p = state["augment_p"]
        self.signs = [s.to(self.device) for s in state["signs"]]
        self.mean_path = state["mean_path"].to(self.device)

    @torch.no_grad()
    def preview(self) -> PilImage.Image:
        """64 samples of the averaged generator, the same seeds each time."""
        return grid(torch.cat(list(samples(self.ema, 64))), columns=8)


def _adam(network: nn.Module, lr: float, lazy_interval: int | None) -> torch.optim.Adam:
    ratio = 1.0 if lazy_interval is None else lazy_interval / (lazy_interval + 1)
    return torch.optim.Adam(network.parameters(), lr=lr * ratio, betas=(0.0, 0.99**ratio), eps=1e-8)
