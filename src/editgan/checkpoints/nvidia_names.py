"""What stylegan2-ada-pytorch and stylegan3 call the layers of a StyleGAN2."""

import re
from collections.abc import Sequence

from torch import Tensor

from editgan.checkpoints.keys import Key, Layout, Network
from editgan.models.generator import Generator, GeneratorConfig
from editgan.models.ops import binomial_filter

_LAYERS = {"up": "conv0", "conv": "conv1", "to_rgb": "torgb", "shortcut": "skip"}
_RESAMPLED = {"conv0", "conv1", "skip", "fromrgb", "conv"}  # layers that hold a filter, used or not


def nvidia_keys(network: Network) -> dict[str, Key]:
    """For every tensor of our generator or discriminator, where it is in theirs. The shapes are the same."""
    name = _generator_name if isinstance(network, Generator) else _discriminator_name
    return {
        ours: Key(name(ours, network.config), tuple(value.shape))
        for ours, value in network.state_dict().items()
    }


def _constants(network: Network) -> dict[str, Tensor]:
    """The resampling filters that lie beside the weights: one a block, and one in every layer but torgb."""
    owners: set[str] = set()
    for key in nvidia_keys(network).values():
        if match := re.match(r"((?:synthesis\.)?b\d+)\.(\w+)", key.name):
            owners |= {match[1], match[0]} if match[2] in _RESAMPLED else {match[1]}
    if not isinstance(network, Generator):
        owners.discard("b4")  # the last layers are not a block
    return {f"{owner}.resample_filter": binomial_filter() for owner in sorted(owners)}


def _generator_name(ours: str, config: GeneratorConfig) -> str:
    if match := re.fullmatch(r"synthesis\.blocks\.(\d+)\.(\w+)\.(.+)", ours):
        return f"synthesis.b{config.resolutions[int(match[1])]}.{_LAYERS[match[2]]}.{match[3]}"
    if ours == "synthesis.const":
        return "synthesis.b4.const"
    return _mapping_name(ours)


def _discriminator_name(ours: str, config: GeneratorConfig) -> str:
    resolutions: Sequence[int] = config.resolutions[::-1]
    if match := re.fullmatch(r"blocks\.(\d+)\.(.+)", ours):
        return f"b{resolutions[int(match[1])]}.{match[2]}"
    if match := re.fullmatch(r"from_smaller\.(\d+)\.(.+)", ours):
        return f"b{resolutions[int(match[1]) + 1]}.fromrgb.{match[2]}"
    if ours.startswith("from_rgb."):
        return ours.replace("from_rgb", f"b{resolutions[0]}.fromrgb")
    if ours.startswith(("conv.", "fc.", "out.")):
        return f"b4.{ours}"
    return _mapping_name(ours)


def _mapping_name(ours: str) -> str:
    """mapping.layers.3.weight -> mapping.fc3.weight; embed and w_avg have the same names."""
    return re.sub(r"^mapping\.layers\.(\d+)", r"mapping.fc\1", ours)


NVIDIA = Layout(nvidia_keys, _constants)
