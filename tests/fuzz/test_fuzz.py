"""Every parser gets a few spoiled files: a value, or one sentence of ours, comes of each, at little cost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz.readers import kinds

from editgan.core.errors import BundleError

pytestmark = pytest.mark.slow

COUNT = 40  # of each kind; `python tests/fuzz/trial.py 3000` by hand


def test_spoiled_files_cost_a_sentence() -> None:
    """In a process of its own, with a gigabyte, where no type checks hide what really happens."""
    command = [sys.executable, str(Path(__file__).with_name("trial.py")), str(COUNT)]
    trial = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert trial.returncode == 0, trial.stderr[-2000:]
    results = json.loads(trial.stdout)
    assert not {name: result["wrong"] for name, result in results.items() if result["wrong"]}
    assert results.keys() == kinds().keys()
    assert all(result["read"] < result["tried"] == COUNT for result in results.values())  # damage shows


def test_a_bundle_that_asks_for_billions_is_refused_before_it_takes_anything(tmp_path: Path) -> None:
    bundle = kinds()["bundle.json"]
    bundle.make(tmp_path)
    good = json.loads((tmp_path / "bundle.json").read_text())
    for network, name in (
        *(("generator", name) for name in ("c_dim", "z_dim", "w_dim", "mapping_layers", "channel_base")),
        *(("branch", name) for name in ("classes", "heads", "resolution")),
        *(("encoder", name) for name in ("num_ws", "pyramid_channels", "resolution")),
        *(("identity", name) for name in ("blocks", "dim", "squeezed_channels")),
        *(("metric", name) for name in ("rank", "num_ws")),
        ("aligner", "channels"),
    ):
        notes = json.loads(json.dumps(good))
        notes["networks"][network]["config"][name] = 10**9
        (tmp_path / "bundle.json").write_text(json.dumps(notes))
        with pytest.raises(BundleError):
            bundle.read(tmp_path / "bundle.json")
