"""The oracle is the original's classifier, layer by layer, on stacked and enlarged features."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from editgan.checkpoints.editgan_release import load_ensemble, load_latents, load_vector
from editgan.core.errors import CheckpointError, InputError
from editgan.models.generator import Generator, GeneratorConfig

SIDE, CLASSES, HIDDEN = 32, 6, (12, 8)
State = dict[str, Any]


def classifier(features: int, classes: int = CLASSES, hidden: tuple[int, int] = HIDDEN) -> nn.Sequential:
    """In the order of the original's layers, as after some training."""
    h1, h2 = hidden
    layers = nn.Sequential(
        *(nn.Linear(features, h1), nn.ReLU(), nn.BatchNorm1d(h1)),
        *(nn.Linear(h1, h2), nn.ReLU(), nn.BatchNorm1d(h2)),
        nn.Linear(h2, classes),
    )
    for norm in (layers[2], layers[5]):
        nn.init.normal_(norm.weight, 1, 0.3)
        nn.init.normal_(norm.bias)
    for _ in range(5):
        layers.train()(torch.randn(100, features) * 2 + 1)
    return layers.eval()


def state_of(layers: nn.Sequential, prefix: str = "module.layers.") -> State:
    return {"model_state_dict": {f"{prefix}{name}": value for name, value in layers.state_dict().items()}}


def written(folder: Path, *states: State) -> list[Path]:
    paths = [folder / f"car_model_{i}.pth" for i in range(len(states))]
    for path, state in zip(paths, states, strict=True):
        torch.save(state, path)
    return paths


@pytest.fixture
def channels(generator: Generator) -> dict[str, int]:
    return generator.config.tap_channels


@pytest.mark.parametrize("prefix", ["module.layers.", "layers."])
@pytest.mark.parametrize("side", [SIDE, 16])
def test_logits_are_the_mean_of_the_original_classifiers(
    prefix: str, side: int, generator: Generator, channels: dict[str, int], tmp_path: Path
) -> None:
    members = [classifier(sum(channels.values())) for _ in range(3)]
    branch = load_ensemble(written(tmp_path, *(state_of(m, prefix) for m in members)), channels, side)
    w_plus = torch.randn(2, generator.config.num_ws, generator.config.w_dim)
    features = generator.synthesis(w_plus, taps=list(channels)).features
    stacked = torch.cat([F.interpolate(features[t], (side, side), mode="bilinear") for t in channels], dim=1)
    pixels = stacked.permute(0, 2, 3, 1).flatten(0, 2)
    with torch.no_grad():
        wanted = torch.stack([member(pixels) for member in members]).mean(0)
        found = branch(features).permute(0, 2, 3, 1).flatten(0, 2)
    assert (found - wanted).abs().max() < 1e-4 * max(wanted.abs().max(), 1)
    config = branch.config
    assert (config.heads, config.classes, config.hidden, config.resolution) == (3, CLASSES, HIDDEN, side)
    assert not any(parameter.requires_grad for parameter in branch.parameters())


def test_as_wide_as_the_release_is(tmp_path: Path) -> None:
    """256-128-32, reading the 6016 features of a 512 px config-f: the const first, then every styled layer"""
    channels = GeneratorConfig(resolution=512).tap_channels
    assert sum(channels.values()) == 6016 and next(iter(channels)) == "4.const" and len(channels) == 16
    member = classifier(6016, 32, (256, 128))
    branch = load_ensemble(written(tmp_path, state_of(member)), channels, 512)
    assert branch.config.hidden == (256, 128) and branch.config.classes == 32


def test_another_generators_ensemble_is_refused_with_both_numbers(
    channels: dict[str, int], tmp_path: Path
) -> None:
    paths = written(tmp_path, state_of(classifier(9)))
    with pytest.raises(CheckpointError, match=rf"reads 9 features .* has {sum(channels.values())}"):
        load_ensemble(paths, channels, SIDE)


def test_how_to_read_a_file_is_an_argument(channels: dict[str, int]) -> None:
    state = state_of(classifier(sum(channels.values())))
    branch = load_ensemble([Path("a"), Path("b")], channels, SIDE, read=lambda path: state)
    assert branch.config.heads == 2


def dropped(name: str) -> Callable[[State], None]:
    return lambda state: state["model_state_dict"].pop(name)


