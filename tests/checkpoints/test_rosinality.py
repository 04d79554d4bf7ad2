"""rosinality's checkpoints import with identical output, and come out as they went in."""

import argparse
from pathlib import Path
from typing import Any

import pytest
import torch
from checkpoints import official
from checkpoints.official import FILTER, Shape
from checkpoints.test_nvidia import difference
from torch import Tensor

from editgan.checkpoints.rosinality import write_rosinality
from editgan.checkpoints.stylegan2 import load_stylegan2
from editgan.core.errors import CheckpointError, InputError

SHAPE = Shape(side=64, z_dim=16, layers=3)


def checkpoint(shape: Shape = SHAPE) -> tuple[dict[str, Any], dict[str, Tensor], dict[str, Tensor]]:
    """A training checkpoint under rosinality's names, and the same under NVIDIA's."""
    g, d = official.generator_state(shape), official.discriminator_state(shape)
    value = {
        "g_ema": generator(shape, g),
        "latent_avg": g["mapping.w_avg"],
        "d": discriminator(shape, d),
        "args": argparse.Namespace(size=shape.side, lr=0.002),
        "ada_aug_p": 0.25,
    }
    return value, g, d


def generator(shape: Shape, state: dict[str, Tensor]) -> dict[str, Tensor]:
    theirs = {"input.input": state["synthesis.b4.const"][None]}
    for i in range(shape.layers):
        theirs |= {f"style.{i + 1}.{kind}": state[f"mapping.fc{i}.{kind}"] for kind in ("weight", "bias")}
    noise = 0
    for level, r in enumerate(shape.sides):
        block = f"synthesis.b{r}"
        layers = (
            [("conv1", "conv1")]
            if r == 4
            else [("conv0", f"convs.{2 * level - 2}"), ("conv1", f"convs.{2 * level - 1}")]
        )
        for name, there in layers:
            ours = f"{block}.{name}"
            theirs |= {
                f"{there}.conv.weight": state[f"{ours}.weight"][None],
                f"{there}.conv.modulation.weight": state[f"{ours}.affine.weight"],
                f"{there}.conv.modulation.bias": state[f"{ours}.affine.bias"],
                f"{there}.noise.weight": state[f"{ours}.noise_strength"].reshape(1),
                f"{there}.activate.bias": state[f"{ours}.bias"],
                f"noises.noise_{noise}": state[f"{ours}.noise_const"][None, None],
            }
            noise += 1
            if name == "conv0":
                theirs[f"{there}.conv.blur.kernel"] = FILTER * 4
        there = "to_rgb1" if r == 4 else f"to_rgbs.{level - 1}"
        theirs |= {
            f"{there}.conv.weight": state[f"{block}.torgb.weight"][None],
            f"{there}.conv.modulation.weight": state[f"{block}.torgb.affine.weight"],
            f"{there}.conv.modulation.bias": state[f"{block}.torgb.affine.bias"],
            f"{there}.bias": state[f"{block}.torgb.bias"].reshape(1, 3, 1, 1),
        }
        if r > 4:
            theirs[f"{there}.upsample.kernel"] = FILTER * 4
    return theirs


def discriminator(shape: Shape, state: dict[str, Tensor]) -> dict[str, Tensor]:
    top = f"b{shape.side}"
    theirs = {
        "convs.0.0.weight": state[f"{top}.fromrgb.weight"],
        "convs.0.1.bias": state[f"{top}.fromrgb.bias"],
    }
    for i, r in enumerate(shape.sides[:0:-1], start=1):
        theirs |= {
            f"convs.{i}.conv1.0.weight": state[f"b{r}.conv0.weight"],
            f"convs.{i}.conv1.1.bias": state[f"b{r}.conv0.bias"],
            f"convs.{i}.conv2.0.kernel": FILTER.clone(),
            f"convs.{i}.conv2.1.weight": state[f"b{r}.conv1.weight"],
            f"convs.{i}.conv2.2.bias": state[f"b{r}.conv1.bias"],
            f"convs.{i}.skip.0.kernel": FILTER.clone(),
            f"convs.{i}.skip.1.weight": state[f"b{r}.skip.weight"],
        }
    last = {"final_conv.0.weight": "b4.conv.weight", "final_conv.1.bias": "b4.conv.bias"}
    for i, name in enumerate(("fc", "out")):
        last |= {f"final_linear.{i}.{kind}": f"b4.{name}.{kind}" for kind in ("weight", "bias")}
    return theirs | {there: state[name] for there, name in last.items()}


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_it_draws_what_it_drew(tmp_path: Path, legacy: bool) -> None:
    value, g, d = checkpoint()
    torch.save(value, tmp_path / "a.pt", _use_new_zipfile_serialization=not legacy)
    found = load_stylegan2(tmp_path / "a.pt")
    z = torch.randn(2, SHAPE.z_dim)
    for psi in (1.0, 0.5):
        mean, largest = difference(found.generator(z, truncation_psi=psi), official.draw(g, SHAPE, z, psi))
        assert mean < 1e-5 and largest < 1e-3
    assert found.discriminator is not None
    image = torch.rand(4, 3, SHAPE.side, SHAPE.side) * 2 - 1
    logits = official.judge(d, SHAPE, image)
    torch.testing.assert_close(found.discriminator(image).double(), logits, rtol=1e-4, atol=1e-4)


