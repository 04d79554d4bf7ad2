from dataclasses import replace
from pathlib import Path

import pytest
import torch

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.folder import load_bundle, save_bundle
from editgan.core.errors import InputError
from editgan.editing.library import built_in_vectors, find_vector
from editgan.editing.vector import EditVector


@pytest.fixture
def equipped(own_bundle: Path, bundle: ModelBundle) -> ModelBundle:
    for name in ("wink", "stare"):
        vector = EditVector(
            name=name,
            delta=torch.randn(8, 16),
            classes=("iris",),
            bundle=bundle.name,
            fingerprint=bundle.fingerprint,
        )
        vector.save(own_bundle / "vectors" / f"{name}.safetensors")
    return load_bundle(own_bundle)


def test_a_bundles_vectors_are_found_by_name(equipped: ModelBundle, bundle: ModelBundle) -> None:
    assert list(built_in_vectors(equipped)) == ["stare", "wink"]
    assert find_vector(equipped, "wink").name == "wink"
    assert built_in_vectors(bundle) == {}  # it was never in a folder


def test_any_vector_is_found_by_its_file(equipped: ModelBundle, tmp_path: Path) -> None:
    find_vector(equipped, "wink").save(tmp_path / "other.safetensors")
    assert find_vector(equipped, tmp_path / "other.safetensors").name == "wink"


def test_a_file_never_hides_either_end_of_a_bundles_vector(
    equipped: ModelBundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert equipped.folder is not None
    wink = find_vector(equipped, "wink")
    replace(wink, opposite="blink").save(equipped.folder / "vectors" / "wink.safetensors")
    monkeypatch.chdir(tmp_path)
    for name in ("wink", "blink"):
        Path(name).write_text("no vector")
        assert find_vector(equipped, name).name == name


def test_saving_the_bundle_anew_keeps_its_vectors(equipped: ModelBundle) -> None:
    assert equipped.folder is not None
    save_bundle(equipped, equipped.folder)
    assert list(built_in_vectors(load_bundle(equipped.folder))) == ["stare", "wink"]


def test_an_unknown_vector_is_refused_with_those_there_are(equipped: ModelBundle) -> None:
    with pytest.raises(InputError, match=r"'frown'.*tiny-32 has stare, wink"):
        find_vector(equipped, "frown")
