"""Start a GAN from a trained one, of the same resolution or a smaller one.

Low resolutions train several times faster, and what they learn carries over: the layers that exist in both
networks are copied, and the new ones begin without effect: the grown generator first draws the old pictures,
enlarged, and the grown discriminator first sees them as the old one did (after Karras et al. 2018,
progressive growing; there a fade does what a careful start does here).
"""

import copy
import math
import re

import torch
from torch import Tensor, nn

from editgan.core.errors import InputError
from editgan.models.discriminator import Discriminator, DiscriminatorBlock
from editgan.models.generator import Generator, GeneratorConfig


def grow_generator(old: Generator, config: GeneratorConfig) -> Generator:
    """A generator of `config`'s shape with everything the trained one knows.

    Raises:
        InputError: `config` is smaller, its layers have other sizes, or the generator is of an imported kind
            that does not grow.
    """
    if old.config == config:
        return copy.deepcopy(old).requires_grad_(True)
    _check_kind(old.config, "skip", "a skip generator")
    levels = _levels(old.config, config)
    grown = Generator(config)
    new = range(len(old.config.resolutions), len(config.resolutions))
    _fill(grown, dict(old.state_dict()), [f"synthesis.blocks.{i}." for i in new])
    for block in list(grown.synthesis.blocks)[len(grown.synthesis.blocks) - levels :]:
        to_rgb = block.to_rgb
        assert isinstance(to_rgb, nn.Module) and isinstance(to_rgb.weight, Tensor)
        nn.init.zeros_(to_rgb.weight)
    return grown


def grow_discriminator(old: Discriminator, config: GeneratorConfig) -> Discriminator:
    """The same for the discriminator that looks at pictures. Raises InputError as `grow_generator` does."""
    if old.config == config:
        return copy.deepcopy(old).requires_grad_(True)
    _check_kind(old.config, "resnet", "a resnet discriminator")
    levels = _levels(old.config, config)
    grown = Discriminator(config)
    # Discriminator blocks count from the finest: the old ones move down by the new levels
    shifted = {
        re.sub(r"^blocks\.(\d+)", lambda m: f"blocks.{int(m[1]) + levels}", name): value
        for name, value in old.state_dict().items()
        if levels == 0 or not name.startswith("from_rgb")
    }
    _fill(grown, shifted, ["from_rgb.", *(f"blocks.{i}." for i in range(levels))] if levels else [])
    if levels == 1 and config.channels(config.resolution) >= 6:  # three colours, as pairs
        _see_as_before(grown, old)
    return grown


def _check_kind(config: GeneratorConfig, architecture: str, wanted: str) -> None:
    if (config.architecture or architecture, config.c_dim) != (architecture, 0):
        raise InputError(
            f"networks grow, or change their shape, as {wanted} of one class; this is "
            f"{config.architecture or architecture} of {max(config.c_dim, 1)} classes"
        )


def _levels(old: GeneratorConfig, config: GeneratorConfig) -> int:
    levels = len(config.resolutions) - len(old.resolutions)
    if levels < 0:
        raise InputError(f"cannot go from {old.resolution} px down to {config.resolution} px; grow or keep")
    return levels


@torch.no_grad()
def _see_as_before(grown: Discriminator, old: Discriminator) -> None:
    """The grown discriminator's new block first does what the old one's first layer did, on larger images.

    Colours travel as positive and negative pairs, since lrelu(x) - lrelu(-x) = 1.2 x; the last convolution
    of the new block holds the old first layer. Without this the old layers see noise, unlearn what they
    know while the new ones settle, and the generator runs away from a discriminator that is at chance.
    """
    block = grown.blocks[0]
    assert isinstance(block, DiscriminatorBlock)
    pairs = range(3)
    sqrt2 = math.sqrt(2)  # the gain of every activation
    first, middle, last = grown.from_rgb, block.conv0, block.conv1
    for conv in (first, middle):
        conv.weight[:6] = 0
    for c in pairs:
        for sign, row in ((1, 2 * c), (-1, 2 * c + 1)):
            first.weight[row, c] = sign / first.weight_gain
            unpaired = sign / (1.2 * sqrt2 * middle.weight_gain)
            middle.weight[row, 2 * c, 1, 1], middle.weight[row, 2 * c + 1, 1, 1] = unpaired, -unpaired
    last.weight.zero_()
    assert last.bias is not None and old.from_rgb.bias is not None
    # The block scales its sum by 1/sqrt(2); a leaky ReLU passes a factor through, so it is undone here
    for c in pairs:
        colour = old.from_rgb.weight[:, c, 0, 0] * old.from_rgb.weight_gain * sqrt2
        seen = colour / (1.2 * sqrt2 * last.weight_gain)
        last.weight[:, 2 * c, 1, 1], last.weight[:, 2 * c + 1, 1, 1] = seen, -seen
    last.bias.copy_(old.from_rgb.bias * sqrt2)
    assert block.skip is not None
    block.skip.weight.zero_()


@torch.no_grad()
def _fill(network: nn.Module, state: dict[str, Tensor], new: list[str]) -> None:
    """Layers whose names begin with one of `new` may be missing from `state`."""
    own = network.state_dict()
    for name, value in state.items():
        if name not in own or own[name].shape != value.shape:
            raise InputError(
                f"cannot resume: {name} is {tuple(value.shape)} in the bundle, but this recipe wants "
                f"{tuple(own[name].shape) if name in own else 'no layer'}; use the recipe it was made with"
            )
    if missing := {name for name in set(own) - set(state) if not name.startswith(tuple(new))}:
        raise InputError(
            f"cannot resume: the bundle lacks {sorted(missing)[0]}; use the recipe it was made with"
        )
    network.load_state_dict(own | state)
