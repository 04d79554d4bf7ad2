"""rosinality's stylegan2-pytorch checkpoints, which EditGAN's release uses, too: read, and written.

A .pt of state dicts: `g_ema`, maybe `latent_avg` (the mean w) and `d`. All else follows from shapes.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from editgan.checkpoints.keys import Key, Layout, Network, without_prefix
from editgan.checkpoints.nvidia_names import nvidia_keys
from editgan.checkpoints.shape import resolutions, shaped, tensor, widths
from editgan.core.errors import InputError
from editgan.core.files import replacing
from editgan.models.discriminator import Discriminator
from editgan.models.generator import Generator, GeneratorConfig
from editgan.models.ops import binomial_filter

AVERAGED = 4096  # w whose mean stands in for a `latent_avg` the file lacks; EditGAN takes 4086

# What they call the tensors of a styled layer ...
_STYLED = {
    "affine.weight": "conv.modulation.weight",
    "affine.bias": "conv.modulation.bias",
    "weight": "conv.weight",
    "bias": "activate.bias",
    "noise_strength": "noise.weight",
}
# ... and of a discriminator, {} the number of the block
_JUDGING = {
    "fromrgb.weight": "convs.0.0.weight",
    "fromrgb.bias": "convs.0.1.bias",
    "conv0.weight": "convs.{}.conv1.0.weight",
    "conv0.bias": "convs.{}.conv1.1.bias",
    "conv1.weight": "convs.{}.conv2.1.weight",
    "conv1.bias": "convs.{}.conv2.2.bias",
    "skip.weight": "convs.{}.skip.1.weight",
    "conv.weight": "final_conv.0.weight",
    "conv.bias": "final_conv.1.bias",
    "fc.weight": "final_linear.0.weight",
    "fc.bias": "final_linear.0.bias",
    "out.weight": "final_linear.1.weight",
    "out.bias": "final_linear.1.bias",
}


def is_rosinality(value: Any) -> bool:
    """Whether this holds a generator under rosinality's names: in `g_ema`, or all by itself."""
    return isinstance(value, Mapping) and "input.input" in _generator_state(value)


def read_generator(value: Mapping[str, Any], what: str, class_id: int) -> tuple[Generator, list[str]]:
    """The generator, and what a person should know about it.

    Raises:
        CheckpointError: it lacks something, has too much, or contradicts itself.
    """
    state = _generator_state(value)
    config = _generator_config(state, what, class_id)
    average = value.get("latent_avg")
    known = average.reshape(-1) if isinstance(average, Tensor) else torch.zeros(config.w_dim)
    network = ROSINALITY.read(Generator, config, dict(state) | {"latent_avg": known}, what)
    if isinstance(average, Tensor):
        return network, []
    z = torch.randn(AVERAGED, config.w_dim, generator=torch.Generator().manual_seed(0))
    network.mapping.w_avg = network.mapping(z).mean(0)
    return network, [f"it has no latent_avg; w_avg is the mean of {AVERAGED} w"]


def read_discriminator(value: Mapping[str, Any], what: str, class_id: int) -> Discriminator | None:
    """`d`, if the file has one."""
    if not isinstance(value.get("d"), Mapping):
        return None
    state, what = without_prefix(value["d"]), f"{what} (d)"
    return ROSINALITY.read(Discriminator, _discriminator_config(state, what), state, what)


def write_rosinality(generator: Generator, discriminator: Discriminator | None, path: Path) -> list[str]:
    """`g_ema`, `latent_avg` and `d`, if there is one. Returns what a person should know about the file.

    Raises:
        InputError: the format has no such network.
    """
    _check(generator.config, "skip", "generator")
    state = ROSINALITY.write(generator)
    content: dict[str, Any] = {"latent_avg": state.pop("latent_avg"), "g_ema": state}
    if discriminator is not None:
        _check(discriminator.config, "resnet", "discriminator")
        content["d"] = ROSINALITY.write(discriminator)
    with replacing(path) as scratch:
        torch.save(content, scratch)
    return _notes(generator.config)


def _check(config: GeneratorConfig, usual: str, what: str) -> None:
    if config.architecture not in (None, usual) or config.c_dim:
        kind = "of several classes" if config.c_dim else f"of the {config.architecture} kind"
        raise InputError(f"rosinality's format knows no {what} {kind}; export to nvidia instead")


