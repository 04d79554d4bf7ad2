"""StyleGAN2 as other people store it: their names and attributes, and what such a network draws.

The drawing is written from the papers, naively and in double precision, by their names; it shares no code
with the package.
"""

import math
import pickle
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from checkpoints import samples
from torch import Tensor, nn

FILTER = torch.outer(torch.tensor([1.0, 3, 3, 1]), torch.tensor([1.0, 3, 3, 1])) / 64
State = dict[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the official scripts' options come to; small by default."""

    side: int = 32
    base: int = 256
    most: int = 16
    z_dim: int = 12
    w_dim: int = 16
    layers: int = 2
    architecture: str = "skip"
    d_architecture: str = "resnet"
    clamp: float | None = None
    c_dim: int = 0
    group: int | None = 4
    use_noise: bool = True
    cmap_dim: int = field(default=16)

    def channels(self, r: int) -> int:
        return min(self.base // r, self.most)

    @property
    def sides(self) -> list[int]:
        return [2**i for i in range(2, int(math.log2(self.side)) + 1)]


# Weights


def generator_state(shape: Shape) -> State:
    """Every parameter and buffer, as after some training: no bias or noise strength is zero."""
    state: State = {}
    _mapping_state(state, shape, shape.z_dim, shape.w_dim, with_average=True)
    state["synthesis.b4.const"] = torch.randn(shape.channels(4), 4, 4)
    for r in shape.sides:
        block, out, before = f"synthesis.b{r}", shape.channels(r), shape.channels(r // 2)
        state[f"{block}.resample_filter"] = FILTER.clone()
        for name, channels in (("conv0", before), ("conv1", out)):
            if name == "conv0" and r == 4:
                continue
            layer = f"{block}.{name}"
            state[f"{layer}.weight"] = torch.randn(out, channels, 3, 3)
            state[f"{layer}.bias"] = torch.randn(out) * 0.2
            if shape.use_noise:
                state[f"{layer}.noise_strength"] = torch.tensor(0.3)
                state[f"{layer}.noise_const"] = torch.randn(r, r)
            state[f"{layer}.resample_filter"] = FILTER.clone()
            _affine(state, layer, channels, shape.w_dim)
        if shape.architecture == "skip" or r == shape.side:
            state[f"{block}.torgb.weight"] = torch.randn(3, out, 1, 1)
            state[f"{block}.torgb.bias"] = torch.randn(3) * 0.2
            _affine(state, f"{block}.torgb", out, shape.w_dim)
        if shape.architecture == "resnet" and r > 4:
            state[f"{block}.skip.weight"] = torch.randn(out, before, 1, 1)
            state[f"{block}.skip.resample_filter"] = FILTER.clone()
    return state


def discriminator_state(shape: Shape) -> State:
    state: State = {}
    for r in shape.sides[:0:-1]:
        here, after, block = shape.channels(r), shape.channels(r // 2), f"b{r}"
        state[f"{block}.resample_filter"] = FILTER.clone()
        if r == shape.side or shape.d_architecture == "skip":
            _convolution(state, f"{block}.fromrgb", 3, here, 1)
        _convolution(state, f"{block}.conv0", here, here, 3)
        _convolution(state, f"{block}.conv1", here, after, 3)
        if shape.d_architecture == "resnet":
            _convolution(state, f"{block}.skip", here, after, 1)
            del state[f"{block}.skip.bias"]
    last = shape.channels(4)
    if shape.d_architecture == "skip":
        _convolution(state, "b4.fromrgb", 3, last, 1)
    _convolution(state, "b4.conv", last + 1, last, 3)
    _linear(state, "b4.fc", last * 16, last)
    _linear(state, "b4.out", last, shape.cmap_dim if shape.c_dim else 1)
    if shape.c_dim:
        _mapping_state(state, shape, 0, shape.cmap_dim, with_average=False)
    return state


def _mapping_state(state: State, shape: Shape, z_dim: int, w_dim: int, *, with_average: bool) -> None:
    if shape.c_dim:
        _linear(state, "mapping.embed", shape.c_dim, w_dim)
    before = z_dim + (w_dim if shape.c_dim else 0)
    for i in range(shape.layers):
        _linear(state, f"mapping.fc{i}", before, w_dim, rate=0.01)
        before = w_dim
    if with_average:
        state["mapping.w_avg"] = torch.randn(w_dim) * 0.3


def _affine(state: State, layer: str, channels: int, w_dim: int) -> None:
    state[f"{layer}.affine.weight"] = torch.randn(channels, w_dim)
    state[f"{layer}.affine.bias"] = 1 + 0.1 * torch.randn(channels)


def _linear(state: State, layer: str, before: int, after: int, rate: float = 1.0) -> None:
    state[f"{layer}.weight"] = torch.randn(after, before) / rate
    state[f"{layer}.bias"] = torch.randn(after) * 0.2 / rate


def _convolution(state: State, layer: str, before: int, after: int, size: int) -> None:
    state[f"{layer}.weight"] = torch.randn(after, before, size, size)
    state[f"{layer}.bias"] = torch.randn(after) * 0.2
    state[f"{layer}.resample_filter"] = FILTER.clone()


# What they draw


def draw(state: State, shape: Shape, z: Tensor, psi: float = 1.0, class_id: int = 0) -> Tensor:
    """z -> image with constant noise, double precision."""
    p = {name: value.double() for name, value in state.items()}
    w = mapped(p, shape, z.double(), class_id)
    w = p["mapping.w_avg"] + psi * (w - p["mapping.w_avg"])
    x, image = p["synthesis.b4.const"].expand(len(z), -1, -1, -1), None
    half = math.sqrt(0.5)
    for r in shape.sides:
        block = f"synthesis.b{r}"
        if r == 4:
            x = _styled(p, f"{block}.conv1", x, w, shape)
        else:
            residual = shape.architecture == "resnet"
            beside = half * _enlarged(_plain(p, f"{block}.skip", x)) if residual else 0
            x = _styled(p, f"{block}.conv0", x, w, shape, up=True)
            x = beside + _styled(p, f"{block}.conv1", x, w, shape, gain=half if residual else 1)
        image = None if image is None else _enlarged(image)
        if f"{block}.torgb.weight" in p:
            layer = f"{block}.torgb"
            styles = _dense(p, f"{layer}.affine", w) / math.sqrt(x.shape[1])
            rgb = torch.stack(
                [
                    F.conv2d(a[None], p[f"{layer}.weight"] * s[:, None, None])[0]
                    for a, s in zip(x, styles, strict=True)
                ]
            )
            rgb = _clamped(rgb + p[f"{layer}.bias"][:, None, None], shape.clamp)
            image = rgb if image is None else image + rgb
    assert image is not None
    return image


def judge(state: State, shape: Shape, image: Tensor, class_id: int = 0) -> Tensor:
    """image -> logits, double precision."""
    p = {name: value.double() for name, value in state.items()}
    image, x = image.double(), None
    for r in shape.sides[:0:-1]:
        block = f"b{r}"
        if f"{block}.fromrgb.weight" in p:
            seen = _activated(_plain(p, f"{block}.fromrgb", image), shape.clamp)
            x = seen if x is None else x + seen
            image = _shrunk(image)
        assert x is not None
        gain = math.sqrt(0.5) if shape.d_architecture == "resnet" else 1.0
        beside = gain * _plain(p, f"{block}.skip", _shrunk(x)) if shape.d_architecture == "resnet" else 0
        x = _activated(_plain(p, f"{block}.conv0", x), shape.clamp)
        x = F.pad(x, (2, 2, 2, 2))
        x = F.conv2d(x, FILTER.double().expand(x.shape[1], 1, 4, 4), groups=x.shape[1])
        weight = p[f"{block}.conv1.weight"] / math.sqrt(p[f"{block}.conv1.weight"][0].numel())
        x = F.conv2d(x, weight, p[f"{block}.conv1.bias"], stride=2)
        x = beside + _activated(x, shape.clamp, gain)
    assert x is not None
    if "b4.fromrgb.weight" in p:
        x = x + _activated(_plain(p, "b4.fromrgb", image), None)
    group = min(shape.group or len(x), len(x))
    y = x.reshape(group, -1, *x.shape[1:])
    y = ((y - y.mean(0)).square().mean(0) + 1e-8).sqrt().mean((1, 2, 3))
    x = torch.cat([x, y.repeat(group)[:, None, None, None].expand(-1, 1, 4, 4)], 1)
    x = _activated(_plain(p, "b4.conv", x), shape.clamp)
    x = _activated(_dense(p, "b4.fc", x.flatten(1)), None)
    x = _dense(p, "b4.out", x)
    if shape.c_dim:
        wanted = mapped(p, shape, x.new_zeros(len(x), 0), class_id)
        x = (x * wanted).sum(1, keepdim=True) / math.sqrt(shape.cmap_dim)
    return x[:, 0]


def mapped(p: State, shape: Shape, z: Tensor, class_id: int) -> Tensor:
    parts = [_unit(z)] if z.shape[1] else []
    if shape.c_dim:
        one = torch.zeros(len(z), shape.c_dim, dtype=z.dtype)
        one[:, class_id] = 1
        parts.append(_unit(_dense(p, "mapping.embed", one)))
    x = torch.cat(parts, 1)
    for i in range(shape.layers):
        x = _activated(_dense(p, f"mapping.fc{i}", x, rate=0.01), None)
    return x


def _styled(
    p: State, layer: str, x: Tensor, w: Tensor, shape: Shape, *, up: bool = False, gain: float = 1.0
) -> Tensor:
    weight, styles = p[f"{layer}.weight"], _dense(p, f"{layer}.affine", w)
    pictures = []
    for a, s in zip(x, styles, strict=True):
        kernel = weight * s[None, :, None, None]
        kernel = kernel / (kernel.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        if up:
            y = F.conv_transpose2d(a[None], kernel.transpose(0, 1), stride=2)
            y = F.conv2d(
                F.pad(y, (1, 1, 1, 1)), 4 * FILTER.double().expand(y.shape[1], 1, 4, 4), groups=y.shape[1]
            )
        else:
            y = F.conv2d(a[None], kernel, padding=1)
        pictures.append(y[0])
    x = torch.stack(pictures)
    if shape.use_noise:
        x = x + p[f"{layer}.noise_const"] * p[f"{layer}.noise_strength"]
    return _activated(x + p[f"{layer}.bias"][:, None, None], shape.clamp, gain)


def _plain(p: State, layer: str, x: Tensor) -> Tensor:
    weight = p[f"{layer}.weight"]
    return F.conv2d(
        x, weight / math.sqrt(weight[0].numel()), p.get(f"{layer}.bias"), padding=weight.shape[2] // 2
    )


def _dense(p: State, layer: str, x: Tensor, rate: float = 1.0) -> Tensor:
    weight = p[f"{layer}.weight"]
    return F.linear(x, weight * rate / math.sqrt(weight.shape[1]), p[f"{layer}.bias"] * rate)


def _activated(x: Tensor, clamp: float | None, gain: float = 1.0) -> Tensor:
    return _clamped(F.leaky_relu(x, 0.2) * math.sqrt(2) * gain, None if clamp is None else clamp * gain)


def _clamped(x: Tensor, limit: float | None) -> Tensor:
    return x if limit is None else x.clamp(-limit, limit)


def _unit(x: Tensor) -> Tensor:
    return x / (x.square().mean(1, keepdim=True) + 1e-8).sqrt()


def _enlarged(x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    wide = x.new_zeros(n, c, 2 * h, 2 * w)
    wide[:, :, ::2, ::2] = x
    return F.conv2d(F.pad(wide, (2, 1, 2, 1)), 4 * FILTER.to(x.dtype).expand(c, 1, 4, 4), groups=c)


def _shrunk(x: Tensor) -> Tensor:
    c = x.shape[1]
    return F.conv2d(F.pad(x, (1, 1, 1, 1)), FILTER.to(x.dtype).expand(c, 1, 4, 4), groups=c)[:, :, ::2, ::2]


# NVIDIA's modules


class Persistent:
    """Pickles as their modules do: a call of their function, with source text that must never run."""

    def __init__(self, class_name: str, state: dict[str, Any], source: str) -> None:
        self.class_name, self.state, self.source = class_name, state, source

    def __reduce__(self) -> Any:
        meta = {
            "type": "class",
            "version": 6,
            "module_src": self.source,
            "class_name": self.class_name,
            "state": self.state,
        }
        return samples._reconstruct_persistent_obj, (meta,)


def dumps(value: Any, protocol: int = 3) -> bytes:
    with samples.stand_ins():
        return pickle.dumps(value, protocol)


def nvidia_module(
    state: State, attributes: dict[str, tuple[str, dict[str, Any]]], path: str = "", source: str = ""
) -> Persistent:
    """`attributes`: class name and more attributes by dotted path; other paths come from the tensors."""
    prefix = f"{path}." if path else ""
    own = {name.removeprefix(prefix): v for name, v in state.items() if name.startswith(prefix)}
    buffers = ("w_avg", "noise_const", "resample_filter")
    tensors = {name: value for name, value in own.items() if "." not in name}
    children = list(OrderedDict.fromkeys(name.split(".")[0] for name in own if "." in name))
    children += [a.removeprefix(prefix) for a in attributes if a.startswith(prefix) and a != path]
    children = [c for c in OrderedDict.fromkeys(children) if c and "." not in c]
    class_name, more = attributes.get(path, _guessed(path))
    module = dict(nn.Module().__dict__) | {
        "_parameters": OrderedDict((n, nn.Parameter(v)) for n, v in tensors.items() if n not in buffers),
        "_buffers": OrderedDict((n, v) for n, v in tensors.items() if n in buffers),
        "_modules": OrderedDict(
            (c, nvidia_module(state, attributes, f"{prefix}{c}", source)) for c in children
        ),
    }
    return Persistent(class_name, module | more, source)


def _guessed(path: str) -> tuple[str, dict[str, Any]]:
    name = path.split(".")[-1]
    kinds = {
        "conv0": "SynthesisLayer",
        "conv1": "SynthesisLayer",
        "torgb": "ToRGBLayer",
        "skip": "Conv2dLayer",
    }
    return kinds.get(name, "FullyConnectedLayer"), {}


def nvidia_generator(shape: Shape, state: State, source: str = "") -> Persistent:
    attributes: dict[str, tuple[str, dict[str, Any]]] = {
        "": (
            "Generator",
            {"z_dim": shape.z_dim, "c_dim": shape.c_dim, "w_dim": shape.w_dim}
            | {"img_resolution": shape.side, "img_channels": 3, "num_ws": 2 * len(shape.sides)},
        ),
        "mapping": ("MappingNetwork", {"num_layers": shape.layers, "w_dim": shape.w_dim}),
        "synthesis": ("SynthesisNetwork", {}),
    }
    for i in range(shape.layers):
        attributes[f"mapping.fc{i}"] = ("FullyConnectedLayer", {"activation": "lrelu", "bias_gain": 0.01})
    for r in shape.sides:
        block = f"synthesis.b{r}"
        attributes[block] = (
            "SynthesisBlock",
            {"architecture": shape.architecture, "is_last": r == shape.side},
        )
        for name in ("conv0", "conv1"):
            if f"{block}.{name}.weight" in state:
                layer = {"conv_clamp": shape.clamp, "activation": "lrelu", "use_noise": shape.use_noise}
                attributes[f"{block}.{name}"] = ("SynthesisLayer", layer | {"resolution": r})
    return nvidia_module(state, attributes, source=source)


def nvidia_discriminator(shape: Shape, state: State, source: str = "") -> Persistent:
    attributes: dict[str, tuple[str, dict[str, Any]]] = {
        "": ("Discriminator", {"c_dim": shape.c_dim, "img_resolution": shape.side, "img_channels": 3}),
        "b4": ("DiscriminatorEpilogue", {"architecture": shape.d_architecture}),
        "b4.mbstd": ("MinibatchStdLayer", {"group_size": shape.group, "num_channels": 1}),
    }
    if shape.c_dim:
        attributes["mapping"] = ("MappingNetwork", {"num_layers": shape.layers, "w_dim": shape.cmap_dim})
    for r in shape.sides[:0:-1]:
        attributes[f"b{r}"] = ("DiscriminatorBlock", {"architecture": shape.d_architecture})
        for name in ("fromrgb", "conv0", "conv1"):
            attributes[f"b{r}.{name}"] = ("Conv2dLayer", {"conv_clamp": shape.clamp, "activation": "lrelu"})
        attributes[f"b{r}.skip"] = ("Conv2dLayer", {"conv_clamp": None})
    attributes["b4.conv"] = ("Conv2dLayer", {"conv_clamp": shape.clamp, "activation": "lrelu"})
    attributes = {
        path: value
        for path, value in attributes.items()
        if path in ("", "b4.mbstd") or any(name.startswith(f"{path}.") for name in state)
    }
    return nvidia_module(state, attributes, source=source)
