"""Train the encoder to invert the generator: on its samples, and on real photos.

Samples teach where a picture lies in W+ (their latent is known), photos teach to reconstruct what people
bring. Terms as in EditGAN's supplement: perceptual and L2 for both, and a latent term for samples; the
weights are our own.
"""

from dataclasses import dataclass

import torch
from accelerate import Accelerator
from PIL import Image as PilImage
from torch import Tensor

from editgan.bundle.bundle import BundleDraft
from editgan.core.images import from_pixels, grid
from editgan.core.types import Image, Terms, WPlus
from editgan.data.photos import PhotoSet
from editgan.models.encoder import Encoder, EncoderConfig
from editgan.perception.reconstruction import ReconstructionTarget, ReconstructionWeights
from editgan.training.batches import PhotoBatches, mirrored, mixed_w_plus
from editgan.training.ema import averaged
from editgan.training.encoder_growth import grow_encoder
from editgan.training.work import Descent


@dataclass(frozen=True, kw_only=True, slots=True)
class EncoderTraining:
    """An encoder run."""

    total_kimg: float  # thousand images to show, samples and photos together
    batch_size: int = 32  # half samples, half photos, all devices together
    lr: float = 1e-3
    channel_base: int = 4096  # of the encoder; see `EncoderConfig`
    warm_up_kimg: float = 10.0  # samples only until then
    perceptual: float = 2.0
    pixels: float = 20.0
    latent: float = 1.0  # squared distance to a sample's own w_plus
    stay: float = 0.01  # squared distance of photos' w_plus to w_avg, per layer: keeps them editable
    style_mixing: float = 0.5  # probability that a sample mixes two w
    truncation_psi: float = 0.9
    mirror: bool = True  # show photos mirrored, too
    held_out: int = 100  # the last photos of the set, never trained on
    seed: int = 0


class EncoderWork(Descent[EncoderTraining]):
    """The encoder, and what it inverts."""

    saved = ("encoder", "ema", "adam")
    clip = 1.0

    def __init__(
        self,
        config: EncoderTraining,
        bundle: BundleDraft,
        photos: PhotoSet,
        accelerator: Accelerator,
        start: Encoder | None = None,
    ) -> None:
        super().__init__(config, accelerator)
        self.bundle = bundle.to(self.device)
        half = config.batch_size // 2
        self.photos = PhotoBatches(photos.pixels, half, seed=config.seed, accelerator=accelerator)
        g = bundle.generator.config
        shape = EncoderConfig(
            resolution=g.resolution, num_ws=g.num_ws, w_dim=g.w_dim, channel_base=config.channel_base
        )
        encoder = Encoder(shape) if start is None else grow_encoder(start, shape)
        encoder.w_avg.copy_(bundle.generator.w_avg)
        self.ema = averaged(encoder).to(self.device)
        self.encoder = self.in_place(encoder)
        self.adam = torch.optim.Adam(self.encoder.parameters(), lr=config.lr, betas=(0.9, 0.99))
        self.judge = bundle.likeness()

    def lr(self, images: int) -> float:
        """A linear ramp down, so that the last images polish."""
        return self.config.lr * max(0.02, 1 - images / (self.config.total_kimg * 1000))

    def losses(self, images: int) -> tuple[Tensor, Terms]:
        """Of a batch of samples, and of photos once warmed up."""
        config = self.config
        warm = images >= config.warm_up_kimg * 1000
        n = config.batch_size // self.accelerator.num_processes // (2 if warm else 1)
        terms = {f"sample_{name}": term for name, term in self._sample_terms(n).items()}
        if warm:
            terms |= {f"photo_{name}": term for name, term in self._photo_terms(images).items()}
        return torch.stack(tuple(terms.values())).sum(), terms

    def _sample_terms(self, n: int) -> Terms:
        with torch.no_grad():
            w_plus = mixed_w_plus(
                self.bundle.generator,
                n,
                style_mixing=self.config.style_mixing,
                truncation_psi=self.config.truncation_psi,
            )
            samples = self._render(w_plus).clamp(-1, 1)
        found = self._encode(samples)
        terms = self._image_terms(found, samples)
        return terms | {"latent": self.config.latent * (found - w_plus).square().mean()}

    def _photo_terms(self, images: int) -> Terms:
        # Photos are half of what was shown since the warm-up
        photos = self.photos.at(images // self.config.batch_size * (self.config.batch_size // 2))
        photos = mirrored(photos) if self.config.mirror else photos
        found = self._encode(photos)
        terms = self._image_terms(found, photos)
        return terms | {"stay": self.config.stay * (found - self.encoder.w_avg).square().mean()}

    def _image_terms(self, w_plus: WPlus, wanted: Image) -> Terms:
        weights = ReconstructionWeights(perceptual=self.config.perceptual, pixels=self.config.pixels)
        with self.fast():
            target = ReconstructionTarget(wanted, self.judge)
            return target.terms(self._render(w_plus), weights)

    def _encode(self, photos: Image) -> WPlus:
        with self.fast():
            w_plus: WPlus = self.encoder(photos.contiguous(memory_format=torch.channels_last))
        return w_plus

    def _render(self, w_plus: WPlus) -> Image:
        with self.fast():
            image: Image = self.bundle.generator.synthesis(w_plus).image
        return image

    @torch.no_grad()
    def preview(self) -> PilImage.Image:
        """Photos above their reconstructions in one pass."""
        photos = from_pixels(self.photos.pixels[:16])
        found = self._render(self.ema(photos))
        return grid(torch.cat([photos[:8], found[:8], photos[8:], found[8:]]), columns=8)