def _notes(config: GeneratorConfig) -> list[str]:
    notes = []
    if config.conv_clamp is not None:
        notes.append(f"activations beyond {config.conv_clamp:g} are not clamped: the format has no clamp")
    if config.z_dim != config.w_dim:
        notes.append(f"z has {config.z_dim} numbers and w {config.w_dim}: the original wants them equal")
    multiplier = config.channel_base / 16384
    usual = all(config.channels(r) == min(512, int(16384 * multiplier) // r) for r in config.resolutions)
    if not usual or config.channels(4) != 512 or multiplier not in (1, 2):
        notes.append("its widths are not those of channel_multiplier 1 or 2: the class needs changing")
    return notes


def _generator_state(value: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = value.get("g_ema", value)
    return without_prefix(inner) if isinstance(inner, Mapping) else {}


def _generator_config(state: Mapping[str, Tensor], what: str, class_id: int) -> GeneratorConfig:
    sides = resolutions(2 ** (_count(state, r"to_rgbs\.\d+\.bias") + 2), what)
    names = {r: f"convs.{2 * i + 1}.conv.weight" for i, r in enumerate(sides[1:])}
    channels = widths(state, {4: "input.input"} | names, what, axis=1)
    w_dim, z_dim = tensor(state, "style.1.weight", what).shape
    layers = _count(state, r"style\.\d+\.weight")
    sizes = {"z_dim": z_dim, "w_dim": w_dim, "mapping_layers": layers}
    return shaped(what, channels, class_id, kind="skip", usual="skip", **sizes)


def _discriminator_config(state: Mapping[str, Tensor], what: str) -> GeneratorConfig:
    finest, *sides = resolutions(2 ** (_count(state, r"convs\.\d+\.skip\.1\.weight") + 2), what)[::-1]
    names = {r: f"convs.{i}.conv2.1.weight" for i, r in enumerate(sides, start=1)}
    channels = widths(state, {finest: "convs.0.0.weight"} | names, what)
    return shaped(what, channels, kind="resnet", usual="resnet")


def _count(state: Mapping[str, Any], pattern: str) -> int:
    return sum(re.fullmatch(pattern, name) is not None for name in state)


def _keys(network: Network) -> dict[str, Key]:
    key = _generator_key if isinstance(network, Generator) else _discriminator_key
    return {ours: key(there, network.config) for ours, there in nvidia_keys(network).items()}


def _constants(network: Network) -> dict[str, Tensor]:
    """The blur kernels beside the weights; where something is enlarged, four times as strong."""
    doublings = range(len(network.config.resolutions) - 1)
    if isinstance(network, Generator):
        names, gain = ("convs.{0}.conv.blur.kernel", "to_rgbs.{1}.upsample.kernel"), 4
    else:
        names, gain = ("convs.{2}.conv2.0.kernel", "convs.{2}.skip.0.kernel"), 1
    return {name.format(2 * i, i, i + 1): binomial_filter() * gain for i in doublings for name in names}


def _generator_key(nvidia: Key, config: GeneratorConfig) -> Key:
    name, shape = nvidia.name, nvidia.shape
    if name == "mapping.w_avg":
        return Key("latent_avg", shape)
    if name == "synthesis.b4.const":
        return Key("input.input", (1, *shape))
    if name.startswith("mapping."):
        layer, kind = name.removeprefix("mapping.fc").split(".")
        return Key(f"style.{int(layer) + 1}.{kind}", shape)
    _, side, layer, kind = name.split(".", 3)  # synthesis.b64.conv0.affine.weight
    level = config.resolutions.index(int(side[1:]))
    if kind == "noise_const":
        return Key(f"noises.noise_{2 * level - (layer == 'conv0')}", (1, 1, *shape))
    there = {
        "conv0": f"convs.{2 * level - 2}",
        "conv1": f"convs.{2 * level - 1}" if level else "conv1",
        "torgb": f"to_rgbs.{level - 1}" if level else "to_rgb1",
    }[layer]
    if layer == "torgb" and kind == "bias":
        return Key(f"{there}.bias", (1, *shape, 1, 1))
    return Key(f"{there}.{_STYLED[kind]}", (1, *shape) if kind in ("weight", "noise_strength") else shape)


def _discriminator_key(nvidia: Key, config: GeneratorConfig) -> Key:
    side, rest = nvidia.name.split(".", 1)  # b64.conv0.weight
    block = len(config.resolutions) - config.resolutions.index(int(side[1:]))
    return Key(_JUDGING[rest].format(block), nvidia.shape)


ROSINALITY = Layout(_keys, _constants)
