import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from editgan.bundle.snapshot import Snapshot, SnapshotFacts, load_snapshot, save_snapshot
from editgan.core.errors import BundleError
from editgan.models.generator import Generator

FACTS = SnapshotFacts(images=1200, date="today", others={"mood": "good"})


def test_a_snapshot_comes_back_with_its_facts(generator: Generator, tmp_path: Path) -> None:
    save_snapshot(Snapshot(generator, FACTS), tmp_path / "g.safetensors")
    back = load_snapshot(tmp_path / "g.safetensors")
    assert back.facts == FACTS
    assert back.generator.config == generator.config
    z = torch.randn(2, 8)
    assert (back.generator(z) - generator(z)).abs().max() < 0.02  # float16
    assert (tmp_path / "g.safetensors").stat().st_size < 2 * sum(
        p.numel() for p in generator.parameters()
    ) + 1e5


def test_weights_that_are_not_finite_leave_the_snapshot_before(generator: Generator, tmp_path: Path) -> None:
    path = tmp_path / "g.safetensors"
    save_snapshot(Snapshot(generator), path)
    before = path.read_bytes()
    broken = Generator(generator.config)
    with torch.no_grad():
        broken.synthesis.const.fill_(float("nan"))
    with pytest.raises(BundleError, match="diverged"):
        save_snapshot(Snapshot(broken), path)
    assert path.read_bytes() == before and [*tmp_path.iterdir()] == [path]


def spoilt(kind: str, path: Path) -> None:
    if kind == "no file":
        path.write_bytes(b"nothing of the kind")
    elif kind == "no config":
        save_file({"mapping.w_avg": torch.zeros(8)}, path)
    elif kind == "another shape":
        save_file(
            {"mapping.w_avg": torch.zeros(3)}, path, metadata={"config": json.dumps({"resolution": 32})}
        )
    else:
        save_file({"mapping.w_avg": torch.zeros(3)}, path, metadata={"config": json.dumps({"side": 32})})


@pytest.mark.parametrize("kind", ["no file", "no config", "another shape", "another key", "missing"])
def test_other_files_are_refused_in_one_sentence(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "g.safetensors"
    if kind != "missing":
        spoilt(kind, path)
    with pytest.raises(BundleError, match="should be a generator's snapshot"):
        load_snapshot(path)
