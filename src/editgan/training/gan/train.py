"""Train a StyleGAN2 generator and its discriminator."""

from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator
from PIL import Image as PilImage
from torch import Tensor, nn

from editgan.core.errors import InputError
from editgan.core.images import from_pixels, grid
from editgan.core.types import Image, WPlus
from editgan.data.photos import PhotoSet
from editgan.models.discriminator import Discriminator
from editgan.models.feature_discriminator import FeatureDiscriminator
from editgan.models.generator import Generator
from editgan.models.latent_generator import samples
from editgan.training.batches import PhotoBatches, mirrored, mixed_w_plus
from editgan.training.distributed import average_gradients, share_weights
from editgan.training.ema import averaged, ema_decay, update_ema
from editgan.training.gan.adversary import Adversary, FeatureAdversary, PictureAdversary
from editgan.training.gan.config import GanTraining
from editgan.training.gan.losses import discriminator_loss, generator_loss, path_lengths, r1_penalties
from editgan.training.work import NetworkWork

CALIBRATED = 64  # photos that say how strong the features are


@dataclass(frozen=True, slots=True)
class GanStart:
    """Trained networks to begin with; what is None begins anew."""

    generator: Generator | None = None
    discriminator: Discriminator | None = None
    heads: FeatureDiscriminator | None = None
    images: int = 0  # of this class that the generator was shown before
    kimg: float | None = None  # thousand images of any class; None: those
    name: str = "nothing"  # of what it is


