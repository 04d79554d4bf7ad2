"""`editgan import annotations | branch | vector`, as commands of a group of their own."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from click.testing import Result
from PIL import Image as PilImage
from torch import nn
from typer.testing import CliRunner

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.folder import load_draft
from editgan.cli import import_annotations, import_editgan
from editgan.core.errors import CheckpointError, InputError, LabelError
from editgan.core.labels import LabelSchema
from editgan.data.annotations import load_annotations, load_schema
from editgan.editing.vector import EditVector

Import = Callable[..., Result]


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> Import:
    app = typer.Typer()
    app.command()(import_annotations.annotations)
    app.command()(import_editgan.branch)
    app.command()(import_editgan.vector)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(a) for a in arguments])

    return run


@pytest.fixture
def cars(tmp_path: Path) -> Path:
    folder = tmp_path / "cars"
    folder.mkdir()
    for i in range(2):
        PilImage.new("RGB", (64, 48), "white").save(folder / f"image_{i}.jpg")
        np.save(folder / f"image_mask{i}.npy", np.full((48, 64), i, np.uint8))
        np.save(folder / f"latents_image_{i}.npy", np.zeros((8, 16), np.float32))
    np.save(folder / "image_mask2.npy", np.ones((48, 64), np.uint8))
    return folder


@pytest.fixture
def classifiers(bundle: ModelBundle, tmp_path: Path) -> Path:
    """A folder of two, for the tiny bundle's generator and five classes."""
    folder = tmp_path / "classifier"
    folder.mkdir()
    features = sum(bundle.generator.config.tap_channels.values())
    for i in range(2):
        layers = nn.Sequential(
            *(nn.Linear(features, 8), nn.ReLU(), nn.BatchNorm1d(8)),
            *(nn.Linear(8, 6), nn.ReLU(), nn.BatchNorm1d(6)),
            nn.Linear(6, 5),
        )
        state = {f"module.layers.{name}": value for name, value in layers.state_dict().items()}
        torch.save({"model_state_dict": state}, folder / f"car_model_{i}.pth")
    return folder


def test_annotations_become_a_folder_to_train_on(imported: Import, cars: Path, tmp_path: Path) -> None:
    out = tmp_path / "labelled"
    result = imported("annotations", cars, "--out", out, "--classes", "car-12", "--limit", 1)
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert "1 photos, 1 with latents, 12 classes" in said and "1 x labels without a photo" in said
    assert "sheet.png" in said and (out / "sheet.png").exists()
    (found,) = load_annotations(out, load_schema(out))
    assert found.w_plus is not None and found.pixels.shape == (1, 64, 64, 3)


def test_what_cannot_be_imported_leaves_nothing_behind(imported: Import, cars: Path, tmp_path: Path) -> None:
    result = imported("annotations", cars, "--out", tmp_path / "labelled", "--kind", "folder")
    assert isinstance(result.exception, LabelError) and "classes.json" in str(result.exception)
    assert not (tmp_path / "labelled").exists()


def test_help_says_what_folders_look_like_and_gives_an_example(imported: Import) -> None:
    said = " ".join(re.sub(r"[│╭╮╰╯─]", " ", imported("annotations", "--help").output).split())
    for word in ("CelebAMask-HQ", "image_mask0.npy", "latents_image_0.npy", "car-32", "sheet.png", "Example"):
        assert word in said


def test_an_ensemble_becomes_the_bundles_branch(
    imported: Import, classifiers: Path, own_bundle: Path, schema: LabelSchema, tmp_path: Path
) -> None:
    schema.save(tmp_path / "mine.json")
    common = (classifiers, "--bundle", own_bundle, "--device", "cpu")
    result = imported("branch", *common, "--side", 16, "--classes", tmp_path / "mine.json")
    assert result.exit_code == 0, (result.output, result.exception)
    bundle = load_draft(own_bundle)
    assert bundle.branch is not None and bundle.branch.config.heads == 2 and bundle.label_side == 16
    assert bundle.schema == schema and (own_bundle / "parts.webp").exists()
    assert "car_model_0.pth, car_model_1.pth" in (own_bundle / "README.md").read_text()
    result = imported("branch", *common, "--side", 32)
    assert result.exit_code == 0 and "part_4" in (own_bundle / "schema.json").read_text()


def test_a_list_of_other_length_is_refused(imported: Import, classifiers: Path, own_bundle: Path) -> None:
    before = (own_bundle / "bundle.json").read_bytes()
    common = (classifiers, "--bundle", own_bundle, "--device", "cpu")
    result = imported("branch", *common, "--side", 16, "--classes", "car-32")
    assert isinstance(result.exception, LabelError) and "5 classes" in str(result.exception)
    result = imported("branch", *common)  # 512 px, and the bundle draws 32
    assert isinstance(result.exception, InputError) and "512" in str(result.exception)
    assert (own_bundle / "bundle.json").read_bytes() == before


def test_a_vector_is_calibrated_and_joins_the_bundles_own(
    imported: Import, own_bundle: Path, bundle: ModelBundle, tmp_path: Path
) -> None:
    delta = (0.3 * torch.randn(1, 8, 16)).numpy()
    np.save(tmp_path / "wheel_enlarge.npy", delta)
    common = ("vector", tmp_path / "wheel_enlarge.npy", "--bundle", own_bundle, "--device", "cpu")
    result = imported(*common, "--name", "larger", "--classes", "mouth,iris", "--samples", 2)
    assert result.exit_code == 0, (result.output, result.exception)
    found = EditVector.load(own_bundle / "vectors" / "larger.safetensors")
    assert torch.equal(found.delta, torch.from_numpy(delta[0]))
    assert found.classes == ("upper_lip", "mouth_interior", "iris") and found.place is not None
    assert found.strengths[0] <= 0 <= found.strengths[1] and found.learnt["tried_on"] == [
        "seed 100",
        "seed 101",
    ]
    assert (own_bundle / "vectors" / "larger.webp").exists()
    found.check_fit(load_draft(own_bundle))
    assert "useful from" in result.output


def test_a_vector_without_parts_is_refused(imported: Import, own_bundle: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((8, 16), np.float32))
    common = ("vector", tmp_path / "a.npy", "--bundle", own_bundle, "--device", "cpu", "--samples", 1)
    result = imported(*common, "--name", "a")
    assert isinstance(result.exception, InputError) and result.exception.code == "parts-unknown"
    result = imported(*common, "--name", "a", "--classes", "wheel")
    assert isinstance(result.exception, LabelError) and "wheel" in str(result.exception)
    result = imported(*common, "--name", "../a", "--classes", "iris")
    assert isinstance(result.exception, InputError) and "folders" in str(result.exception)
    np.save(tmp_path / "a.npy", np.zeros((16, 512), np.float32))
    result = imported(*common, "--name", "a", "--classes", "iris")
    assert isinstance(result.exception, CheckpointError) and "[16, 512]" in str(result.exception)
    assert not (own_bundle / "vectors").exists()
