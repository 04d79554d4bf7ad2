"""What NVIDIA's StyleGAN2 modules hold besides tensors, for a network of a given shape.

Names and meanings are those that stylegan2-ada-pytorch and stylegan3 read in their forward passes; where the
two differ, both are written.
"""

import math
from typing import Any

from editgan.models.generator import GeneratorConfig

Attributes = dict[str, tuple[str, dict[str, Any]]]  # class name and attributes of each module, by dotted path


def generator_attributes(config: GeneratorConfig) -> Attributes:
    """Of a generator of this shape."""
    shared = {"w_dim": config.w_dim, "img_resolution": config.resolution, "img_channels": 3}
    kinds = {"z_dim": config.z_dim, "c_dim": config.c_dim}
    kwargs = {
        "mapping_kwargs": {"num_layers": config.mapping_layers},
        "synthesis_kwargs": _made_with(config) | {"architecture": config.architecture or "skip"},
    }
    made = {"_init_args": (), "_init_kwargs": shared | kinds | kwargs}  # their tools copy a network from it
    shared |= {"num_ws": config.num_ws}
    found: Attributes = {"": ("Generator", shared | kinds | made)}
    found["synthesis"] = ("SynthesisNetwork", shared | _resolutions(config, config.resolutions))
    for r in config.resolutions:
        found |= _synthesis_block(config, r)
    return found | _mapping(config, z_dim=config.z_dim, num_ws=config.num_ws)


