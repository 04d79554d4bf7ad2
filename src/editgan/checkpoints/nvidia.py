"""NVIDIA's pickles: stylegan2-ada-pytorch, and the StyleGAN2 networks of the stylegan3 repository.

Their networks carry the source text that made them; it is never run. What a network is follows from the
attributes of its modules and the shapes of its tensors, and both must agree.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from editgan.checkpoints.nvidia_names import NVIDIA
from editgan.checkpoints.reading.values import Stored
from editgan.checkpoints.shape import resolutions, shaped, widths
from editgan.core.errors import CheckpointError
from editgan.models.discriminator import Discriminator
from editgan.models.generator import Generator, GeneratorConfig

MAPPING_GAIN = 0.01  # how much slower the mapping network learns than the rest, in every published one


@dataclass(frozen=True, slots=True)
class Modules:
    """A stored network, flattened."""

    what: str  # how to call it in errors
    tensors: dict[str, Tensor]
    layers: dict[str, dict[str, Any]]  # each module's attributes, by its dotted path; "" is the network's own

    def attribute(self, path: str, name: str) -> Any:
        """Raises CheckpointError where the module or the attribute is missing."""
        if name not in self.layers.get(path, {}):
            raise CheckpointError(f"{self.what} has no {f'{path}.{name}'.lstrip('.')}; it is no StyleGAN2")
        return self.layers[path][name]

    def whole(self, path: str, name: str, *, least: int = 1) -> int:
        """An attribute that is a number; raises CheckpointError where it is none."""
        value = self.attribute(path, name)
        if type(value) is not int or value < least:
            raise CheckpointError(
                f"{self.what} should have a whole number of at least {least} as {name}, got {value!r}"
            )
        return value

    def same(self, name: str, came: Any, wanted: Any) -> None:
        """Raises CheckpointError where they differ."""
        if came != wanted:
            raise CheckpointError(f"{self.what} has {came!r} as {name}; supported is {wanted!r}")


def is_nvidia(value: Any) -> bool:
    """Whether this is what their training scripts write."""
    return isinstance(value, Mapping) and "G_ema" in value


def read_generator(value: Mapping[str, Any], what: str, class_id: int) -> tuple[Generator, list[str]]:
    """The generator, and what a person should know about it.

    Raises:
        CheckpointError: another kind of network, or one that contradicts itself.
    """
    modules = _modules(value["G_ema"], f"{what} (G_ema)")
    notes = _without_noise(modules)
    config = _generator_config(modules, class_id)
    return NVIDIA.read(Generator, config, modules.tensors, modules.what), notes


def read_discriminator(value: Mapping[str, Any], what: str, class_id: int) -> Discriminator | None:
    """The same for `D`, if there is one."""
    if not isinstance(value.get("D"), Stored):
        return None
    modules = _modules(value["D"], f"{what} (D)")
    config = _discriminator_config(modules, class_id)
    return NVIDIA.read(Discriminator, config, modules.tensors, modules.what)


def _modules(stored: Any, what: str) -> Modules:
    """Refuses what is recognisably something else, and says what it is."""
    if not isinstance(stored, Stored):
        raise CheckpointError(f"{what} should be a network, but is a {type(stored).__name__}")
    modules = Modules(what, {}, {})
    for path, module in _walk(stored):
        for name in ("_parameters", "_buffers"):
            for key, value in dict(module.state.get(name) or {}).items():
                if isinstance(value, Tensor):
                    modules.tensors[f"{path}.{key}".lstrip(".")] = value
        modules.layers[path] = {"class_name": module.class_name} | module.state
    if "synthesis.input" in modules.layers or any(".L0_" in path for path in modules.layers):
        raise CheckpointError(
            f"{what} is a StyleGAN3 network, but only StyleGAN2 is supported; the same repository has "
            "stylegan2 pickles"
        )
    if stored.class_name not in ("Generator", "Discriminator"):
        raise CheckpointError(f"{what} is a {stored.class_name}, not a StyleGAN2 network")
    return modules


def _walk(stored: Stored, path: str = "") -> Iterator[tuple[str, Stored]]:
    yield path, stored
    for name, module in dict(stored.state.get("_modules") or {}).items():
        if isinstance(module, Stored):
            yield from _walk(module, f"{path}.{name}".lstrip("."))


def _generator_config(modules: Modules, class_id: int) -> GeneratorConfig:
    sides = resolutions(modules.attribute("", "img_resolution"), modules.what)
    modules.same("image channels", modules.attribute("", "img_channels"), 3)
    styled = [layer for layer in modules.layers.values() if layer["class_name"] == "SynthesisLayer"]
    for layer in styled:
        modules.same("activation", layer.get("activation", "lrelu"), "lrelu")
    return _config(
        modules,
        {r: f"synthesis.b{r}.conv1.weight" for r in sides},
        class_id,
        kind=modules.layers.get(f"synthesis.b{sides[-1]}", {}).get("architecture", "skip"),
        usual="skip",
        z_dim=modules.whole("", "z_dim"),
        w_dim=modules.whole("", "w_dim"),
        mapping_layers=modules.whole("mapping", "num_layers"),
        conv_clamp=_one_clamp(styled, modules.what),
    )


def _discriminator_config(modules: Modules, class_id: int) -> GeneratorConfig:
    sides = resolutions(modules.attribute("", "img_resolution"), modules.what)
    deviation = modules.layers.get("b4.mbstd", {})
    modules.same("minibatch deviation channels", deviation.get("num_channels", 0), 1)
    convolutions = [
        layer
        for path, layer in modules.layers.items()
        if layer["class_name"] == "Conv2dLayer" and not path.endswith("skip") and path != "b4.fromrgb"
    ]
    mapping = {}
    if modules.whole("", "c_dim", least=0):
        mapping = {"w_dim": modules.attribute("mapping", "w_dim")}
        mapping["mapping_layers"] = modules.attribute("mapping", "num_layers")
    return _config(
        modules,
        {r: f"b{r}.conv0.weight" for r in sides[1:]} | {4: "b4.conv.weight"},
        class_id,
        kind=modules.layers.get("b4", {}).get("architecture", "resnet"),
        usual="resnet",
        conv_clamp=_one_clamp(convolutions, modules.what),
        deviation_group=deviation.get("group_size"),
        **mapping,
    )


def _config(modules: Modules, names: Mapping[int, str], class_id: int, **fields: Any) -> GeneratorConfig:
    """What both networks have; `names` of a layer at each resolution."""
    for path, layer in modules.layers.items():
        if path.startswith("mapping.fc"):
            gain = round(float(layer.get("bias_gain", MAPPING_GAIN)), 6)
            modules.same(f"learning rate factor of {path}", gain, MAPPING_GAIN)
            modules.same(f"activation of {path}", layer.get("activation", "lrelu"), "lrelu")
    channels = widths(modules.tensors, names, modules.what)
    return shaped(modules.what, channels, class_id, c_dim=modules.whole("", "c_dim", least=0), **fields)


def _without_noise(modules: Modules) -> list[str]:
    """Layers without noise inputs get noise of no strength: the same images."""
    silent = [path for path, layer in modules.layers.items() if layer.get("use_noise") is False]
    for path in silent:
        side = int(modules.layers[path].get("resolution") or 0)
        # Expanded, not made: it takes no memory, whatever the file says
        modules.tensors[f"{path}.noise_const"] = torch.zeros(1).expand(side, side)
        modules.tensors[f"{path}.noise_strength"] = torch.zeros([])
    return ["its layers have no noise inputs; they were given noise of strength 0"] if silent else []


def _one_clamp(layers: list[dict[str, Any]], what: str) -> float | None:
    found = {layer.get("conv_clamp") for layer in layers}
    if len(found) > 1:
        raise CheckpointError(f"{what} clamps its layers at {sorted(map(str, found))}; one is supported")
    clamp = found.pop() if found else None
    return None if clamp is None else float(clamp)
