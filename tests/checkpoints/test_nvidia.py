"""NVIDIA's pickles import with identical output, come out as they went in, and refuse what they must."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from checkpoints import official
from checkpoints.official import Shape
from torch import Tensor

from editgan.checkpoints.nvidia_export import write_nvidia
from editgan.checkpoints.reading.reader import open_checkpoint
from editgan.checkpoints.stylegan2 import Imported, load_stylegan2
from editgan.core.errors import CheckpointError

SHAPES = {  # the official configurations, in small: their options, fewer channels
    "auto": Shape(layers=2, clamp=256.0),
    "stylegan2": Shape(side=64, layers=8),
    "paper256": Shape(layers=8, clamp=256.0, group=8),
    "paper512": Shape(side=128, base=512, layers=8, clamp=256.0, group=8),
    "paper1024": Shape(side=64, base=512, most=32, layers=8, clamp=256.0),
    "cifar": Shape(layers=2, d_architecture="orig", c_dim=10, group=32, clamp=256.0),
    "resnet": Shape(architecture="resnet"),
    "resnet clamped": Shape(architecture="resnet", clamp=1.0),
    "orig": Shape(architecture="orig", d_architecture="orig"),
    "skip discriminator": Shape(d_architecture="skip", clamp=1.5),
    "clamp that cuts": Shape(clamp=0.5),
    "several classes": Shape(c_dim=3, cmap_dim=8, layers=3),
    "without noise": Shape(use_noise=False),
}
CANARY = "raise AssertionError('source text from a checkpoint was run')"


def snapshot(shape: Shape, path: Path, **more: Any) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """A file as the official training script leaves it, and the two state dicts in it."""
    g, d = official.generator_state(shape), official.discriminator_state(shape)
    averaged = official.nvidia_generator(shape, g, CANARY)
    data = {
        "G": averaged,
        "D": official.nvidia_discriminator(shape, d, CANARY),
        "G_ema": averaged,
        "augment_pipe": None,
        "training_set_kwargs": {"path": "photos.zip", "use_labels": False},
    }
    path.write_bytes(official.dumps(data | more))
    return g, d


def difference(a: Tensor, b: Tensor) -> tuple[float, float]:
    """Mean and largest, as shares of the range."""
    error = (a.double() - b).abs() / (b.max() - b.min())
    return error.mean().item(), error.max().item()


@pytest.mark.parametrize("name", SHAPES)
def test_every_configuration_draws_what_it_drew(name: str, tmp_path: Path) -> None:
    shape, path = SHAPES[name], tmp_path / "snapshot.pkl"
    g, d = snapshot(shape, path)
    z = torch.randn(4, shape.z_dim)
    for class_id in {0, max(shape.c_dim - 1, 0)}:
        found = load_stylegan2(path, class_id=class_id)
        for psi in (1.0, 0.5):
            mean, largest = difference(
                found.generator(z, truncation_psi=psi), official.draw(g, shape, z, psi, class_id)
            )
            assert mean < 1e-5 and largest < 1e-3, (mean, largest)
        assert found.discriminator is not None
        image = torch.rand(4, 3, shape.side, shape.side) * 2 - 1
        logits = official.judge(d, shape, image, class_id)
        torch.testing.assert_close(found.discriminator(image).double(), logits, rtol=1e-4, atol=1e-4)


def test_a_clamp_matters_where_it_cuts(tmp_path: Path) -> None:
    """Otherwise the test above would not see it missing."""
    shape = SHAPES["clamp that cuts"]
    state = official.generator_state(shape)
    z = torch.randn(2, shape.z_dim)
    mean, _ = difference(official.draw(state, replace(shape, clamp=None), z), official.draw(state, shape, z))
    assert mean > 0.01


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "without noise"])
def test_what_was_imported_comes_out_as_it_went_in(name: str, tmp_path: Path) -> None:
    shape, path = SHAPES[name], tmp_path / "snapshot.pkl"
    g, d = snapshot(shape, path)
    found = load_stylegan2(path)
    write_nvidia(found.generator, found.discriminator, tmp_path / "again.pkl")
    value = open_checkpoint(tmp_path / "again.pkl").value()
    for part, state in (("G_ema", g), ("G", g), ("D", d)):
        again = flattened(value[part])
        assert set(again) == set(state)
        assert all(torch.equal(again[key], state[key]) for key in state)
    assert_same(load_stylegan2(tmp_path / "again.pkl"), found)


def flattened(stored: Any, prefix: str = "") -> dict[str, Tensor]:
    found = {f"{prefix}{n}": v for kind in ("_parameters", "_buffers") for n, v in stored.state[kind].items()}
    for name, module in stored.state["_modules"].items():
        found |= flattened(module, f"{prefix}{name}.")
    return found


def assert_same(a: Imported, b: Imported) -> None:
    for x, y in ((a.generator, b.generator), (a.discriminator, b.discriminator)):
        assert (x is None) == (y is None)
        if x is not None and y is not None:
            assert x.config == y.config
            assert all(torch.equal(v, y.state_dict()[k]) for k, v in x.state_dict().items())


def test_without_a_discriminator_the_generator_still_imports(tmp_path: Path) -> None:
    snapshot(Shape(), tmp_path / "a.pkl", D=None)
    assert load_stylegan2(tmp_path / "a.pkl").discriminator is None
    snapshot(Shape(), tmp_path / "b.pkl")
    assert load_stylegan2(tmp_path / "b.pkl", with_discriminator=False).discriminator is None


def spoilt(path: Path, **changes: Any) -> None:
    """A snapshot whose generator's state or attributes are changed first."""
    shape = Shape()
    state = official.generator_state(shape)
    if change := changes.get("tensors"):
        change(state)
    module = official.nvidia_generator(shape, state)
    if change := changes.get("attributes"):
        change(module.state)
    path.write_bytes(official.dumps({"G_ema": module}))


