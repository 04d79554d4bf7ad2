"""What importing costs and does: checked in a fresh process, without the shape checks of this one."""

import json
import os
import subprocess
import sys

import jaxtyping
import pytest
import torch

from editgan.editing.region import region_iou
from editgan.editing.vector import EditVector
from editgan.recipes import find_recipe
from editgan.training.loop import Schedule

IMPORT_ALL = """
import importlib, json, os, sys
from pathlib import Path
import torch
before = torch.get_rng_state()
threads = torch.get_num_threads()
import editgan
above = ("training", "jobs", "recipes", "evaluation", "baselines", "batch", "studio", "cli")
root = Path(editgan.__file__).parent
files = [p.relative_to(root).with_suffix("") for p in sorted(root.rglob("*.py")) if p.stem[:2] != "__"]
names = [".".join(("editgan", *f.parts)) for f in files]
library = [n for n in names if n.split(".")[1] not in above]
for name in library:
    importlib.import_module(name)
heavy = ("editgan.training", "accelerate", "tensorboard", "fastapi", "uvicorn", "ray")
print(json.dumps({
    "library": library,
    "heavy": [h for h in heavy if h in sys.modules],
    "rng": torch.equal(before, torch.get_rng_state()),
    "threads": threads == torch.get_num_threads(),
    "files": os.listdir(),
    "cuda": torch.cuda.is_initialized(),
}))
for name in names:
    importlib.import_module(name)
"""


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """What one process saw that imported the library, then everything else."""
    path = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL],
        cwd=tmp_path_factory.mktemp("empty"),
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr  # every module of the package can be imported
    return json.loads(done.stdout)


def test_the_library_needs_neither_training_nor_the_web(imported):
    assert "editgan.models.generator" in imported["library"]
    assert imported["heavy"] == []


def test_importing_does_nothing(imported):
    assert imported["rng"]
    assert imported["threads"]
    assert not imported["cuda"]
    assert imported["files"] == []


def test_shapes_are_checked_while_testing(discriminator):
    with pytest.raises(jaxtyping.TypeCheckError):
        discriminator.features(torch.zeros(3, 32, 32))
    with pytest.raises(jaxtyping.TypeCheckError):  # two arguments that must agree, each of which would do
        region_iou(torch.zeros(1, 4, 4).long(), torch.zeros(1, 5, 5).long(), [0], torch.ones(1, 1, 4, 4) > 0)
    with pytest.raises(jaxtyping.TypeCheckError):
        EditVector(name="v", delta=torch.zeros(8), classes=("brow",), bundle="b", fingerprint="f")


def test_so_are_annotations_without_a_shape():
    with pytest.raises(TypeError, match="violates type hint"):
        find_recipe(7)
    with pytest.raises(TypeError, match="violates type hint"):
        Schedule(total_images="many")