class GanWork(NetworkWork[GanTraining]):
    """All networks, their optimisers and the averaged generator."""

    saved = ("g", "ema", "g_adam")

    def __init__(
        self,
        config: GanTraining,
        photos: PhotoSet,
        accelerator: Accelerator,
        start: GanStart | None = None,
    ) -> None:
        super().__init__(config, accelerator)
        self.local_batch = self.share(config.batch_size)
        if not len(photos):
            raise InputError(f"no photo is left to train on once the last {config.held_out} are set aside")
        self.photos = PhotoBatches(
            photos.pixels, config.batch_size, seed=config.seed, accelerator=accelerator
        )
        start = start or GanStart()
        self.g = self.in_place(start.generator or Generator(config.generator))
        self.by_picture = PictureAdversary(config, start.discriminator) if config.image_weight else None
        self.by_features = self._looking_at_features(start) if config.feature_weight else None
        both: dict[str, Adversary | None] = {"image": self.by_picture, "features": self.by_features}
        self.adversaries = {name: one for name, one in both.items() if one is not None}
        networks = [self.in_place(adversary.network) for adversary in self.adversaries.values()]
        share_weights(accelerator, self.g, *networks)  # grown layers start from each process's own noise
        self.ema = averaged(self.g)
        # Lazy regularisation: learning rate and betas shrink as if every step were regularised (StyleGAN2, B)
        self.g_adam = _adam(self.g, config.lr, config.path_interval if config.path_weight else None)
        self.adams = {
            name: _adam(adversary.network, config.lr, adversary.penalty_interval)
            for name, adversary in self.adversaries.items()
        }
        self.mean_path = torch.zeros([], device=self.device)
        self.images_before, self.kimg_before = start.images, start.kimg
        self.start_name = start.name
        self.run_g: Any = torch.compile(self._render) if config.compile else self._render

    def _looking_at_features(self, start: GanStart) -> FeatureAdversary:
        photos = from_pixels(self.photos.pixels[:CALIBRATED]).to(self.device)
        return FeatureAdversary(self.config, photos, start.heads, self.device)

    @property
    def discriminator(self) -> Discriminator | None:
        """The one that looks at pictures, if it takes part."""
        return None if self.by_picture is None else self.by_picture.network

    @property
    def heads(self) -> FeatureDiscriminator | None:
        """The one that looks at features, if it takes part."""
        return None if self.by_features is None else self.by_features.network

    def learn(self, images: int) -> dict[str, Tensor]:
        """One update of each network, from one batch of samples, which adversaries and generator share.

        An adversary looks at the samples once: it learns from what it saw, and the generator through it.
        """
        config, index = self.config, images // self.config.batch_size
        real = self._next_photos(images)
        learns = images >= config.warm_up_kimg * 1000
        with torch.set_grad_enabled(learns), self.fast():
            fake = self.run_g(self._mixed_w_plus())
        terms: dict[str, Tensor] = {}
        losses: list[Tensor] = []
        for name, adversary in self.adversaries.items():
            with self.fast():
                with torch.set_grad_enabled(learns):
                    fake_seen = adversary.looked(fake)
                with torch.no_grad():
                    real_seen = adversary.looked(real)
            told = self._adversary_step(name, real_seen, [seen.detach() for seen in fake_seen], index)
            terms |= {_termed(name, term): value for term, value in told.items()}
            if learns:
                adversary.network.requires_grad_(False)
                with self.fast():
                    losses.append(adversary.weight * generator_loss(adversary.logits(fake_seen)))
                terms[_termed(name, "g_loss")] = losses[-1].detach()
        if learns:
            terms |= self._generator_step(torch.stack(losses).sum(), index)
            decay = ema_decay(
                images + self.images_before,
                config.batch_size,
                half_life_images=config.ema_kimg * 1000,
                ramp=config.ema_ramp,
            )
            update_ema(self.ema, self.g, decay)
        return terms

    def _adversary_step(
        self, name: str, real: list[Tensor], fake: list[Tensor], index: int
    ) -> dict[str, Tensor]:
        """`real` and `fake` are what the adversary sees of photos and samples."""
        adversary, adam = self.adversaries[name], self.adams[name]
        adversary.network.requires_grad_(True)
        with self.fast():
            fake_logits, real_logits = adversary.logits(fake), adversary.logits(real)
            loss = discriminator_loss(fake_logits, real_logits)
        terms = {
            "d_loss": loss.detach(),
            "real_logit": real_logits.detach().mean(),
            "fake_logit": fake_logits.detach().mean(),
        }
        adam.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        if index % adversary.penalty_interval == 0:  # float32: second derivatives are small
            r1 = r1_penalties(adversary.logits, [seen.float() for seen in real])
            gammas = torch.tensor(adversary.gammas, device=self.device)
            self.accelerator.backward((r1 * gammas).sum() / 2 * adversary.penalty_interval)
            terms["r1"] = r1.detach().sum()
        average_gradients(self.accelerator, adversary.network)
        adam.step()
        return terms | adversary.after(real_logits, self.accelerator)

    def _generator_step(self, loss: Tensor, index: int) -> dict[str, Tensor]:
        config = self.config
        terms: dict[str, Tensor] = {}
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

    def _next_photos(self, images: int) -> Image:
        photos = self.photos.at(images)
        return mirrored(photos) if self.config.mirror else photos

    def _mixed_w_plus(self) -> WPlus:
        mixing = self.config.style_mixing
        return mixed_w_plus(self.g, self.local_batch, style_mixing=mixing, track=True)

    def state(self) -> dict[str, Any]:
        """Weights, optimisers, and what the adversaries adapt."""
        return super().state() | {
            "mean_path": self.mean_path,
            "images_before": self.images_before,
            "kimg_before": self.kimg_before,
            "start_name": self.start_name,
            "adversaries": {
                name: {
                    "network": adversary.network.state_dict(),
                    "adam": self.adams[name].state_dict(),
                    "own": adversary.state(),
                }
                for name, adversary in self.adversaries.items()
            },
        }

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        super().restore(state)
        self.mean_path = state["mean_path"].to(self.device)
        self.images_before = state["images_before"]
        self.kimg_before = state.get("kimg_before", self.kimg_before)  # not there before version 0.8
        self.start_name = state.get("start_name", self.start_name)
        for name, adversary in self.adversaries.items():
            saved = state["adversaries"][name]
            adversary.network.load_state_dict(saved["network"])
            self.adams[name].load_state_dict(saved["adam"])
            adversary.restore(saved["own"])

    @torch.no_grad()
    def preview(self) -> PilImage.Image:
        """64 samples of the averaged generator, the same seeds each time."""
        return grid(torch.cat(list(samples(self.ema, 64))), columns=8)


def _termed(adversary: str, term: str) -> str:
    return term if adversary == "image" else f"{adversary}_{term}"


def _adam(network: nn.Module, lr: float, lazy_interval: int | None) -> torch.optim.Adam:
    ratio = 1.0 if lazy_interval is None else lazy_interval / (lazy_interval + 1)
    return torch.optim.Adam(network.parameters(), lr=lr * ratio, betas=(0.0, 0.99**ratio), eps=1e-8)