def test_every_key_is_accounted_for(tmp_path: Path) -> None:
    path = tmp_path / "odd.pkl"
    block = "synthesis.b16.conv0"
    for change, words in (
        (lambda s: s.pop(f"{block}.bias"), f"lacks {block}.bias"),
        (lambda s: s.update({f"{block}.gain": torch.ones(1)}), f"no StyleGAN2.*{block}.gain"),
        (lambda s: s.update({f"{block}.weight": torch.ones(16, 16, 1, 1)}), f"contradicts itself: {block}"),
        (lambda s: s[f"{block}.weight"].fill_(float("nan")), f"{block}.weight that are not finite"),
        (lambda s: s[f"{block}.resample_filter"].fill_(1 / 16), "another filter"),
        (lambda s: s.update({"synthesis.b32.conv1.weight": torch.ones(5, 5, 3, 3)}), "channels"),
    ):
        spoilt(path, tensors=change)
        with pytest.raises(CheckpointError, match=words):
            load_stylegan2(path)


def test_attributes_and_shapes_must_agree(tmp_path: Path) -> None:
    path = tmp_path / "odd.pkl"
    for change, words in (
        (lambda s: s.update(img_resolution=64), "lacks synthesis.b64.conv1.weight"),
        (lambda s: s.update(img_resolution=16), "no StyleGAN2 of its configuration has: synthesis.b32"),
        (lambda s: s.update(img_resolution=48), "48 px"),
        (lambda s: s.update(img_resolution=2**40), "px"),
        (lambda s: s.update(img_resolution="64"), "'64' px"),
        (lambda s: s.update(img_channels=1), "1 as image channels"),
        (lambda s: s.update(z_dim=13), "contradicts itself: mapping.fc0.weight"),
        (lambda s: s.update(c_dim=2), "lacks mapping.embed"),
        (lambda s: s.pop("w_dim"), "no w_dim"),
        (lambda s: s["_modules"]["mapping"].state.update(num_layers=3), "lacks mapping.fc2"),
        (lambda s: s["_modules"]["mapping"].state["_modules"]["fc1"].state.update(bias_gain=0.1), "rate"),
        (
            lambda s: (
                s["_modules"]["synthesis"]
                .state["_modules"]["b8"]
                .state["_modules"]["conv0"]
                .state.update(conv_clamp=1)
            ),
            "clamps",
        ),
        (
            lambda s: (
                s["_modules"]["synthesis"]
                .state["_modules"]["b8"]
                .state["_modules"]["conv0"]
                .state.update(activation="relu")
            ),
            "relu",
        ),
    ):
        spoilt(path, attributes=change)
        with pytest.raises(CheckpointError, match=words):
            load_stylegan2(path)


def test_other_families_are_named_and_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.pkl"
    network = official.Persistent("SynthesisInput", {"_parameters": {"weight": torch.ones(1)}}, "")
    synthesis = official.Persistent("SynthesisNetwork", {"_modules": {"input": network}}, "")
    for generator, words in (
        (official.Persistent("Generator", {"_modules": {"synthesis": synthesis}}, ""), "StyleGAN3"),
        (official.Persistent("TriPlaneGenerator", {"_modules": {}}, ""), "TriPlaneGenerator"),
        (official.Persistent("Generator", {"_modules": {}}, ""), "img_resolution"),
        (7, "should be a network"),
    ):
        path.write_bytes(official.dumps({"G_ema": generator, "D": None}))
        with pytest.raises(CheckpointError, match=words):
            load_stylegan2(path)
    for value, words in (
        ({"state_dict": {}, "epoch": 3}, "G_ema .*this has state_dict, epoch"),
        ({"G": official.nvidia_generator(Shape(), official.generator_state(Shape()))}, "lacks its generator"),
        ([1, 2], "list"),
        (official.Persistent("Generator", {}, ""), "holds a Generator alone"),
    ):
        path.write_bytes(official.dumps(value))
        with pytest.raises(CheckpointError, match=words):
            load_stylegan2(path)


def test_a_file_cannot_make_errors_long_or_of_many_lines(tmp_path: Path) -> None:
    path = tmp_path / "loud.pkl"
    for generator in (
        official.Persistent("a\n\x1b[31mb " * 100_000, {"_modules": {}}, ""),
        official.Persistent("Generator", {"_modules": {}, "img_resolution": ["\n"] * 100_000}, ""),
    ):
        path.write_bytes(official.dumps({"G_ema": generator}))
        with pytest.raises(CheckpointError) as caught:
            load_stylegan2(path)
        assert len(str(caught.value)) < 700 and str(caught.value).isprintable()


def test_a_class_must_exist(tmp_path: Path) -> None:
    snapshot(Shape(c_dim=3), tmp_path / "three.pkl")
    with pytest.raises(CheckpointError, match="classes 0 to 2, not 3"):
        load_stylegan2(tmp_path / "three.pkl", class_id=3)
    snapshot(Shape(), tmp_path / "one.pkl")
    with pytest.raises(CheckpointError, match="one class only"):
        load_stylegan2(tmp_path / "one.pkl", class_id=1)
