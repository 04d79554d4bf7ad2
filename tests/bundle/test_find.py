from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from editgan.bundle import find
from editgan.bundle.find import built_in_bundles, find_bundle
from editgan.bundle.folder import load_draft
from editgan.core.errors import BundleError


@pytest.fixture
def built_in(saved_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(find, "BUILT_IN", saved_bundle.parent)
    return saved_bundle


def test_a_built_in_bundle_is_found_by_name(built_in: Path) -> None:
    assert built_in_bundles() == ["tiny-32"]
    assert find_bundle("tiny-32") == built_in


def test_a_folder_is_found_by_its_path(saved_bundle: Path) -> None:
    assert find_bundle(saved_bundle) == find_bundle(str(saved_bundle)) == saved_bundle


def test_a_folder_without_bundle_json_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"no bundle\.json"):
        find_bundle(tmp_path)


def test_an_unknown_name_is_refused_with_the_known_ones(built_in: Path) -> None:
    with pytest.raises(BundleError, match=r"'faces-1'.*tiny-32"):
        find_bundle("faces-1")


def test_a_hub_id_goes_through_huggingface_hub(saved_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def snapshot_download(name: str, *, allow_patterns: list[str]) -> str:
        asked.append((name, allow_patterns))
        return str(saved_bundle)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    assert load_draft("somebody/tiny").name == "tiny-32"
    ((name, patterns),) = asked
    assert name == "somebody/tiny"
    assert not any("pkl" in p or "py" in p or p == "*" for p in patterns)


@pytest.mark.parametrize(
    "error",
    [LocalEntryNotFoundError("cannot reach the Hub\nand more"), ConnectionError("no route"), OSError()],
)
def test_a_hub_that_cannot_be_reached_is_one_sentence(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: object, **__: object) -> str:
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    with pytest.raises(BundleError, match="somebody/tiny is no folder here") as caught:
        find_bundle("somebody/tiny")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["../tiny", "runs/-x", "a--b/c"])
def test_a_path_that_is_neither_a_folder_nor_a_legal_hub_id_is_refused(name: str) -> None:
    with pytest.raises(BundleError, match="no folder here"):
        find_bundle(name)
