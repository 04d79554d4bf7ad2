"""What only training or the studio needs need not be there for anything else: seen in a fresh process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

WITHOUT_EXTRAS = """
import contextlib, io, json, sys
for name in ("accelerate", "tensorboard", "fastapi", "starlette", "uvicorn"):
    sys.modules[name] = None  # as if it were not installed
import editgan
from editgan.cli.main import main

def run(*arguments):
    sys.argv = ["editgan", *arguments]
    with contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            main()
        except SystemExit as exit_:
            return exit_.code, said.getvalue()
    return 0, said.getvalue()

photo, bundle = sys.argv[1:]
common = (photo, "-b", bundle, "--box", "164,60,120,120")
print(json.dumps({
    "embed": run("embed", *common, "--steps", "1"),
    "edit": run("edit", *common, "--embed-steps", "1", "--grow", "eye:1", "--steps", "1"),
    "apply": run("apply", *common, "--embed-steps", "1", "-v", "edited/edit.safetensors"),
    "demo": run("demo", "--help"),
    "loaded": [name for name in sys.modules if name.startswith("editgan.training")],
    "studio": run("studio"),
    "train": run("train", "gan", "-r", "smoke", "--data", "x"),
}))
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, portrait: Path, saved_bundle: Path) -> dict[str, list]:
    """What each verb came to, in one process without the extras: exit code and what it said."""
    folder = tmp_path_factory.mktemp("without")
    path = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRAS, str(portrait), str(saved_bundle)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path, "EDITGAN_CACHE": str(folder / "cache")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("verb", ["embed", "edit", "apply", "demo"])
def test_editing_needs_neither_training_nor_the_web(verb: str, ran: dict[str, list]) -> None:
    code, said = ran[verb]
    assert code == 0, said
    assert ran["loaded"] == []


@pytest.mark.parametrize(("verb", "package"), [("studio", "uvicorn"), ("train", "accelerate")])
def test_a_missing_extra_is_one_sentence(verb: str, package: str, ran: dict[str, list]) -> None:
    code, said = ran[verb]
    assert code == 2 and len(said.strip().splitlines()) == 1
    assert f"needs {package}, which is not installed; run: pip install 'editgan[{verb}]'" in said
