import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from editgan.core.errors import InputError
from editgan.editing.vectors import EditVector


def vector(name: str = "smile") -> EditVector:
    return EditVector(name, torch.randn(8, 16), ("upper_lip", "brow"), "tiny-32")


def write(path: Path, delta: torch.Tensor, **notes: str) -> Path:
    about = {"name": "a", "classes": '["iris"]', "bundle": "b"} | notes
    save_file({"delta": delta}, path, metadata=about)
    return path


def test_a_vector_comes_back_as_it_was(tmp_path: Path) -> None:
    saved = vector()
    saved.save(tmp_path / "smile.safetensors")
    loaded = EditVector.load(tmp_path / "smile.safetensors")
    assert torch.equal(loaded.delta, saved.delta)
    assert (loaded.name, loaded.classes, loaded.bundle) == (saved.name, saved.classes, saved.bundle)


def test_saving_goes_through_no_half_written_file(tmp_path: Path) -> None:
    vector().save(tmp_path / "new" / "smile.safetensors")
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["smile.safetensors"]


def test_applying_adds_at_a_strength_and_back() -> None:
    v, w_plus = vector(), torch.randn(2, 8, 16)
    assert torch.equal(v.apply(w_plus, 0.0), w_plus)
    assert torch.allclose(v.apply(w_plus), w_plus + v.delta)
    assert torch.allclose(v.apply(v.apply(w_plus, 0.7), -0.7), w_plus, atol=1e-6)


def test_the_order_of_vectors_does_not_matter() -> None:
    a, b, w_plus = vector(), vector(), torch.randn(1, 8, 16)
    ab, ba = b.apply(a.apply(w_plus, 0.5), -2.0), a.apply(b.apply(w_plus, -2.0), 0.5)
    assert torch.allclose(ab, ba, atol=1e-5)


def test_a_vector_of_another_bundle_is_refused_with_its_name() -> None:
    with pytest.raises(InputError, match=r"\(8, 16\).*\(10, 16\).*tiny-32"):
        vector().apply(torch.randn(1, 10, 16))


@pytest.mark.parametrize("delta", [torch.zeros(3), torch.zeros(1, 2, 3), torch.full((8, 16), torch.nan)])
def test_a_delta_of_no_use_is_refused(delta: torch.Tensor, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one finite delta"):
        EditVector.load(write(tmp_path / "a.safetensors", delta))


@pytest.mark.parametrize("classes", ["no json", "3"])
def test_notes_of_another_kind_are_refused(classes: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="should be an edit vector"):
        EditVector.load(write(tmp_path / "a.safetensors", torch.zeros(8, 16), classes=classes))


def test_a_file_that_is_no_vector_is_refused(tmp_path: Path) -> None:
    whole = tmp_path / "whole.safetensors"
    vector().save(whole)
    (tmp_path / "cut.safetensors").write_bytes(whole.read_bytes()[:-8])
    (tmp_path / "page.safetensors").write_text("<html>")
    save_file({"w_plus": torch.zeros(8, 16)}, tmp_path / "latent.safetensors")
    save_file({"delta": torch.zeros(8, 16)}, tmp_path / "nameless.safetensors")
    for name in ("cut", "page", "latent", "nameless", "missing"):
        with pytest.raises(InputError, match="should be an edit vector") as caught:
            EditVector.load(tmp_path / f"{name}.safetensors")
        assert "\n" not in str(caught.value)


def test_the_notes_say_which_software_wrote_it(tmp_path: Path) -> None:
    vector().save(tmp_path / "a.safetensors")
    data = (tmp_path / "a.safetensors").read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    assert header["__metadata__"]["software"].startswith("editgan ")
