"""Real files with random damage: a value or a sentence comes of each, in bounded time and memory."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from checkpoints import samples

from editgan.checkpoints.reading.opcodes import STACK_OPCODES
from editgan.checkpoints.reading.reader import open_checkpoint
from editgan.checkpoints.reading.stream import ATOM_OPCODES
from editgan.core.errors import CheckpointError

MUTANTS = 300  # of each file
SLOWEST = 5.0  # seconds for one of them, on a slow and busy machine
TRIAL = Path(__file__).with_name("trial.py")
OPCODES = bytes([*STACK_OPCODES, *ATOM_OPCODES, *b"(."])


def _unchecked_zip() -> bytes:
    """Without checksums, so that damage gets further than to them."""
    kept = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        return samples.torch_file(samples.training_values())
    finally:
        torch.serialization.set_crc32_options(kept)


FILES = {
    "pickle": samples.nvidia_pickle,
    "old-pickle": lambda: samples.nvidia_pickle(1),
    "tensorflow": samples.tensorflow_pickle,
    "zip": _unchecked_zip,
    "legacy": lambda: samples.torch_file(samples.training_values(), is_zip=False),
}


def mutants(data: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Copies, each with a few faults."""
    rng = random.Random(seed)
    for _ in range(count):
        mutant = bytearray(data)
        for _ in range(rng.choice([1, 1, 1, 2, 5])):
            _spoil(mutant, rng)
        yield bytes(mutant)


def _spoil(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data)) if data else 0
    length = rng.choice([1, 4, 30, 300])
    fault = rng.randrange(7)
    if fault == 0:
        data[at : at + 1] = bytes([(data[at] if data else 0) ^ (1 << rng.randrange(8))])
    elif fault == 1:
        data[at : at + 1] = bytes([rng.choice(OPCODES)])
    elif fault == 2:
        data[at:at] = bytes(rng.choice(OPCODES) for _ in range(rng.randrange(1, 5)))
    elif fault == 3:
        data[at : at + 4] = rng.choice([b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", bytes(4)])
    elif fault == 4:
        del data[at : at + length]
    elif fault == 5:
        other = rng.randrange(len(data)) if data else 0
        data[at : at + length] = data[other : other + length]
    elif rng.random() < 0.3:
        del data[at:]


@pytest.mark.parametrize("kind", FILES)
def test_types_are_kept_whatever_the_damage(kind: str, tmp_path: Path) -> None:
    """In this process, where every annotation is checked."""
    read, path = 0, tmp_path / kind
    for mutant in mutants(FILES[kind](), 40, seed=1):
        path.write_bytes(mutant)
        try:
            open_checkpoint(path).value()
            read += 1
        except CheckpointError as error:
            assert error.__cause__ is None
    assert 0 < read < 40  # some damage shows, some is in the numbers


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What came of each mutant, in a process with little memory."""
    folder = tmp_path_factory.mktemp("fuzz")
    for kind, make in FILES.items():
        for index, mutant in enumerate(mutants(make(), MUTANTS, seed=2)):
            (folder / f"{kind}-{index:04}").write_bytes(mutant)
    command = [sys.executable, str(TRIAL), str(folder)]
    trial = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert trial.returncode == 0, trial.stderr[-2000:]
    found: dict[str, dict[str, Any]] = json.loads(trial.stdout)
    return found


def test_a_value_or_a_sentence_comes_of_each(results: Any) -> None:
    assert len(results) == MUTANTS * len(FILES)
    assert not {name: result["cause"] for name, result in results.items() if result["cause"]}
    for name, result in results.items():
        assert result["told"] is None or (result["told"].isprintable() and len(result["told"]) < 250), name


def test_none_takes_long(results: Any) -> None:
    assert not {name: result["seconds"] for name, result in results.items() if result["seconds"] > SLOWEST}
