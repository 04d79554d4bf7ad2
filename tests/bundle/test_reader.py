import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.facts import ReaderFacts
from editgan.bundle.folder import load_bundle, load_draft, save_bundle
from editgan.core.errors import BundleError
from editgan.core.files import sha256
from editgan.core.labels import LabelSchema
from editgan.perception.segmenter import Segmenter, SegmenterConfig, save_segmenter

SMALL = SegmenterConfig(network="lite1", side=32, width=16, fine_width=16, finest_width=16)


@pytest.fixture
def reading(bundle: ModelBundle) -> ModelBundle:
    return replace(
        bundle,
        reader=Segmenter(SMALL, bundle.schema),
        facts=replace(bundle.facts, reader=ReaderFacts(kimg=1)),
    )


def test_a_reader_is_saved_and_loaded_with_its_bundle(
    reading: ModelBundle, bundle: ModelBundle, tmp_path: Path
) -> None:
    save_bundle(reading, tmp_path / "own")
    loaded = load_bundle(tmp_path / "own")
    assert loaded.reader is not None and reading.reader is not None
    image = torch.rand(1, 3, 40, 40) * 2 - 1
    torch.testing.assert_close(loaded.reader(image), reading.reader(image), rtol=0.02, atol=0.02)
    assert loaded.fingerprint == load_bundle(tmp_path / "own").fingerprint == bundle.fingerprint
    assert not any(p.requires_grad for p in loaded.reader.parameters())
    card = (tmp_path / "own" / "README.md").read_text()
    count = sum(p.numel() for p in reading.reader.decoder.parameters())
    assert f"| reader | {count:,} |" in card and "## Reader of photos" in card
    before = (tmp_path / "own" / "reader.safetensors").read_bytes()
    save_bundle(loaded, tmp_path / "own")
    assert (tmp_path / "own" / "reader.safetensors").read_bytes() == before


def test_a_bundle_without_one_says_how_to_train_it_and_leaves_no_file_of_one(
    reading: ModelBundle, tmp_path: Path
) -> None:
    save_bundle(reading, tmp_path / "own")
    without = load_bundle(tmp_path / "own").having(reader=None)
    save_bundle(without, tmp_path / "own")
    assert load_bundle(tmp_path / "own").reader is None
    assert not (tmp_path / "own" / "reader.safetensors").exists()
    with pytest.raises(BundleError, match=r"no reader yet; .*editgan train reader"):
        without.need("reader")


def test_a_damaged_reader_and_one_of_other_parts_are_refused(reading: ModelBundle, tmp_path: Path) -> None:
    save_bundle(reading, tmp_path / "own")
    path = tmp_path / "own" / "reader.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(BundleError, match="is damaged"):
        load_draft(tmp_path / "own")
    other = LabelSchema(reading.schema.classes[:2])
    save_segmenter(Segmenter(SMALL, other), path)
    notes = json.loads((tmp_path / "own" / "bundle.json").read_text())
    notes["networks"]["reader"]["files"][path.name] = sha256(path)
    (tmp_path / "own" / "bundle.json").write_text(json.dumps(notes))
    with pytest.raises(BundleError, match="the reader's parts should be"):
        load_draft(tmp_path / "own")