def test_prefixes_of_dataparallel_are_taken_off(tmp_path: Path) -> None:
    value, g, _ = checkpoint()
    for part in ("g_ema", "d"):
        value[part] = {f"module.{name}": tensor for name, tensor in value[part].items()}
    torch.save(value, tmp_path / "a.pt")
    found = load_stylegan2(tmp_path / "a.pt")
    assert torch.equal(found.generator.synthesis.const, g["synthesis.b4.const"])
    assert found.discriminator is not None


def test_a_missing_average_is_measured(tmp_path: Path) -> None:
    value, g, _ = checkpoint()
    torch.save({"g_ema": value["g_ema"]}, tmp_path / "a.pt")
    found = load_stylegan2(tmp_path / "a.pt")
    z = torch.randn(4096, SHAPE.z_dim, dtype=torch.float64)
    mean = official.mapped({k: v.double() for k, v in g.items()}, SHAPE, z, 0).mean(0)
    spread = found.generator.mapping(z.float()).std(0)
    assert ((found.generator.mapping.w_avg - mean).abs() < 0.1 * spread).all()
    assert any("latent_avg" in note for note in found.notes)


def test_a_state_dict_by_itself_will_do(tmp_path: Path) -> None:
    value, g, _ = checkpoint()
    torch.save(value["g_ema"], tmp_path / "a.pt")
    assert torch.equal(load_stylegan2(tmp_path / "a.pt").generator.synthesis.const, g["synthesis.b4.const"])


def test_what_was_imported_comes_out_as_it_went_in(tmp_path: Path) -> None:
    value, _, _ = checkpoint()
    torch.save(value, tmp_path / "a.pt")
    found = load_stylegan2(tmp_path / "a.pt")
    notes = write_rosinality(found.generator, found.discriminator, tmp_path / "again.pt")
    again = torch.load(tmp_path / "again.pt", weights_only=True)
    for part in ("g_ema", "d"):
        assert set(again[part]) == set(value[part])
        for name, tensor in value[part].items():
            assert again[part][name].shape == tensor.shape and torch.equal(again[part][name], tensor), name
    assert torch.equal(again["latent_avg"], value["latent_avg"])
    assert any("widths" in note for note in notes)


def test_every_key_is_accounted_for(tmp_path: Path) -> None:
    for change, words in (
        (lambda s: s.pop("convs.2.activate.bias"), "lacks convs.2.activate.bias"),
        (lambda s: s.pop("noises.noise_3"), "lacks noises.noise_3"),
        (lambda s: s.update(extra=torch.ones(1)), "has: extra"),
        (lambda s: s.pop("to_rgbs.3.bias"), "lacks|has:"),
        (lambda s: s.update({"style.1.weight": torch.ones(12, 16)}), "contradicts itself|lacks"),
        (lambda s: s["convs.0.conv.blur.kernel"].fill_(0.25), "another filter"),
    ):
        value, _, _ = checkpoint()
        change(value["g_ema"])
        torch.save(value, tmp_path / "odd.pt")
        with pytest.raises(CheckpointError, match=words):
            load_stylegan2(tmp_path / "odd.pt")


def test_what_the_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    from editgan.models.generator import Generator, GeneratorConfig

    small = {"resolution": 16, "channel_max": 8, "z_dim": 8, "w_dim": 8}
    for more in ({"architecture": "resnet"}, {"c_dim": 3}):
        generator = Generator(GeneratorConfig(**small, **more))
        with pytest.raises(InputError, match="export to nvidia"):
            write_rosinality(generator, None, tmp_path / "no.pt")
    assert not (tmp_path / "no.pt").exists()
    notes = write_rosinality(Generator(GeneratorConfig(**small, conv_clamp=256.0)), None, tmp_path / "yes.pt")
    assert any("256" in note for note in notes)
