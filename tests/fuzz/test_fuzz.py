"""Every parser gets a few spoiled files: a value, or one sentence of ours, comes of each, at little cost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz.readers import kinds

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
