"""TensorFlow pickles of StyleGAN2 and StyleGAN2-ADA: a tuple of three networks, G, D and the averaged G.

Their arrays are [height, width, in, out] and [in, out]; convolutions that enlarge have their kernels turned
by half a turn, and the biases of styles are stored less the one they begin with.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from editgan.checkpoints.keys import Key, Layout, Network
from editgan.checkpoints.nvidia_names import nvidia_keys
from editgan.checkpoints.reading.values import Stored
from editgan.checkpoints.shape import resolutions, shaped, widths
from editgan.core.errors import CheckpointError
from editgan.models.discriminator import Discriminator
from editgan.models.generator import Generator

# What an argument that we do not read must be, if the file says it
_BOTH_MUST = {"num_channels": (3,), "nonlinearity": ("lrelu",), "resample_kernel": ([1, 3, 3, 1],)}
_GENERATOR_MUST = _BOTH_MUST | {
    "mapping_lrmul": (0.01,),
    "mapping_nonlinearity": ("lrelu",),
    "use_noise": (True,),
    "label_fmaps": (None, 512),
    "mapping_fmaps": (None, 512),
}
_DISCRIMINATOR_MUST = _BOTH_MUST | {"mbstd_num_features": (1,), "mapping_layers": (0,)}
# What we read, and how it was trained and is called: the network is the same
_READ = {"resolution", "fmap_base", "fmap_max", "conv_clamp", "architecture"}
_INDIFFERENT = {
    *("truncation_psi", "truncation_cutoff", "style_mixing_prob", "structure", "w_avg_beta", "fmap_min"),
    *("num_fp16_res", "freeze_layers", "mapping_fmaps", "mapping_lrmul", "randomize_noise", "fmap_decay"),
    *("dlatent_avg_beta", "dtype", "label_fmaps"),
}


def is_tensorflow(value: Any) -> bool:
    """Whether this is what TensorFlow's StyleGAN2 pickles hold."""
    networks = value[1:] if isinstance(value, tuple | list) and len(value) == 3 else ()
    return bool(networks) and all(isinstance(v, Stored) and v.class_name == "Network" for v in networks)


def read_generator(value: Sequence[Any], what: str, class_id: int) -> tuple[Generator, list[str]]:
    """The averaged one; there is nothing more to know about it. Raises CheckpointError for another kind."""
    what = f"{what} (Gs)"
    said, tensors = _said(value[2], what), _tensors(value[2])
    if any(name.endswith("/StyleMod/weight") for name in tensors):
        raise CheckpointError(f"{what} is a StyleGAN (1) network; only StyleGAN2 is supported")
    tensors = _by_resolution(tensors, said, "ToRGB")
    _check(said, _GENERATOR_MUST, {"latent_size", "label_size", "dlatent_size", "mapping_layers"}, what)
    names = {r: f"synthesis/{r}x{r}/Conv1/weight" for r in _sides(said, what)}
    config = shaped(
        what,
        widths(tensors, names | {4: "synthesis/4x4/Conv/weight"}, what, axis=-1),
        class_id,
        kind=said.get("architecture", "skip"),
        usual="skip",
        conv_clamp=said.get("conv_clamp"),
        z_dim=said.get("latent_size", 512),
        w_dim=said.get("dlatent_size", 512),
        mapping_layers=said.get("mapping_layers", 8),
        c_dim=said.get("label_size") or 0,
    )
    return TENSORFLOW.read(Generator, config, tensors, what), []


def read_discriminator(value: Sequence[Any], what: str, class_id: int) -> Discriminator:
    """The same for D, of one class only."""
    what = f"{what} (D)"
    said, tensors = _said(value[1], what), _tensors(value[1])
    tensors = _by_resolution(tensors, said, "FromRGB")
    _check(said, _DISCRIMINATOR_MUST, {"label_size", "mbstd_group_size"}, what)
    if said.get("label_size"):
        raise CheckpointError(f"{what} judges several classes, in a way that is not supported")
    names = {r: f"{r}x{r}/Conv0/weight" for r in _sides(said, what)} | {4: "4x4/Conv/weight"}
    config = shaped(
        what,
        widths(tensors, names, what, axis=-1),
        kind=said.get("architecture", "resnet"),
        usual="resnet",
        conv_clamp=said.get("conv_clamp"),
        deviation_group=said.get("mbstd_group_size"),
    )
    return TENSORFLOW.read(Discriminator, config, tensors, what)


def _said(stored: Stored, what: str) -> dict[str, Any]:
    version = stored.state.get("version")
    if not isinstance(version, int) or version < 4:
        raise CheckpointError(f"{what} is a TensorFlow network of format {version}; StyleGAN2 writes 4 and 5")
    arguments = stored.state.get("static_kwargs")
    return dict(arguments) if isinstance(arguments, Mapping) else {}


