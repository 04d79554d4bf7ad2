"""Start a GAN from a trained one, of the same resolution or a smaller one.

Low resolutions train several times faster, and what they learn carries over: the layers that exist in both
networks are copied, new ones start from noise, and new RGB layers from zero, so that the grown generator
first draws the old pictures, enlarged (after Karras et al. 2018, progressive growing, without the fade).
"""

import re

import torch
from torch import Tensor, nn

from editgan.core.errors import InputError
from editgan.models.discriminator import Discriminator
from editgan.models.generator import Generator, GeneratorConfig


def grow(
    generator: Generator, discriminator: Discriminator, config: GeneratorConfig
) -> tuple[Generator, Discriminator]:
    """New networks of `config`'s shape, with everything the trained ones know.

    Raises:
        InputError: `config` is smaller than the trained networks, or its layers have other sizes.
    """
    old = generator.config
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
    if levels:
        for block in list(bigger_g.synthesis.blocks)[-levels:]:
            to_rgb = block.to_rgb
            assert isinstance(to_rgb, nn.Module) and isinstance(to_rgb.weight, Tensor)
            nn.init.zeros_(to_rgb.weight)
    return bigger_g, bigger_d


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
