"""TensorFlow's StyleGAN2 pickles import with identical output, without TensorFlow."""

import math
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from checkpoints import official, samples
from checkpoints.official import Shape
from checkpoints.test_nvidia import difference
from torch import Tensor

from editgan.checkpoints.stylegan2 import load_stylegan2
from editgan.core.errors import CheckpointError

LAYERS = {"conv0": "Conv0_up", "conv1": "Conv1", "torgb": "ToRGB", "skip": "Skip"}
JUDGES = {"fromrgb": "FromRGB", "conv0": "Conv0", "conv1": "Conv1_down", "skip": "Skip", "conv": "Conv"}
STYLES = {"affine.weight": "mod_weight", "affine.bias": "mod_bias"}
SHAPES = {
    "config-f": Shape(layers=8),
    "resnet": Shape(architecture="resnet"),
    "orig": Shape(architecture="orig", d_architecture="orig"),
    "several classes": Shape(c_dim=3, clamp=256.0),
}
Arrays = list[tuple[str, np.ndarray[Any, Any]]]


def generator(shape: Shape, state: dict[str, Tensor], *, by_level: bool = False) -> samples.Network:
    """As TensorFlow holds it: transposed, flipped, biases of styles less one."""
    parts: dict[str, Arrays] = {"": [], "mapping": [], "synthesis": []}
    for name, value in state.items():
        if name.endswith("resample_filter"):
            continue
        part, there, array = _generator_array(name, value.numpy())
        if by_level:  # as the oldest call their colour layers
            there = re.sub(
                r"(\d+)x\1/ToRGB", lambda m: f"ToRGB_lod{int(math.log2(shape.side // int(m[1])))}", there
            )
        # A session gives what has no dimensions as a number of NumPy's
        parts[part].append((there, array[()] if array.ndim == 0 else np.array(array, order="C")))
    network = samples.Network("Gs", parts[""])
    network.kept["components"] = samples.EasyDict(
        {name: samples.Network(name, parts[name]) for name in ("mapping", "synthesis")}
    )
    said = {
        "resolution": shape.side,
        "num_channels": 3,
        "label_size": shape.c_dim,
        "mapping_layers": shape.layers,
    }
    said |= {"latent_size": shape.z_dim, "dlatent_size": shape.w_dim, "fmap_max": shape.most}
    said |= {} if by_level else {"architecture": shape.architecture}
    network.kept["static_kwargs"] = samples.EasyDict(
        said | ({"conv_clamp": shape.clamp} if shape.clamp else {})
    )
    network.kept["build_module_src"] = samples.SOURCE
    return network


def _generator_array(name: str, value: Any) -> tuple[str, str, Any]:
    if name == "mapping.w_avg":
        return "", "dlatent_avg", value
    if match := re.fullmatch(r"mapping\.(embed|fc(\d+))\.(\w+)", name):
        return "mapping", f"{'LabelEmbed' if match[2] is None else f'Dense{match[2]}'}/{match[3]}", value.T
    match = re.fullmatch(r"synthesis\.b(\d+)\.(\w+)\.?(.*)", name)
    assert match is not None
    side, layer, rest = int(match[1]), match[2], match[3]
    if layer == "const":
        return "synthesis", "4x4/Const/const", value[None]
    if rest == "noise_const":
        index = 2 * int(math.log2(side)) - (5 if layer == "conv0" else 4)
        return "synthesis", f"noise{index}", value[None, None]
    if rest == "weight":
        value = value.transpose(2, 3, 1, 0)
        value = value[::-1, ::-1] if layer in ("conv0", "skip") else value
    elif rest.startswith("affine"):
        value = value.T if rest.endswith("weight") else value - 1
    there = "Conv" if side == 4 and layer == "conv1" else LAYERS[layer]
    return "synthesis", f"{side}x{side}/{there}/{STYLES.get(rest, rest)}", value


