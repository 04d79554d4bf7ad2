"""A bundle takes over what looks at photos alone."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.facts import AlignerFacts
from editgan.bundle.folder import load_draft, save_bundle
from editgan.core.errors import InputError
from editgan.core.labels import LabelSchema
from editgan.jobs.inheriting import inherit
from editgan.models.identity import IdentityConfig, IdentityNetwork
from editgan.perception.segmenter import Segmenter, SegmenterConfig


@pytest.fixture
def rich(bundle: ModelBundle, tmp_path: Path) -> str:
    """The tiny bundle with a reader, an identity network, and facts about its aligner."""
    shape = SegmenterConfig(side=32, width=16, fine_width=16, finest_width=16, network="lite1")
    reader = Segmenter(shape, bundle.schema)
    identity = IdentityNetwork(IdentityConfig(resolution=32, channel_base=64))
    facts = replace(bundle.facts, aligner=AlignerFacts(kimg=7.0, date="2026-01-02"))
    save_bundle(bundle.having(reader=reader, identity=identity, facts=facts), tmp_path / "rich")
    return str(tmp_path / "rich")


def test_what_is_missing_is_taken_with_its_facts(own_bundle: Path, rich: str) -> None:
    bare = load_draft(own_bundle).having(aligner=None)
    save_bundle(bare, own_bundle)
    assert inherit(own_bundle, rich) == ["aligner", "identity", "reader"]
    ours, theirs = load_draft(own_bundle), load_draft(rich)
    assert ours.facts.aligner == theirs.facts.aligner
    assert ours.fingerprint == bare.fingerprint
    for part in ("aligner", "identity"):
        pairs = zip(getattr(ours, part).parameters(), getattr(theirs, part).parameters(), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)


def test_what_is_there_stays(own_bundle: Path, rich: str) -> None:
    assert "aligner" not in inherit(own_bundle, rich)
    with pytest.raises(InputError, match="nothing that"):
        inherit(own_bundle, rich)


def test_a_reader_of_other_parts_is_left(
    bundle: ModelBundle, schema: LabelSchema, rich: str, tmp_path: Path
) -> None:
    renamed = tuple(replace(part, name=f"{part.name}_2") for part in schema.classes)
    other = replace(bundle, schema=LabelSchema(renamed, {}))
    save_bundle(other, tmp_path / "other")
    assert inherit(tmp_path / "other", rich) == ["identity"]


def test_another_class_has_nothing_to_give(own_bundle: Path, rich: str) -> None:
    save_bundle(replace(load_draft(own_bundle), subject="cat"), own_bundle)
    with pytest.raises(InputError, match="another: face"):
        inherit(own_bundle, rich)
