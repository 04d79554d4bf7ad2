"""NVIDIA's pickles: stylegan2-ada-pytorch, and the StyleGAN2 networks of the stylegan3 repository.

Their networks carry the source text that made them; it is never run. What a network is follows from the
attributes of its modules and the shapes of its tensors, and both must agree.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from editgan.checkpoints.keys import empty, read_state
from editgan.checkpoints.nvidia_names import nvidia_constants, nvidia_keys
from editgan.checkpoints.reading.values import Stored
from editgan.checkpoints.shape import channel_formula, resolutions, shaped, with_class
from editgan.core.errors import CheckpointError
from editgan.models.discriminator import Discriminator
from editgan.models.generator import Generator, GeneratorConfig

MAPPING_GAIN = 0.01  # how much slower the mapping network learns than the rest, in every published one


@dataclass(frozen=True, slots=True)
class Modules:
    """A stored network, flattened."""

    tensors: dict[str, Tensor]
    layers: dict[str, dict[str, Any]]  # each module's attributes, by its dotted path; "" is the network's own

    def attribute(self, path: str, name: str, what: str) -> Any:
        """Raises CheckpointError where the module or the attribute is missing."""
        if name not in self.layers.get(path, {}):
            raise CheckpointError(
                f"{what} has no {f'{path}.{name}'.lstrip('.')}; it is no StyleGAN2 generator"
            )
        return self.layers[path][name]


def read_generator(stored: Any, what: str, class_id: int = 0) -> tuple[Generator, list[str]]:
    """The generator, and what a person should know about it.

    Raises:
        CheckpointError: another kind of network, or one that contradicts itself.
    """
    modules = _modules(_recognised(stored, what))
    notes = _without_noise(modules)
    config = _generator_config(modules, what, class_id)
    network: Generator = empty(lambda: Generator(config))
    read_state(modules.tensors, nvidia_keys(network), network, constants=nvidia_constants(network), what=what)
    return network, notes


def read_discriminator(stored: Any, what: str, class_id: int = 0) -> Discriminator:
    """The same for `D`."""
    modules = _modules(_recognised(stored, what))
    config = _discriminator_config(modules, what, class_id)
    network: Discriminator = empty(lambda: Discriminator(config))
    read_state(modules.tensors, nvidia_keys(network), network, constants=nvidia_constants(network), what=what)
    return network


def _recognised(stored: Any, what: str) -> Stored:
    """Refuses what is recognisably something else, and says what it is."""
    if not isinstance(stored, Stored):
        raise CheckpointError(f"{what} should be a network, but is a {type(stored).__name__}")
    names = {path: module.class_name for path, module in _walk(stored)}
    if "synthesis.input" in names or any(".L0_" in path for path in names):
        raise CheckpointError(
            f"{what} is a StyleGAN3 network, but only StyleGAN2 is supported; the same repository has "
            "stylegan2 pickles"
        )
    if stored.class_name not in ("Generator", "Discriminator"):
        raise CheckpointError(f"{what} is a {stored.class_name}, not a StyleGAN2 network")
    return stored


def _walk(stored: Stored, path: str = "") -> Iterator[tuple[str, Stored]]:
    yield path, stored
    for name, module in dict(stored.state.get("_modules") or {}).items():
        if isinstance(module, Stored):
            yield from _walk(module, f"{path}.{name}".lstrip("."))


def _modules(network: Stored) -> Modules:
    tensors: dict[str, Tensor] = {}
    layers: dict[str, dict[str, Any]] = {}
    for path, module in _walk(network):
        for name in ("_parameters", "_buffers"):
            for key, value in dict(module.state.get(name) or {}).items():
                if isinstance(value, Tensor):
                    tensors[f"{path}.{key}".lstrip(".")] = value
        layers[path] = {"class_name": module.class_name} | module.state
    return Modules(tensors, layers)


def _generator_config(modules: Modules, what: str, class_id: int) -> GeneratorConfig:
    side = modules.attribute("", "img_resolution", what)
    sides = resolutions(side, what)
    top = modules.layers.get(f"synthesis.b{side}", {})
    _same(what, "image channels", modules.attribute("", "img_channels", what), 3)
    _check_mapping(modules, what)
    styled = [layer for layer in modules.layers.values() if layer["class_name"] == "SynthesisLayer"]
    for layer in styled:
        _same(what, "activation", layer.get("activation", "lrelu"), "lrelu")
    channels = {r: _rows(modules.tensors, f"synthesis.b{r}.conv1.weight", what) for r in sides}
    base, most = channel_formula(channels, what)
    config = shaped(
        what,
        resolution=side,
        z_dim=_whole(modules.attribute("", "z_dim", what), "z_dim", what),
        w_dim=_whole(modules.attribute("", "w_dim", what), "w_dim", what),
        mapping_layers=_whole(modules.attribute("mapping", "num_layers", what), "num_layers", what),
        channel_base=base,
        channel_max=most,
        architecture=None if (kind := top.get("architecture", "skip")) == "skip" else kind,
        conv_clamp=_one_clamp(styled, what),
        c_dim=_whole(modules.attribute("", "c_dim", what), "c_dim", what, least=0),
    )
    return with_class(config, class_id, what)


def _discriminator_config(modules: Modules, what: str, class_id: int) -> GeneratorConfig:
    side = modules.attribute("", "img_resolution", what)
    sides = resolutions(side, what)
    last = modules.layers.get("b4", {})
    deviation = modules.layers.get("b4.mbstd", {})
    _same(what, "minibatch deviation channels", deviation.get("num_channels", 0), 1)
    _check_mapping(modules, what)
    convolutions = [
        layer
        for path, layer in modules.layers.items()
        if layer["class_name"] == "Conv2dLayer" and not path.endswith("skip") and path != "b4.fromrgb"
    ]
    channels = {r: _rows(modules.tensors, f"b{r}.conv0.weight", what) for r in sides[1:]}
    channels[4] = _rows(modules.tensors, "b4.conv.weight", what)
    base, most = channel_formula(channels, what)
    kind = last.get("architecture", "resnet")
    shape = shaped(
        what,
        resolution=side,
        channel_base=base,
        channel_max=most,
        architecture=None if kind == "resnet" else kind,
        conv_clamp=_one_clamp(convolutions, what),
        deviation_group=deviation.get("group_size"),
        c_dim=_whole(modules.attribute("", "c_dim", what), "c_dim", what, least=0),
    )
    if shape.c_dim:
        layers = modules.attribute("mapping", "num_layers", what)
        shape = replace(shape, w_dim=modules.attribute("mapping", "w_dim", what), mapping_layers=layers)
    return with_class(shape, class_id, what)


def _without_noise(modules: Modules) -> list[str]:
    """Layers without noise inputs get noise of no strength: the same images."""
    silent = [path for path, layer in modules.layers.items() if layer.get("use_noise") is False]
    for path in silent:
        side = int(modules.layers[path].get("resolution") or 0)
        # Expanded, not made: it takes no memory, whatever the file says
        modules.tensors[f"{path}.noise_const"] = torch.zeros(1).expand(side, side)
        modules.tensors[f"{path}.noise_strength"] = torch.zeros([])
    return ["its layers have no noise inputs; they were given noise of strength 0"] if silent else []


def _check_mapping(modules: Modules, what: str) -> None:
    for path, layer in modules.layers.items():
        if path.startswith("mapping.fc"):
            gain = round(float(layer.get("bias_gain", MAPPING_GAIN)), 6)
            _same(what, f"learning rate factor of {path}", gain, MAPPING_GAIN)
            _same(what, f"activation of {path}", layer.get("activation", "lrelu"), "lrelu")


def _one_clamp(layers: list[dict[str, Any]], what: str) -> float | None:
    found = {layer.get("conv_clamp") for layer in layers}
    if len(found) > 1:
        raise CheckpointError(
            f"{what} clamps its layers at {sorted(map(str, found))}; one value is supported"
        )
    clamp = found.pop() if found else None
    return None if clamp is None else float(clamp)


def _rows(tensors: Mapping[str, Tensor], name: str, what: str) -> int:
    if name not in tensors:
        raise CheckpointError(
            f"{what} lacks {name}, which its resolution asks for; is it cut or of another kind?"
        )
    return len(tensors[name])


def _whole(value: Any, name: str, what: str, *, least: int = 1) -> int:
    if type(value) is not int or value < least:
        raise CheckpointError(
            f"{what} should have a whole number of at least {least} as {name}, got {value!r}"
        )
    return value


def _same(what: str, name: str, came: Any, wanted: Any) -> None:
    if came != wanted:
        raise CheckpointError(f"{what} has {came!r} as {name}; supported is {wanted!r}")
