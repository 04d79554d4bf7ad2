"""rosinality's stylegan2-pytorch checkpoints, which EditGAN's release uses, too.

A .pt of state dicts: `g_ema`, maybe `latent_avg` (the mean w) and `d`. All else follows from shapes.
"""

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from editgan.checkpoints.keys import Key, empty, read_state, resampling_filter, without_prefix
from editgan.checkpoints.nvidia_names import nvidia_keys
from editgan.checkpoints.shape import channel_formula, resolutions, shaped
from editgan.core.errors import CheckpointError
from editgan.models.discriminator import Discriminator
from editgan.models.generator import Generator, GeneratorConfig

AVERAGED = 4096  # w whose mean stands in for a `latent_avg` the file lacks; EditGAN takes 4086

_STYLED = {
    "affine.weight": "conv.modulation.weight",
    "affine.bias": "conv.modulation.bias",
    "weight": "conv.weight",
    "noise_strength": "noise.weight",
}


def is_rosinality(value: Any) -> bool:
    """Whether this holds a generator under rosinality's names: in `g_ema`, or all by itself."""
    return isinstance(value, Mapping) and "input.input" in _generator_state(value)


def read_generator(value: Mapping[str, Any], what: str) -> tuple[Generator, list[str]]:
    """The generator, and what a person should know about it.

    Raises:
        CheckpointError: it lacks something, has too much, or contradicts itself.
    """
    state = _generator_state(value)
    network: Generator = empty(lambda: Generator(_generator_config(state, what)))
    average = value.get("latent_avg")
    w_dim = network.config.w_dim
    theirs = dict(state) | {
        "latent_avg": average.reshape(-1) if isinstance(average, Tensor) else torch.zeros(w_dim)
    }
    read_state(theirs, rosinality_keys(network), network, constants=rosinality_constants(network), what=what)
    if isinstance(average, Tensor):
        return network, []
    z = torch.randn(AVERAGED, w_dim, generator=torch.Generator().manual_seed(0))
    network.mapping.w_avg = network.mapping(z).mean(0)
    return network, [f"it has no latent_avg; w_avg is the mean of {AVERAGED} w"]


def read_discriminator(value: Mapping[str, Any], what: str) -> Discriminator | None:
    """`d`, if the file has one."""
    if not isinstance(value.get("d"), Mapping):
        return None
    state = without_prefix(value["d"])
    network: Discriminator = empty(lambda: Discriminator(_discriminator_config(state, what)))
    read_state(state, rosinality_keys(network), network, constants=rosinality_constants(network), what=what)
    return network


def rosinality_keys(network: nn.Module) -> dict[str, Key]:
    """For every tensor of our generator or discriminator, where it is in theirs."""
    name = _generator_key if isinstance(network, Generator) else _discriminator_key
    config = network.config
    assert isinstance(config, GeneratorConfig)
    shapes = {ours: tuple(value.shape) for ours, value in network.state_dict().items()}
    return {ours: name(key.name, shapes[ours], config) for ours, key in nvidia_keys(network).items()}


def rosinality_constants(network: nn.Module) -> dict[str, Tensor]:
    """The blur kernels beside the weights; where something is enlarged, four times as strong."""
    config = network.config
    assert isinstance(config, GeneratorConfig)
    doublings = range(len(config.resolutions) - 1)
    if isinstance(network, Generator):
        names = [(f"convs.{2 * i}.conv.blur.kernel", f"to_rgbs.{i}.upsample.kernel") for i in doublings]
        return {name: resampling_filter(4) for pair in names for name in pair}
    names = [(f"convs.{i + 1}.conv2.0.kernel", f"convs.{i + 1}.skip.0.kernel") for i in doublings]
    return {name: resampling_filter() for pair in names for name in pair}


