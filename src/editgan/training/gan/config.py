"""The settings of a GAN run."""

from dataclasses import dataclass

from editgan.core.errors import InputError
from editgan.models.generator import GeneratorConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class GanTraining:
    """A GAN run. Defaults follow StyleGAN2-ADA's `auto` configuration for small images.

    With `feature_weight` a discriminator on pretrained features takes part; with `image_weight` 0 it plays
    alone. docs/training.md says what each setting was found to do.
    """

    generator: GeneratorConfig
    total_kimg: float  # thousand images to show, over all devices and all calls
    batch_size: int = 32  # images per step, all devices together
    lr: float = 0.0025
    r1_gamma: float = 0.2
    r1_interval: int = 16  # steps between R1 penalties
    path_weight: float = 0.0  # 2 in the StyleGAN2 paper; 0 leaves path length regularisation out
    path_interval: int = 8  # steps between path length penalties
    ema_kimg: float = 10.0  # half-life of the averaged generator
    ema_ramp: float = 0.05  # the half-life is at most this share of all images the generator was shown
    style_mixing: float = 0.9  # probability that an image mixes two w
    augment_target: float | None = 0.6  # wanted mean(sign(D(real))); None: never augment
    augment_kimg: float = 500.0  # how long augmentation takes from nothing to full
    image_weight: float = 1.0  # of the discriminator that looks at the picture; 0: none
    image_channel_base: int | None = None  # of that discriminator; None: the generator's
    feature_weight: float = 0.0  # of the heads on pretrained features; 0: none
    feature_side: int | None = None  # px at which features are looked at; None: the picture's, at least 128
    feature_channel_base: int = 1024  # of the heads; twice that costs a fifth of the speed
    feature_gamma: float = 1.0  # R1 on the features
    feature_interval: int = 4  # steps between R1 penalties on the features
    feature_augment: float = 0.3  # how many pictures are shifted, brightened, contrasted before the features
    picture_head: bool = True  # beside the features' heads, one looks at the picture itself
    mirror: bool = True  # show each photo mirrored, too; False: nor does augmentation flip any
    warm_up_kimg: float = 0.0  # only the discriminators learn at first: for grown and resumed networks
    compile: bool = False  # torch.compile; pays on a GPU and in long CPU runs
    held_out: int = 100  # the last photos of the set, never trained on
    seed: int = 0

    @property
    def looked_side(self) -> int:
        """Side at which features are looked at, in pixels."""
        return self.feature_side or max(self.generator.resolution, 128)

    def __post_init__(self) -> None:
        if self.batch_size < 2 or self.total_kimg <= 0:
            got = f"{self.batch_size} and {self.total_kimg}"
            raise InputError(f"a GAN run needs batch_size >= 2 and total_kimg > 0, got {got}")
        if self.generator.c_dim:
            raise InputError(
                f"a GAN run learns one class, not {self.generator.c_dim}; photos carry no classes"
            )
        if min(self.image_weight, self.feature_weight) < 0 or not self.image_weight + self.feature_weight:
            got = f"{self.image_weight} and {self.feature_weight}"
            raise InputError(
                f"a GAN run needs image_weight or feature_weight over 0, and neither below, got {got}"
            )
        if self.looked_side < 128 or self.looked_side & (self.looked_side - 1):
            raise InputError(
                f"feature_side should be a power of two from 128 px on, got {self.looked_side}; "
                "smaller pictures are enlarged for the features"
            )
