"""The command as people run it, and things to give it."""

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image as PilImage
from skimage.data import astronaut

from editgan.bundle.bundle import ModelBundle
from editgan.cli.main import main
from editgan.core.label_pictures import save_label_map
from editgan.core.labels import LabelSchema
from editgan.editing.composition import Composition
from editgan.editing.recipe import EditRecipe
from editgan.editing.vector import EditVector

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def editgan(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """The command, in an empty folder: exit code, standard output, standard error."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("EDITGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERMINAL_WIDTH", "200")

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["editgan", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as exit_:
            code = exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture(scope="session")
def portrait(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("portrait") / "me.png"
    PilImage.fromarray(astronaut()).save(path)
    return path


@pytest.fixture(scope="session")
def bad(tmp_path_factory: pytest.TempPathFactory, portrait: Path, schema: LabelSchema) -> Path:
    """A folder of things that cannot be used."""
    folder = tmp_path_factory.mktemp("bad [things]")
    (folder / "words.jpg").write_text("no image")
    (folder / "cut.png").write_bytes(portrait.read_bytes()[:5000])
    PilImage.new("RGB", (31, 100)).save(folder / "small.png")
    PilImage.new("RGB", (100, 100), "white").save(folder / "white.png")
    frames = [PilImage.new("RGB", (40, 40), color) for color in ("red", "blue")]
    frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:])
    (folder / "vector.safetensors").write_text("<html>")
    save_label_map(torch.zeros(16, 16, dtype=torch.int64), schema, folder / "target16.png")
    PilImage.new("L", (32, 32), 9).save(folder / "target9.png")
    return folder


@pytest.fixture
def refused() -> Callable[[tuple[int, str, str]], str]:
    """Exit code 2, one sentence on standard error, nothing left in the folder: gives the sentence."""

    def check(result: tuple[int, str, str]) -> str:
        code, out, err = result
        lines = [line for line in re.sub(r"\x1b\[[0-9;]*m", "", err).splitlines() if line.strip()]
        assert code == 2 and out == "", (code, out, err)
        assert len(lines) == 1 and lines[0].startswith("editgan: "), lines
        assert not list(Path.cwd().iterdir())
        return lines[0]

    return check


@pytest.fixture
def wink(bundle: ModelBundle) -> EditVector:
    """A vector of the tiny bundle."""
    delta = 0.3 * torch.randn(8, 16, generator=torch.Generator().manual_seed(4))
    return EditVector(
        name="wink", delta=delta, classes=("iris",), bundle=bundle.name, fingerprint=bundle.fingerprint
    )


@pytest.fixture
def equipped(own_bundle: Path, wink: EditVector) -> Path:
    """The tiny bundle with two vectors of its own."""
    stare = replace(wink, name="stare", delta=wink.delta.flip(0))
    for vector in (wink, stare):
        vector.save(own_bundle / "vectors" / f"{vector.name}.safetensors")
    return own_bundle


@pytest.fixture
def recipe(bundle: ModelBundle, tmp_path: Path) -> Path:
    """Of a sample."""
    shape = (bundle.generator.config.num_ws, bundle.generator.config.w_dim)
    vector = EditVector(
        name="much",
        delta=0.3 * torch.randn(shape, generator=torch.Generator().manual_seed(5)),
        classes=("brow",),
        bundle=bundle.name,
        fingerprint=bundle.fingerprint,
    )
    made = EditRecipe(
        bundle=bundle.name,
        fingerprint=bundle.fingerprint,
        photo=None,
        seed=3,
        composition=Composition({vector: 1.0}),
    )
    path = tmp_path / "edit.json"
    path.write_bytes(made.to_bytes())
    return path