def _generator_state(value: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = value.get("g_ema", value)
    return without_prefix(inner) if isinstance(inner, Mapping) else {}


def _generator_config(state: Mapping[str, Tensor], what: str) -> GeneratorConfig:
    count = len({name for name in state if re.fullmatch(r"to_rgbs\.\d+\.bias", name)})
    side = resolutions(2 ** (count + 2), what)[-1]
    layers = len({name for name in state if re.fullmatch(r"style\.\d+\.weight", name)})
    first = _tensor(state, "style.1.weight", what, 2)
    channels = {4: _tensor(state, "input.input", what, 4).shape[1]}
    for i in range(count):
        channels[8 * 2**i] = _tensor(state, f"convs.{2 * i + 1}.conv.weight", what, 5).shape[1]
    base, most = channel_formula(channels, what)
    w_dim, z_dim = first.shape
    return shaped(
        what,
        resolution=side,
        z_dim=z_dim,
        w_dim=w_dim,
        mapping_layers=layers,
        channel_base=base,
        channel_max=most,
    )


def _discriminator_config(state: Mapping[str, Tensor], what: str) -> GeneratorConfig:
    count = len({name for name in state if re.fullmatch(r"convs\.\d+\.skip\.1\.weight", name)})
    side = 2 ** (count + 2)
    if not 16 <= side <= 1024:
        raise CheckpointError(f"{what} has a d of {count} blocks, so for {side} px; supported are 16 to 1024")
    channels = {side: _tensor(state, "convs.0.0.weight", what, 4).shape[0]}
    for i in range(count):
        channels[side >> (i + 1)] = _tensor(state, f"convs.{i + 1}.conv2.1.weight", what, 4).shape[0]
    base, most = channel_formula(channels, what)
    return shaped(what, resolution=side, channel_base=base, channel_max=most)


def _tensor(state: Mapping[str, Any], name: str, what: str, ndim: int) -> Tensor:
    value = state.get(name)
    if not isinstance(value, Tensor) or value.ndim != ndim:
        raise CheckpointError(
            f"{what} lacks {name} with {ndim} dimensions; is it a StyleGAN2 of rosinality's kind?"
        )
    return value


def _generator_key(nvidia: str, shape: tuple[int, ...], config: GeneratorConfig) -> Key:
    if nvidia == "mapping.w_avg":
        return Key("latent_avg", shape)
    if match := re.fullmatch(r"mapping\.fc(\d+)\.(\w+)", nvidia):
        return Key(f"style.{int(match[1]) + 1}.{match[2]}", shape)
    if nvidia == "synthesis.b4.const":
        return Key("input.input", (1, *shape))
    match = re.fullmatch(r"synthesis\.b(\d+)\.(conv0|conv1|torgb)\.(.+)", nvidia)
    assert match is not None, nvidia  # a skip generator of one class has no other layers
    level, kind, rest = config.resolutions.index(int(match[1])), match[2], match[3]
    if rest == "noise_const":
        return Key(f"noises.noise_{2 * level - (kind == 'conv0')}", (1, 1, *shape))
    first = {"conv1": "conv1", "torgb": "to_rgb1"}
    later = {
        "conv0": f"convs.{2 * level - 2}",
        "conv1": f"convs.{2 * level - 1}",
        "torgb": f"to_rgbs.{level - 1}",
    }
    layer = (later if level else first)[kind]
    if rest == "bias":
        return (
            Key(f"{layer}.bias", (1, *shape, 1, 1))
            if kind == "torgb"
            else Key(f"{layer}.activate.bias", shape)
        )
    return Key(f"{layer}.{_STYLED[rest]}", (1, *shape) if rest in ("weight", "noise_strength") else shape)


def _discriminator_key(nvidia: str, shape: tuple[int, ...], config: GeneratorConfig) -> Key:
    side, layer, kind = nvidia.split(".")  # b64.conv0.weight
    last = {"conv": {"weight": "final_conv.0.weight", "bias": "final_conv.1.bias"}}
    if side == "b4":
        linear = {"fc": "final_linear.0", "out": "final_linear.1"}
        return Key(last[layer][kind] if layer in last else f"{linear[layer]}.{kind}", shape)
    block = f"convs.{config.resolutions[::-1].index(int(side[1:])) + 1}"
    names = {
        "fromrgb.weight": "convs.0.0.weight",
        "fromrgb.bias": "convs.0.1.bias",
        "conv0.weight": f"{block}.conv1.0.weight",
        "conv0.bias": f"{block}.conv1.1.bias",
        "conv1.weight": f"{block}.conv2.1.weight",
        "conv1.bias": f"{block}.conv2.2.bias",
        "skip.weight": f"{block}.skip.1.weight",
    }
    return Key(names[f"{layer}.{kind}"], shape)