def discriminator(shape: Shape, state: dict[str, Tensor]) -> samples.Network:
    arrays: Arrays = []
    for name, value in state.items():
        if name.endswith("resample_filter"):
            continue
        side, layer, kind = name.split(".")
        array = value.numpy().transpose(2, 3, 1, 0) if value.ndim == 4 else value.numpy().T
        there = "Output" if layer == "out" else f"{side[1:]}x{side[1:]}/{JUDGES.get(layer, 'Dense0')}"
        arrays.append((f"{there}/{kind}", np.array(array, order="C")))
    network = samples.Network("D", arrays)
    said = {"resolution": shape.side, "architecture": shape.d_architecture, "mbstd_group_size": 4}
    network.kept["static_kwargs"] = samples.EasyDict(
        said | ({"conv_clamp": shape.clamp} if shape.clamp else {})
    )
    return network


def write(path: Path, *networks: samples.Network, protocol: int = 4) -> None:
    with samples.stand_ins():
        path.write_bytes(pickle.dumps(networks, protocol))


@pytest.mark.parametrize("name", SHAPES)
def test_it_draws_what_it_drew(name: str, tmp_path: Path) -> None:
    shape, one_class = (
        SHAPES[name],
        Shape(d_architecture=SHAPES[name].d_architecture, clamp=SHAPES[name].clamp),
    )
    g, d = official.generator_state(shape), official.discriminator_state(one_class)
    network = generator(shape, g, by_level=name == "orig")
    write(tmp_path / "tf.pkl", network, discriminator(one_class, d), network, protocol=2)
    z = torch.randn(2, shape.z_dim)
    for class_id in {0, max(shape.c_dim - 1, 0)}:
        found = load_stylegan2(tmp_path / "tf.pkl", class_id=class_id)
        for psi in (1.0, 0.5):
            mean, largest = difference(
                found.generator(z, truncation_psi=psi), official.draw(g, shape, z, psi, class_id)
            )
            assert mean < 1e-5 and largest < 1e-3
    assert found.discriminator is not None
    image = torch.rand(4, 3, shape.side, shape.side) * 2 - 1
    logits = official.judge(d, one_class, image)
    torch.testing.assert_close(found.discriminator(image).double(), logits, rtol=1e-4, atol=1e-4)


def test_every_key_is_accounted_for(tmp_path: Path) -> None:
    path, shape = tmp_path / "odd.pkl", SHAPES["config-f"]
    for change, words in (
        (lambda k: k["variables"].append(("lod", np.float32(0))), "has: lod"),
        (lambda k: k["variables"].clear(), "lacks dlatent_avg"),
        (lambda k: k["static_kwargs"].update(resolution=64), "lacks synthesis/64x64"),
        (lambda k: k["static_kwargs"].update(resolution="big"), "px"),
        (lambda k: k["static_kwargs"].update(latent_size=7), "contradicts itself"),
        (lambda k: k["static_kwargs"].update(latent_size="7"), "no StyleGAN2"),
        (lambda k: k["static_kwargs"].update(nonlinearity="relu"), "relu"),
        (lambda k: k["static_kwargs"].update(blur_filter=None), "blur_filter"),
        (lambda k: k.update(version=2), "format 2"),
        (lambda k: k["variables"].append(("4x4/StyleMod/weight", np.zeros((2, 2), "f4"))), r"StyleGAN \(1\)"),
    ):
        network = generator(shape, official.generator_state(shape))
        change(network.kept)
        write(path, network, network, network)
        with pytest.raises(CheckpointError, match=words):
            load_stylegan2(path, with_discriminator=False)


def test_a_judge_of_classes_is_left_out_on_request(tmp_path: Path) -> None:
    shape = SHAPES["config-f"]
    network = generator(shape, official.generator_state(shape))
    judge = discriminator(shape, official.discriminator_state(shape))
    judge.kept["static_kwargs"]["label_size"] = 4
    write(tmp_path / "tf.pkl", network, judge, network)
    with pytest.raises(CheckpointError, match=r"\(D\) judges.*without its discriminator"):
        load_stylegan2(tmp_path / "tf.pkl")
    assert load_stylegan2(tmp_path / "tf.pkl", with_discriminator=False).discriminator is None
