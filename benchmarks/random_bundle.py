"""Bundles of random weights in any shape, for timing without a trained one."""

from dataclasses import dataclass, replace

import torch

from editgan.bundle.bundle import ModelBundle, Precision
from editgan.bundle.folder import load_bundle
from editgan.data.formats.class_lists import numbered_schema
from editgan.models.discriminator import Discriminator
from editgan.models.generator import Generator, GeneratorConfig
from editgan.models.segmentation import (
    BranchConfig,
    SegmentationBranch,
    check_label_side,
    default_label_side,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RandomBundle:
    """The shape of a bundle of random weights. The defaults are StyleGAN2's config-f and our branch's.

    Raises InputError for a shape that no generator or branch can have.
    """

    resolution: int  # px
    label_side: int | None = None  # px; the resolution, at most 512, by default
    classes: int = 32
    channel_base: int = 32768  # the 128 px recipes have 8192 ...
    channel_max: int = 512  # ... and 256
    hidden: tuple[int, int] = (64, 32)

    def __post_init__(self) -> None:
        check_label_side(self.branch_config.resolution, self.resolution)

    @property
    def generator_config(self) -> GeneratorConfig:
        """With 512 numbers in z and w, and eight mapping layers."""
        return GeneratorConfig(
            resolution=self.resolution, channel_base=self.channel_base, channel_max=self.channel_max
        )

    @property
    def branch_config(self) -> BranchConfig:
        """Ten members that read every tap."""
        taps = self.generator_config.tap_channels
        return BranchConfig(
            taps=tuple(taps),
            tap_channels=tuple(taps.values()),
            classes=self.classes,
            resolution=self.label_side or default_label_side(self.resolution),
            hidden=self.hidden,
        )


def load_subject(
    subject: str | RandomBundle, device: torch.device, precision: Precision = "auto"
) -> ModelBundle:
    """A bundle by name or folder, or one of random weights, on `device`.

    Raises:
        BundleError: no such bundle.
    """
    if isinstance(subject, RandomBundle):
        return replace(random_bundle(subject).to(device), precision=precision)
    return replace(load_bundle(subject, device), precision=precision)


def random_bundle(shape: RandomBundle) -> ModelBundle:
    """Generator, discriminator and branch with random weights, always the same ones, frozen, on the CPU."""
    config = shape.generator_config
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        generator, discriminator = Generator(config), Discriminator(config)
        branch = SegmentationBranch(shape.branch_config)
        for parameter in branch.parameters():
            torch.nn.init.normal_(parameter, std=0.05)
    return ModelBundle(
        name=f"random-{shape.resolution}",
        subject="nothing",
        generator=generator,
        discriminator=discriminator,
        branch=branch,
        schema=numbered_schema(shape.branch_config.classes),
    )
