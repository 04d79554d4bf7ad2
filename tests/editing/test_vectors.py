import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.folder import load_bundle
from editgan.core.errors import InputError
from editgan.editing.vector import EditVector, Place

NOTES: dict[str, Any] = {
    "format_version": 1,
    "name": "a",
    "classes": ["iris"],
    "bundle": "b",
    "fingerprint": "0",
    "strengths": [-1, 2],
    "place": None,
    "learnt": {},
}


def vector(bundle: ModelBundle) -> EditVector:
    return EditVector(
        name="smile",
        delta=torch.randn(8, 16),
        classes=("upper_lip", "brow"),
        bundle=bundle.name,
        fingerprint=bundle.fingerprint,
        strengths=(-0.5, 1.75),
        place=Place(share=0.1, left=0.25, top=0.5, right=0.75, bottom=1.0),
        learnt={"from": ["seed 3"], "settings": {"steps": 100}},
    )


def write(path: Path, delta: torch.Tensor, **notes: Any) -> Path:
    save_file({"delta": delta}, path, metadata={"edit_vector": json.dumps(NOTES | notes)})
    return path


def test_a_vector_comes_back_as_it_was(bundle: ModelBundle, tmp_path: Path) -> None:
    saved = vector(bundle)
    saved.save(tmp_path / "smile.safetensors")
    loaded = EditVector.load(tmp_path / "smile.safetensors")
    assert torch.equal(loaded.delta, saved.delta)
    for name in ("name", "classes", "bundle", "fingerprint", "strengths", "place", "learnt"):
        assert getattr(loaded, name) == getattr(saved, name), name


def test_saving_leaves_no_half_written_file(bundle: ModelBundle, tmp_path: Path) -> None:
    vector(bundle).save(tmp_path / "new" / "smile.safetensors")
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["smile.safetensors"]


def test_a_vector_fits_the_bundle_it_was_learnt_with_even_after_saving_it(
    bundle: ModelBundle, saved_bundle: Path
) -> None:
    vector(bundle).check_fit(load_bundle(saved_bundle))


def test_a_bundle_with_another_generator_is_refused_unless_one_insists(bundle: ModelBundle) -> None:
    foreign = replace(vector(bundle), fingerprint="0123456789abcdef", bundle="faces-64")
    with pytest.raises(InputError, match=r"faces-64 \(0123456789abcdef\).*tiny-32.*insist"):
        foreign.check_fit(bundle)
    foreign.check_fit(bundle, insist=True)


def test_insisting_does_not_help_where_shape_or_parts_differ(bundle: ModelBundle) -> None:
    with pytest.raises(InputError, match=r"\(10, 16\).*\(8, 16\)"):
        replace(vector(bundle), delta=torch.zeros(10, 16)).check_fit(bundle, insist=True)
    with pytest.raises(InputError, match="'whiskers'"):
        replace(vector(bundle), classes=("whiskers",)).check_fit(bundle, insist=True)


@pytest.mark.parametrize("delta", [torch.zeros(3), torch.zeros(1, 2, 3), torch.full((8, 16), torch.nan)])
def test_a_delta_of_no_use_is_refused(delta: torch.Tensor, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one finite delta"):
        EditVector.load(write(tmp_path / "a.safetensors", delta))


@pytest.mark.parametrize(
    "notes", [{"classes": 3}, {"strengths": [1]}, {"strengths": ["low", "high"]}, {"place": {"where": 1}}]
)
def test_notes_of_another_kind_are_refused(notes: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="should be an edit vector"):
        EditVector.load(write(tmp_path / "a.safetensors", torch.zeros(8, 16), **notes))


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="vector format 2"):
        EditVector.load(write(tmp_path / "a.safetensors", torch.zeros(8, 16), format_version=2))


def test_a_file_that_is_no_vector_is_refused(bundle: ModelBundle, tmp_path: Path) -> None:
    whole = tmp_path / "whole.safetensors"
    vector(bundle).save(whole)
    (tmp_path / "cut.safetensors").write_bytes(whole.read_bytes()[:-8])
    (tmp_path / "page.safetensors").write_text("<html>")
    save_file({"w_plus": torch.zeros(8, 16)}, tmp_path / "latent.safetensors")
    save_file({"delta": torch.zeros(8, 16)}, tmp_path / "nameless.safetensors")
    for name in ("cut", "page", "latent", "nameless", "missing"):
        with pytest.raises(InputError, match="should be an edit vector") as caught:
            EditVector.load(tmp_path / f"{name}.safetensors")
        assert "\n" not in str(caught.value)