def changed(name: str, value: object) -> Callable[[State], None]:
    return lambda state: state["model_state_dict"].__setitem__(name, value)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (dropped("module.layers.2.running_var"), r"lacks 2\.running_var"),
        (dropped("module.layers.6.bias"), r"lacks 6\.bias"),
        (changed("module.layers.7.weight", torch.zeros(3)), r"has also 7\.weight"),
        (changed("layers.0.weight", torch.zeros(3)), "lacks"),
        (changed("module.layers.3.weight", torch.zeros(8, 11)), "want"),
        (changed("module.layers.5.bias", torch.zeros(9)), "want"),
        (changed("module.layers.0.weight", torch.zeros(8)), "matrices"),
        (changed("module.layers.6.bias", torch.full((CLASSES,), torch.nan)), "finite"),
        (changed("module.layers.6.bias", "zero"), "finite"),
        (lambda state: state.__setitem__("optimizer", {}), "one model_state_dict"),
        (lambda state: state.__setitem__("model_state_dict", [1]), "one model_state_dict"),
    ],
)
def test_every_key_is_accounted_for(
    spoil: Callable[[State], None], reason: str, channels: dict[str, int], tmp_path: Path
) -> None:
    state = state_of(classifier(sum(channels.values())))
    spoil(state)
    with pytest.raises(CheckpointError, match=reason) as raised:
        load_ensemble(written(tmp_path, state), channels, SIDE)
    assert "\n" not in str(raised.value) and "car_model_0.pth" in str(raised.value)


def test_the_step_count_is_dropped_and_need_not_be_there(channels: dict[str, int], tmp_path: Path) -> None:
    state = state_of(classifier(sum(channels.values())))
    for layer in (2, 5):
        state["model_state_dict"].pop(f"module.layers.{layer}.num_batches_tracked")
    assert load_ensemble(written(tmp_path, state), channels, SIDE).config.heads == 1


def test_members_of_two_ensembles_are_told_apart(channels: dict[str, int], tmp_path: Path) -> None:
    features = sum(channels.values())
    paths = written(tmp_path, state_of(classifier(features)), state_of(classifier(features, CLASSES + 1)))
    with pytest.raises(CheckpointError, match="two ensembles"):
        load_ensemble(paths, channels, SIDE)
    for wrong in ([], [paths[0], paths[0]]):
        with pytest.raises(CheckpointError, match="each once"):
            load_ensemble(wrong, channels, SIDE)


def test_a_file_that_runs_code_is_refused(channels: dict[str, int], tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(pickle.dumps({"model_state_dict": Path}))
    with pytest.raises(CheckpointError):
        load_ensemble([tmp_path / "a.pth"], channels, SIDE)


@pytest.mark.parametrize("shape", [(8, 16), (1, 8, 16)])  # the shipped vectors are the second
def test_edit_vectors_are_read_from_numpy(shape: tuple[int, ...], tmp_path: Path) -> None:
    values = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    np.save(tmp_path / "wheel_enlarge.npy", values)
    found = load_vector(tmp_path / "wheel_enlarge.npy", 8, 16)
    assert torch.equal(found.delta, torch.from_numpy(values.reshape(8, 16))) and found.class_ids == ()


def test_the_web_interfaces_vectors_name_their_parts(tmp_path: Path) -> None:
    values = np.random.default_rng(0).standard_normal((8, 16)).astype(np.float32)
    path = tmp_path / "current_editing_latent_cache.pickle"
    path.write_bytes(pickle.dumps({"edit_vector": values, "roi_ids": [4, 2, 4]}))
    found = load_vector(path, 8, 16)
    assert torch.equal(found.delta, torch.from_numpy(values)) and found.class_ids == (2, 4)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([1], "edit_vector and roi_ids"),
        ({"edit_vector": torch.zeros(8, 16)}, "edit_vector and roi_ids"),
        ({"edit_vector": torch.zeros(8, 16), "roi_ids": [0.5]}, "class ids"),
        ({"edit_vector": torch.full((8, 16), torch.inf), "roi_ids": [1]}, "finite"),
        ({"edit_vector": torch.zeros(8, 15), "roi_ids": [1]}, r"\[8, 16\].* \[8, 15\]"),
        ({"edit_vector": "much", "roi_ids": [1]}, "finite"),
        ({"edit_vector": torch.zeros(8, 16), "roi_ids": ["wheel"]}, "class ids"),
    ],
)
def test_vectors_that_are_none_are_one_sentence(value: Any, reason: str) -> None:
    with pytest.raises(CheckpointError, match=reason):
        load_vector(Path("a.pickle"), 8, 16, read=lambda path: value)


def test_another_generators_vector_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((1, 16, 512), np.float32))
    with pytest.raises(CheckpointError, match=r"\[8, 16\], but it is \[16, 512\]"):
        load_vector(tmp_path / "a.npy", 8, 16)


def test_latents_are_one_or_many(tmp_path: Path) -> None:
    values: Tensor = torch.randn(3, 8, 16)
    np.save(tmp_path / "all.npy", values.numpy())
    np.save(tmp_path / "one.npy", values[0].double().numpy())
    assert torch.equal(load_latents(tmp_path / "all.npy"), values)
    assert torch.equal(load_latents(tmp_path / "one.npy"), values[:1])
    np.save(tmp_path / "none.npy", np.zeros((2, 0, 16)))
    with pytest.raises(InputError, match="latents"):
        load_latents(tmp_path / "none.npy")