def _synthesis_block(config: GeneratorConfig, r: int) -> Attributes:
    before, out = (config.channels(r // 2) if r > 4 else 0), config.channels(r)
    kind, path = config.architecture or "skip", f"synthesis.b{r}"
    draws = kind == "skip" or r == config.resolution
    block = {
        "in_channels": before,
        "w_dim": config.w_dim,
        "img_channels": 3,
        "is_last": r == config.resolution,
        "num_conv": 2 if before else 1,
        "num_torgb": int(draws),
        "fused_modconv_default": True,
    } | _block(kind, r)
    found: Attributes = {path: ("SynthesisBlock", block)}
    for name, channels, up in (("conv0", before, 2), ("conv1", out, 1)):
        if channels:
            found[f"{path}.{name}"] = ("SynthesisLayer", _styled(config, channels, out, r, up))
            found[f"{path}.{name}.affine"] = _linear(config.w_dim, channels)
    if draws:
        sizes = {"in_channels": out, "out_channels": 3, "w_dim": config.w_dim}
        gain = {"conv_clamp": config.conv_clamp, "weight_gain": 1 / math.sqrt(out)}
        found[f"{path}.torgb"] = ("ToRGBLayer", sizes | gain)
        found[f"{path}.torgb.affine"] = _linear(config.w_dim, out)
    if kind == "resnet" and before:
        found[f"{path}.skip"] = _convolution(before, out, 1, None, up=2, linear=True)
    return found


def discriminator_attributes(config: GeneratorConfig) -> Attributes:
    """Of a discriminator of this shape."""
    sides, kind, clamp = config.resolutions[:0:-1], config.architecture or "resnet", config.conv_clamp
    shared = {"img_resolution": config.resolution, "img_channels": 3, "c_dim": config.c_dim}
    cmap = {"cmap_dim": config.w_dim} if config.c_dim else {}
    last = {"mbstd_group_size": config.deviation_group}
    arguments = shared | _made_with(config) | cmap | {"architecture": kind, "epilogue_kwargs": last}
    if config.c_dim:
        arguments["mapping_kwargs"] = {"num_layers": config.mapping_layers}
    made = {"_init_args": (), "_init_kwargs": arguments}
    found: Attributes = {"": ("Discriminator", shared | _resolutions(config, sides) | made)}
    index = 0
    for r in sides:
        here, out, path = config.channels(r), config.channels(r // 2), f"b{r}"
        own = {"fromrgb": _convolution(3, here, 1, clamp)} if kind == "skip" or r == sides[0] else {}
        own["conv0"] = _convolution(here, here, 3, clamp)
        own["conv1"] = _convolution(here, out, 3, clamp, down=2)
        own |= {"skip": _convolution(here, out, 1, None, down=2, linear=True)} if kind == "resnet" else {}
        block = {"in_channels": 0 if r == sides[0] else here, "img_channels": 3, "num_layers": len(own)}
        found[path] = ("DiscriminatorBlock", block | _block(kind, r) | {"first_layer_idx": index})
        found |= {f"{path}.{name}": layer for name, layer in own.items()}
        index += len(own)
    final = config.channels(4)
    epilogue = {"in_channels": final, "cmap_dim": config.w_dim if config.c_dim else 0, "img_channels": 3}
    found["b4"] = ("DiscriminatorEpilogue", epilogue | {"resolution": 4, "architecture": kind})
    if kind == "skip":
        found["b4.fromrgb"] = _convolution(3, final, 1, None)
    found["b4.mbstd"] = ("MinibatchStdLayer", {"group_size": config.deviation_group, "num_channels": 1})
    found["b4.conv"] = _convolution(final + 1, final, 3, clamp)
    found["b4.fc"] = _linear(final * 16, final, activation="lrelu")
    found["b4.out"] = _linear(final, config.w_dim if config.c_dim else 1)
    return found | (_mapping(config, z_dim=0, num_ws=None) if config.c_dim else {})


def _mapping(config: GeneratorConfig, *, z_dim: int, num_ws: int | None) -> Attributes:
    sizes = {"z_dim": z_dim, "c_dim": config.c_dim, "w_dim": config.w_dim, "num_ws": num_ws}
    beta = {"num_layers": config.mapping_layers, "w_avg_beta": None if num_ws is None else 0.995}
    found: Attributes = {"mapping": ("MappingNetwork", sizes | beta)}
    first = z_dim
    if config.c_dim:
        found["mapping.embed"] = _linear(config.c_dim, config.w_dim)
        first += config.w_dim
    for i in range(config.mapping_layers):
        width = config.w_dim if i else first
        found[f"mapping.fc{i}"] = _linear(width, config.w_dim, activation="lrelu", rate=0.01)
    return found


def _linear(
    before: int, out: int, *, activation: str = "linear", rate: float = 1.0
) -> tuple[str, dict[str, Any]]:
    sizes = {"in_features": before, "out_features": out}
    gains = {"weight_gain": rate / math.sqrt(before), "bias_gain": rate}
    return "FullyConnectedLayer", {"activation": activation} | sizes | gains


def _convolution(
    before: int, out: int, size: int, clamp: float | None, *, up: int = 1, down: int = 1, linear: bool = False
) -> tuple[str, dict[str, Any]]:
    own = {"down": down, "weight_gain": 1 / math.sqrt(before * size**2)} | ({"bias": None} if linear else {})
    return "Conv2dLayer", _convolving(before, out, size, clamp, up, linear) | own


def _styled(config: GeneratorConfig, before: int, out: int, r: int, up: int) -> dict[str, Any]:
    own = {"w_dim": config.w_dim, "resolution": r, "use_noise": True}
    return _convolving(before, out, 3, config.conv_clamp, up, linear=False) | own


def _convolving(
    before: int, out: int, size: int, clamp: float | None, up: int, linear: bool
) -> dict[str, Any]:
    return {
        "activation": "linear" if linear else "lrelu",
        "up": up,
        "conv_clamp": clamp,
        "padding": size // 2,
        "act_gain": 1.0 if linear else math.sqrt(2),
        "in_channels": before,
        "out_channels": out,
    }


def _block(kind: str, r: int) -> dict[str, Any]:
    return {"resolution": r, "architecture": kind, "use_fp16": False, "channels_last": False}


def _resolutions(config: GeneratorConfig, sides: list[int]) -> dict[str, Any]:
    return {
        "img_resolution_log2": int(math.log2(config.resolution)),
        "block_resolutions": sides,
        "num_fp16_res": 0,
    }


def _made_with(config: GeneratorConfig) -> dict[str, Any]:
    return {
        "channel_base": config.channel_base,
        "channel_max": config.channel_max,
        "conv_clamp": config.conv_clamp,
        "num_fp16_res": 0,
    }
