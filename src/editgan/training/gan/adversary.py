"""What a generator plays against: discriminators, each with what it looks at, its penalty and its optimiser.

The discriminator of StyleGAN2 looks at the picture, under adaptive augmentation. The one on features looks
through a frozen pretrained network. They can play together, each with its weight.
"""

from dataclasses import replace
from typing import Any, Final, Protocol, runtime_checkable

import torch
from accelerate import Accelerator
from jaxtyping import Float
from torch import Tensor, nn

from editgan.core.images import resize
from editgan.core.types import Image
from editgan.models.discriminator import Discriminator
from editgan.models.feature_discriminator import FeatureDiscriminator, FeatureDiscriminatorConfig
from editgan.models.generator import GeneratorConfig
from editgan.perception.efficientnet import STRIDES, EfficientNetLite
from editgan.perception.pretrained import pretrained
from editgan.training.gan.augment import AdaptiveStrength, augment, jitter
from editgan.training.gan.config import GanTraining

FOLD = 4  # px a side that the picture's own head sees as channels of one
TEACHER: Final = "lite1"  # never lite0: it measures


@runtime_checkable
class Adversary(Protocol):
    """One discriminator of a training."""

    weight: float  # of its logits in the generator's loss
    penalty_interval: int  # steps between penalties
    gammas: list[float]  # of the penalty on each thing it looks at

    @property
    def network(self) -> nn.Module:
        """What is trained."""
        ...

    def looked(self, images: Image) -> list[Tensor]:
        """What it sees of pictures, differentiably; randomly augmented."""
        ...

    def logits(self, seen: list[Tensor]) -> Float[Tensor, "n heads"]:
        """A column for each judgement; high means real."""
        ...

    def after(self, real_logits: Float[Tensor, "n heads"], accelerator: Accelerator) -> dict[str, Tensor]:
        """What it draws from how it took the photos; returns terms to log."""
        ...

    def state(self) -> dict[str, Any]:
        """What a resumed run needs beside weights and optimiser."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        ...


class PictureAdversary:
    """StyleGAN2's discriminator with adaptive augmentation (Karras et al. 2020)."""

    def __init__(self, config: GanTraining, discriminator: Discriminator | None) -> None:
        shape = config.generator
        if discriminator is None:
            discriminator = Discriminator(picture_shape(config))
        self.network = discriminator
        self.config = config
        self.weight = config.image_weight
        self.penalty_interval, self.gammas = config.r1_interval, [config.r1_gamma]
        self.strength = AdaptiveStrength(
            target=config.augment_target or 0.0, images_to_full=config.augment_kimg * 1000
        )
        self.signs: list[Tensor] = []
        self.run: Any = torch.compile(self.network) if config.compile else self.network
        assert shape.resolution == discriminator.config.resolution

    def looked(self, images: Image) -> list[Tensor]:
        """The pictures themselves, augmented."""
        return [augment(images, self.strength.p, mirror=self.config.mirror)]

    def logits(self, seen: list[Tensor]) -> Float[Tensor, "n 1"]:
        """One column."""
        logits: Tensor = self.run(seen[0])
        return logits.unsqueeze(1)

    def after(self, real_logits: Float[Tensor, "n heads"], accelerator: Accelerator) -> dict[str, Tensor]:
        """Adapts the augmentation every fourth step."""
        self.signs.append(real_logits.detach().sign().mean())
        if self.config.augment_target is not None and len(self.signs) >= 4:
            sign = accelerator.reduce(torch.stack(self.signs).mean(), reduction="mean")
            self.strength.update(sign.item(), len(self.signs) * self.config.batch_size)
            self.signs = []
        return {"augment_p": torch.tensor(self.strength.p)}

    def state(self) -> dict[str, Any]:
        """How strong the augmentation is."""
        return {"augment_p": self.strength.p, "signs": self.signs}

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        self.strength.p = state["augment_p"]
        device = next(self.network.parameters()).device
        self.signs = [sign.to(device) for sign in state["signs"]]


class FeatureAdversary:
    """Heads on a pretrained network's features, with R1 on the features (see docs/training.md)."""

    def __init__(
        self, config: GanTraining, photos: Image, heads: FeatureDiscriminator | None, device: torch.device
    ) -> None:
        self.teacher: EfficientNetLite = pretrained(TEACHER, device)
        self.side = config.looked_side
        self.config = config
        self.weight = config.feature_weight
        if heads is None:
            heads = FeatureDiscriminator(heads_shape(config))
            heads.projection.calibrate(self.teacher.maps(resize(photos, self.side)))
        self.network = heads
        self.penalty_interval = config.feature_interval
        self.gammas = [config.feature_gamma] * len(STRIDES) + [config.r1_gamma] * config.picture_head

    def looked(self, images: Image) -> list[Tensor]:
        """Mixed feature maps of the jittered pictures; for the picture's own head, the picture as it is."""
        seen = resize(jitter(images, self.config.feature_augment), self.side)
        return self.network.looked(self.teacher.maps(seen), images)

    def logits(self, seen: list[Tensor]) -> Float[Tensor, "n heads"]:
        """A column a head."""
        logits: Tensor = self.network(seen)
        return logits

    def after(self, real_logits: Float[Tensor, "n heads"], accelerator: Accelerator) -> dict[str, Tensor]:
        """Nothing adapts here."""
        return {}

    def state(self) -> dict[str, Any]:
        """Nothing beside weights and optimiser."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""


def picture_shape(config: GanTraining) -> GeneratorConfig:
    """The picture discriminator's shape: the generator's, with channels of its own where asked for."""
    base = config.image_channel_base or config.generator.channel_base
    return replace(config.generator, channel_base=base)


def heads_shape(config: GanTraining) -> FeatureDiscriminatorConfig:
    """The heads' shape for pictures of that side."""
    return FeatureDiscriminatorConfig(
        network=TEACHER,
        channels_in=tuple(STRIDES.values()),
        sides=tuple(config.looked_side // stride for stride in STRIDES),
        channel_base=config.feature_channel_base,
        picture_side=max(config.generator.resolution // FOLD, 8) if config.picture_head else 0,
        picture_fold=FOLD,
    )