def _sides(said: Mapping[str, Any], what: str) -> list[int]:
    return resolutions(said.get("resolution", 1024), what)


def _tensors(stored: Stored, prefix: str = "") -> dict[str, Tensor]:
    """All variables by their full names. A session gives variables without dimensions as plain numbers."""
    found = {f"{prefix}{name}": torch.as_tensor(value) for name, value in stored.state.get("variables") or ()}
    for name, component in dict(stored.state.get("components") or {}).items():
        found |= _tensors(component, f"{prefix}{name}/")
    return found


def _by_resolution(tensors: dict[str, Tensor], said: dict[str, Any], layer: str) -> dict[str, Tensor]:
    """Older networks count colour layers by level of detail, and are of the "orig" kind."""
    renamed: dict[str, Tensor] = {}
    for name, value in tensors.items():
        if match := re.fullmatch(rf"(.*?){layer}_lod(\d+)/(.*)", name):
            side = int(said.get("resolution", 1024)) >> int(match[2])
            name = f"{match[1]}{side}x{side}/{layer}/{match[3]}"
            said["architecture"] = "orig"
        renamed[name] = value
    return renamed


def _check(said: Mapping[str, Any], must: Mapping[str, tuple[Any, ...]], more: set[str], what: str) -> None:
    for name, allowed in must.items():
        value = list(said[name]) if isinstance(said.get(name), tuple) else said.get(name)
        if name in said and value not in allowed:
            raise CheckpointError(f"{what} has {value!r} as {name}; supported is {allowed[-1]!r}")
    if strange := set(said) - set(must) - more - _READ - _INDIFFERENT:
        raise CheckpointError(f"{what} was made with {sorted(strange)[0]}, which no supported StyleGAN2 has")


Named = tuple[str, Callable[[Tensor], Tensor] | None]


def _keys(network: Network) -> dict[str, Key]:
    """Shapes in the file are those of ours before `read`, which only turns and shifts."""
    name = _generator_name if isinstance(network, Generator) else _discriminator_name
    keys = {}
    for ours, key in nvidia_keys(network).items():
        theirs, read = name(key.name)
        keys[ours] = Key(theirs, _shape_there(theirs, key.shape), read)
    return keys


def _shape_there(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    if re.search(r"noise\d+$", name):
        return (1, 1, *shape)
    if name.endswith("Const/const"):
        return (1, *shape)
    if len(shape) == 4:
        out, into, height, width = shape
        return (height, width, into, out)
    return shape[::-1] if len(shape) == 2 else shape


def _generator_name(nvidia: str) -> Named:
    if nvidia == "mapping.w_avg":
        return "dlatent_avg", None
    if nvidia == "synthesis.b4.const":
        return "synthesis/4x4/Const/const", None
    if match := re.fullmatch(r"mapping\.(embed|fc\d+)\.(\w+)", nvidia):
        layer = "LabelEmbed" if match[1] == "embed" else f"Dense{match[1][2:]}"
        return f"mapping/{layer}/{match[2]}", _turned if match[2] == "weight" else None
    _, block, layer, rest = nvidia.split(".", 3)  # synthesis.b64.conv0.affine.weight
    side = int(block[1:])
    if rest == "noise_const":
        return f"synthesis/noise{max(2 * int(math.log2(side)) - (5 if layer == 'conv0' else 4), 0)}", None
    first = "Conv" if side == 4 else "Conv1"
    theirs = {"conv0": "Conv0_up", "conv1": first, "torgb": "ToRGB", "skip": "Skip"}[layer]
    rest, read = {
        "affine.weight": ("mod_weight", _turned),
        "affine.bias": ("mod_bias", _plus_one),
        "weight": ("weight", _half_turned if layer in ("conv0", "skip") else _turned),
        "bias": ("bias", None),
        "noise_strength": ("noise_strength", None),
    }[rest]
    return f"synthesis/{side}x{side}/{theirs}/{rest}", read


def _discriminator_name(nvidia: str) -> Named:
    side, layer, rest = nvidia.split(".")  # b64.conv0.weight
    names = {"fromrgb": "FromRGB", "conv0": "Conv0", "conv1": "Conv1_down", "skip": "Skip", "conv": "Conv"}
    there = "Output" if layer == "out" else f"{side[1:]}x{side[1:]}/{names.get(layer, 'Dense0')}"
    return f"{there}/{rest}", _turned if rest == "weight" else None


def _turned(value: Tensor) -> Tensor:
    """[in, out] to [out, in], [h, w, in, out] to [out, in, h, w]."""
    return value.t() if value.ndim == 2 else value.permute(3, 2, 0, 1)


def _half_turned(value: Tensor) -> Tensor:
    return _turned(value.flip(0, 1))


def _plus_one(value: Tensor) -> Tensor:
    return value + 1


TENSORFLOW = Layout(_keys, lambda network: {})  # filters are code there, too
