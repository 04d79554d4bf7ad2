"""A bundle as ONNX does what it does in PyTorch, without PyTorch."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from editgan.bundle import onnx_export
from editgan.bundle.bundle import BundleDraft, ModelBundle
from editgan.bundle.folder import load_draft
from editgan.bundle.onnx_export import export_onnx
from editgan.core.errors import UnavailableError
from editgan.editing.composition import compose
from editgan.editing.vector import EditVector

pytestmark = pytest.mark.slow

onnxruntime = pytest.importorskip("onnxruntime")
DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def exported(bundle: ModelBundle, saved_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny bundle with a vector, exported."""
    folder = tmp_path_factory.mktemp("onnx")
    own = Path(shutil.copytree(saved_bundle, folder / "bundle"))
    config = bundle.generator.config
    vector = EditVector(
        name="wink",
        delta=torch.randn(config.num_ws, config.w_dim, generator=torch.Generator().manual_seed(0)),
        classes=("iris",),
        bundle=bundle.name,
        fingerprint=bundle.fingerprint,
        strengths=(-1.0, 2.0),
    )
    (own / "vectors").mkdir()
    vector.save(own / "vectors" / "wink.safetensors")
    export_onnx(load_draft(own), folder / "onnx")
    return folder


def test_a_vector_does_the_same_there(exported: Path) -> None:
    bundle = load_draft(exported / "bundle")
    vector = EditVector.load(exported / "bundle" / "vectors" / "wink.safetensors")
    z = torch.randn(3, bundle.generator.config.z_dim)
    sessions = {p.stem: onnxruntime.InferenceSession(p) for p in (exported / "onnx").glob("*.onnx")}
    psi = np.array(0.7, np.float32)
    (w_plus,) = sessions["mapping"].run(None, {"z": z.numpy(), "truncation_psi": psi})
    delta = np.load(exported / "onnx" / "vectors.npz")["wink"]
    image, label_map = sessions["synthesis"].run(None, {"w_plus": w_plus + 0.5 * delta})
    start = bundle.generator.broadcast(bundle.generator.mapping(z, 0.7)).clone()
    wanted = bundle.render(compose(start, {vector: 0.5}))
    np.testing.assert_allclose(image, wanted.image.numpy(), atol=1e-4)
    assert (label_map == wanted.label_map.numpy()).mean() > 0.999
    about = json.loads((exported / "onnx" / "about.json").read_text())
    assert about["vectors"]["wink"] == {"classes": ["iris"], "strengths": [-1.0, 2.0]}
    assert about["fingerprint"] == bundle.fingerprint and len(about["schema"]["classes"]) == 5


def test_the_program_in_the_documentation_runs_without_pytorch(exported: Path) -> None:
    text = (DOCS / "import.md").read_text()
    (program,) = re.findall(r"```python\n(import numpy.*?)```", text, re.DOTALL)
    program = program.replace('"cars-onnx"', repr(str(exported / "onnx"))).replace("bigger-wheels", "wink")
    blocked = "import sys; sys.modules['torch'] = sys.modules['editgan'] = None\n"
    done = subprocess.run(
        [sys.executable, "-c", blocked + program], cwd=exported, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (exported / "edited.png").stat().st_size > 500


def test_a_bundle_without_parts_still_draws(bundle: ModelBundle, tmp_path: Path) -> None:

    assert export_onnx(BundleDraft("young", "face", bundle.generator), tmp_path / "onnx").labels is None
    session = onnxruntime.InferenceSession(tmp_path / "onnx" / "synthesis.onnx")
    assert [output.name for output in session.get_outputs()] == ["image"]


def test_labels_of_which_none_agrees_are_noticed(
    bundle: ModelBundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = onnx_export._run

    def mislabelled(path: Path, **inputs: Any) -> list[Any]:
        first, *labels = run(path, **inputs)
        return [first, *(label_map + 1 for label_map in labels)]

    monkeypatch.setattr(onnx_export, "_run", mislabelled)
    with pytest.raises(UnavailableError, match="differ from PyTorch"):
        export_onnx(bundle, tmp_path / "onnx")


def test_missing_packages_and_wrong_graphs_leave_nothing(
    bundle: ModelBundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_export, "TOLERANCE", 0.0)
    with pytest.raises(UnavailableError, match="differ from PyTorch"):
        export_onnx(bundle, tmp_path / "onnx")
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(UnavailableError, match=r"editgan\[onnx\]"):
        export_onnx(bundle, tmp_path / "onnx")
    assert not list(tmp_path.iterdir())
