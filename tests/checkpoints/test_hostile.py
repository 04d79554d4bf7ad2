"""Files made to do harm are refused with one sentence: nothing runs, and little time and memory goes."""

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from checkpoints import hostile
from checkpoints.hostile_pickles import CANARY

SLOWEST = 5.0  # seconds for a file, on a slow and busy machine
TRIAL = Path(__file__).with_name("trial.py")


@pytest.fixture(scope="module")
def corpus() -> dict[str, tuple[bytes, str]]:
    return hostile.corpus()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all are opened; the canary would appear in it."""
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def results(corpus: dict[str, tuple[bytes, str]], folder: Path) -> dict[str, dict[str, Any]]:
    """What came of each file, by what it is."""
    files = folder / "files"
    files.mkdir()
    for index, (data, _) in enumerate(corpus.values()):
        (files / f"{index:04}.pkl").write_bytes(data)
    command = [sys.executable, str(TRIAL), str(files)]
    trial = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    assert trial.returncode == 0, trial.stderr[-2000:]
    return dict(zip(corpus, json.loads(trial.stdout).values(), strict=True))


def test_each_is_refused_for_what_it_is(corpus: Any, results: Any) -> None:
    wrong = {
        name: results[name]["told"]
        for name, (_, said) in corpus.items()
        if said not in (results[name]["told"] or "")
    }
    assert not wrong


def test_each_is_refused_in_one_sentence_without_surprise(results: Any) -> None:
    for name, result in results.items():
        assert result["cause"] is None, name  # an exception that nobody thought of
        assert result["told"].isprintable() and len(result["told"]) < 250, name
        assert "Traceback" not in result["told"], name


def test_none_takes_long(results: Any) -> None:
    assert not {name: result["seconds"] for name, result in results.items() if result["seconds"] > SLOWEST}


def test_nothing_is_run(results: Any, folder: Path) -> None:
    assert results
    assert not (folder / CANARY).exists()


def test_the_canary_would_sing(corpus: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pickle.loads(corpus["os.system, protocol 4"][0])
    assert (tmp_path / CANARY).exists()
