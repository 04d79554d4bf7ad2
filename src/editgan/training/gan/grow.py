"""Start a GAN from a trained one, of the same resolution or a smaller one.

Low resolutions train several times faster, and what they learn carries over: the layers that exist in both
networks are copied, and the new ones begin without effect: the grown generator first draws the old pictures,
enlarged, and the grown discriminator first sees them as the old one did (after Karras et al. 2018,
progressive growing; there a fade does what a careful start does here).
"""

import math
import re

import torch
from torch import Tensor, nn

from editgan.core.errors import InputError
from editgan.models.discriminator import Discriminator, DiscriminatorBlock
from editgan.models.generator import Generator, GeneratorConfig


def grow(
    generator: Generator, discriminator: Discriminator, config: GeneratorConfig
) -> tuple[Generator, Discriminator]:
    """New networks of `config`'s shape, with everything the trained ones know.

    Raises:
        InputError: `config` is smaller than the trained networks, its layers have other sizes, or the
            networks are of an imported kind that is not trained here.
    """
    old = generator.config
    kinds = (old.architecture or "skip", discriminator.config.architecture or "resnet", old.c_dim)
    if kinds != ("skip", "resnet", 0):
        raise InputError(
            "training goes on from a skip generator with a resnet discriminator, of one class; these are "
            f"{kinds[0]}, {kinds[1]} and {kinds[2] or 1} classes"
        )
    levels = len(config.resolutions) - len(old.resolutions)
    if levels < 0:
        raise InputError(f"cannot go from {old.resolution} px down to {config.resolution} px; grow or keep")
    bigger_g, bigger_d = Generator(config), Discriminator(config)
    new_blocks = range(len(old.resolutions), len(config.resolutions))
    _fill(bigger_g, dict(generator.state_dict()), [f"synthesis.blocks.{i}." for i in new_blocks])
    # Discriminator blocks count from the finest: the old ones move down by the new levels
    shifted = {
        re.sub(r"^blocks\.(\d+)", lambda m: f"blocks.{int(m[1]) + levels}", name): value
        for name, value in discriminator.state_dict().items()
        if levels == 0 or not name.startswith("from_rgb")
    }
    _fill(bigger_d, shifted, ["from_rgb.", *(f"blocks.{i}." for i in range(levels))] if levels else [])
    if levels == 1 and config.channels(config.resolution) >= 6:  # three colours, as pairs
        _see_as_before(bigger_d, discriminator)
    if levels:
        for block in list(bigger_g.synthesis.blocks)[-levels:]:
            to_rgb = block.to_rgb
            assert isinstance(to_rgb, nn.Module) and isinstance(to_rgb.weight, Tensor)
            nn.init.zeros_(to_rgb.weight)
    return bigger_g, bigger_d


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
