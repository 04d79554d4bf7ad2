from pathlib import Path

import pytest
import torch

from editgan.bundle import tensors
from editgan.bundle.tensors import load_tensors, save_tensors
from editgan.core.errors import BundleError


def state() -> dict[str, torch.Tensor]:
    return {f"layer.{i}": torch.randn(10, 10) for i in range(7)} | {"scalar": torch.tensor(0.25)}


def test_tensors_come_back_up_to_half_precision(tmp_path: Path) -> None:
    saved = state()
    assert save_tensors(saved, tmp_path, "net") == ["net.safetensors"]
    loaded = load_tensors([tmp_path / "net.safetensors"])
    assert loaded.keys() == saved.keys()
    assert all(torch.equal(loaded[k], v.half().float()) for k, v in saved.items())


def test_large_networks_are_split_into_small_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensors, "MAX_BYTES", 500)  # two layers of 200 bytes
    saved = state()
    names = save_tensors(saved, tmp_path, "net")
    assert names == [f"net-{i}.safetensors" for i in (1, 2, 3, 4)]
    assert load_tensors([tmp_path / name for name in names]).keys() == saved.keys()


def test_no_file_reaches_16_megabytes(tmp_path: Path) -> None:
    saved = {str(i): torch.zeros(2**20) for i in range(17)}  # 34 MB in half precision
    names = save_tensors(saved, tmp_path, "net")
    assert len(names) == 3
    assert max((tmp_path / name).stat().st_size for name in names) < 16_000_000
    assert load_tensors([tmp_path / name for name in names]).keys() == saved.keys()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e6])
def test_what_half_precision_cannot_hold_is_refused(value: float, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"layer\.bad"):
        save_tensors({"layer.bad": torch.tensor([value])}, tmp_path, "net")


def test_what_is_no_safetensors_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_text("<html>")
    for path in (tmp_path / "a.safetensors", tmp_path / "missing.safetensors"):
        with pytest.raises(BundleError, match="safetensors"):
            load_tensors([path])
