import json
import re
import shutil
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from editgan.bundle import bundle as bundle_module
from editgan.bundle import folder as bundle_folder
from editgan.bundle.bundle import BundleDraft, ModelBundle
from editgan.bundle.facts import Facts
from editgan.bundle.find import BUILT_IN, built_in_bundles
from editgan.bundle.folder import load_draft, save_bundle
from editgan.core.errors import BundleError
from editgan.core.files import write_json
from editgan.models.generator import Generator
from editgan.models.latent_metric import LatentMetric

Notes = dict[str, Any]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def edit_notes(folder: Path, change: Callable[[Notes], object]) -> None:
    notes = json.loads((folder / "bundle.json").read_text())
    change(notes)
    (folder / "bundle.json").write_text(json.dumps(notes))


def refused(folder: Path) -> str:
    """What is said about a folder that is no usable bundle: one sentence."""
    with pytest.raises(BundleError) as caught:
        load_draft(folder)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 500 and str(folder) in message
    return message


def test_a_loaded_bundle_does_what_the_saved_one_did(bundle: ModelBundle, saved_bundle: Path) -> None:
    loaded = load_draft(saved_bundle)
    z = torch.randn(2, 16)
    w_plus = bundle.generator.broadcast(bundle.generator.mapping(z, 0.7))
    assert torch.allclose(loaded.generator.mapping(z, 0.7), w_plus[:, 0], atol=0.02)
    a, b = bundle.render(w_plus), loaded.render(w_plus)
    assert (a.image - b.image).abs().max() < 0.02  # float16 rounding
    assert (a.logits - b.logits).abs().max() < 0.05 * a.logits.abs().max()
    assert bundle.encoder is not None and loaded.encoder is not None
    assert torch.allclose(bundle.encoder(a.image), loaded.encoder(a.image), atol=0.01)
    assert bundle.aligner is not None and loaded.aligner is not None
    assert torch.allclose(bundle.aligner(a.image), loaded.aligner(a.image), atol=0.01)
    for x, y in zip(bundle.judge().features(a.image), loaded.judge().features(a.image), strict=True):
        assert torch.allclose(x, y, atol=0.02)
    assert (loaded.schema, loaded.facts, loaded.name) == (bundle.schema, bundle.facts, bundle.name)


def test_a_loaded_bundle_is_frozen(saved_bundle: Path) -> None:
    loaded = load_draft(saved_bundle)
    assert len(loaded.networks) == 5
    for network in loaded.networks.values():
        assert not network.training and not any(p.requires_grad for p in network.parameters())


def test_saving_again_gives_identical_bytes(saved_bundle: Path, tmp_path: Path) -> None:
    save_bundle(load_draft(saved_bundle), tmp_path / "again")
    assert contents(tmp_path / "again") == contents(saved_bundle)


def test_a_bundle_in_the_making_may_lack_parts_and_says_how_to_train_them(
    bundle: ModelBundle, tmp_path: Path
) -> None:
    save_bundle(BundleDraft("young", "face", bundle.generator), tmp_path / "young")
    young = load_draft(tmp_path / "young")
    assert list(young.networks) == ["generator"] and young.schema is None
    for part, verb in (("branch", "branch"), ("schema", "branch"), ("discriminator", "gan")):
        with pytest.raises(BundleError, match=f"no {part} yet; .*editgan train {verb}"):
            young.need(part)


def test_the_card_tells_what_is_in_it(saved_bundle: Path) -> None:
    card = (saved_bundle / "README.md").read_text()
    assert card.startswith("# tiny-32\n")
    for words in ("32 px", "upper_lip", "none: random numbers", "| encoder |", "- everything"):
        assert words in card


def test_pictures_and_vectors_survive_a_save_and_stale_networks_do_not(own_bundle: Path) -> None:
    (own_bundle / "samples.webp").write_bytes(b"picture")
    (own_bundle / "vectors").mkdir()
    (own_bundle / "vectors" / "smile.safetensors").write_bytes(b"vector")
    (own_bundle / "smile.safetensors").write_bytes(b"vector")
    (own_bundle / "encoder-2.safetensors").write_bytes(b"stale")
    save_bundle(load_draft(own_bundle), own_bundle)
    assert (own_bundle / "samples.webp").read_bytes() == b"picture"
    assert (own_bundle / "vectors" / "smile.safetensors").read_bytes() == b"vector"
    assert (own_bundle / "smile.safetensors").read_bytes() == b"vector"
    assert not (own_bundle / "encoder-2.safetensors").exists()


@pytest.mark.parametrize("fails", ["model_card", "save_tensors", "sha256"])
def test_a_save_that_fails_leaves_the_old_bundle_as_it_was(
    fails: str, own_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(own_bundle)
    loaded = load_draft(own_bundle).having(name="another")

    def full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(bundle_folder, fails, full)
    with pytest.raises(OSError, match="disk full"):
        save_bundle(loaded, own_bundle)
    assert contents(own_bundle) == before
    assert [p.name for p in own_bundle.parent.iterdir()] == [own_bundle.name]


def test_a_bundle_with_diverged_weights_is_not_saved(own_bundle: Path, tmp_path: Path) -> None:
    loaded = load_draft(own_bundle)
    loaded.generator.mapping.w_avg[0] = float("nan")
    with pytest.raises(BundleError, match=r"w_avg.*diverged"):
        save_bundle(loaded, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("file", ["generator.safetensors", "schema.json", "branch.safetensors"])
def test_a_missing_file_is_named(file: str, own_bundle: Path) -> None:
    (own_bundle / file).unlink()
    assert f"{file} is missing" in refused(own_bundle)


@pytest.mark.parametrize("file", ["generator.safetensors", "schema.json"])
def test_one_flipped_bit_is_found(file: str, own_bundle: Path) -> None:
    data = bytearray((own_bundle / file).read_bytes())
    data[len(data) // 2] ^= 1
    (own_bundle / file).write_bytes(bytes(data))
    message = refused(own_bundle)
    assert f"{file} is damaged" in message and "fetch the bundle again" in message


def test_a_page_instead_of_weights_is_damage(own_bundle: Path) -> None:
    (own_bundle / "encoder.safetensors").write_text("<html>Not found</html>")
    assert "encoder.safetensors is damaged" in refused(own_bundle)


def test_a_page_instead_of_bundle_json_is_no_json(own_bundle: Path) -> None:
    (own_bundle / "bundle.json").write_text("<html>Not found</html>")
    assert "should be a JSON file" in refused(own_bundle)


def rewrite_schema(folder: Path, values: object) -> None:
    (folder / "schema.json").write_text(json.dumps(values))
    digest = bundle_folder.sha256(folder / "schema.json")
    edit_notes(folder, lambda n: n["schema"].update(sha256=digest))


def test_a_schema_of_other_classes_than_the_branchs_is_refused(own_bundle: Path) -> None:
    rewrite_schema(own_bundle, {"classes": [{"id": 0, "name": "all", "color": [0, 0, 0]}]})
    assert "schema" in refused(own_bundle)


def test_a_schema_file_that_is_no_schema_is_refused(own_bundle: Path) -> None:
    rewrite_schema(own_bundle, {"classes": 3})
    assert "a schema needs" in refused(own_bundle)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda n: n.update(format_version=2), "reads up to 1; update it"),
        (lambda n: n.update(format_version="1"), "malformed"),
        (lambda n: n.pop("format_version"), "malformed"),
        (lambda n: n.pop("subject"), "malformed"),
        (lambda n: n.update(networks=[]), "malformed"),
        (lambda n: n["networks"].pop("generator"), "has no generator"),
        (lambda n: n["networks"].update(inpainter={}), "'inpainter'.*update"),
        (lambda n: n["networks"]["generator"].pop("config"), "malformed"),
        (lambda n: n["networks"]["generator"]["config"].update(w_dim=24), "generator do not fit its config"),
        (lambda n: n["networks"]["generator"]["config"].update(resolution=33), "power of two"),
        (lambda n: n["networks"]["generator"]["config"].update(attention=True), "attention"),
        (lambda n: n["networks"]["generator"]["config"].pop("resolution"), "resolution"),
        (lambda n: n["networks"]["branch"]["config"].update(classes=6), "branch do not fit its config"),
        (lambda n: n["networks"]["branch"]["config"]["taps"].pop(), "taps"),
        (lambda n: n["networks"]["branch"]["config"]["taps"].__setitem__(0, "2.conv"), "taps|tap_channels"),
        (lambda n: n["networks"]["branch"]["config"].update(resolution=64), "64"),
        (lambda n: n["networks"]["encoder"]["config"].update(resolution=64), "encoder"),
        (lambda n: n["networks"]["encoder"]["files"].clear(), "encoder do not fit"),
    ],
)
def test_a_bundle_json_that_does_not_hold_is_refused(
    change: Callable[[Notes], object], says: str, own_bundle: Path
) -> None:
    edit_notes(own_bundle, change)
    message = refused(own_bundle)
    assert re.search(says, message), message


@pytest.mark.parametrize("name", ["../outside.safetensors", "/etc/passwd", "..", ".", "", "a/b"])
def test_no_file_outside_the_bundle_is_read(name: str, own_bundle: Path) -> None:
    shutil.copy(own_bundle / "encoder.safetensors", own_bundle.parent / "outside.safetensors")

    def escape(notes: Notes) -> None:
        (digest,) = notes["networks"]["encoder"]["files"].values()
        notes["networks"]["encoder"]["files"] = {name: digest}

    edit_notes(own_bundle, escape)
    refused(own_bundle)


def test_weights_in_an_executable_format_are_never_run(own_bundle: Path) -> None:
    torch.save({"w": torch.zeros(1)}, own_bundle / "encoder.safetensors")
    digest = bundle_folder.sha256(own_bundle / "encoder.safetensors")
    edit_notes(
        own_bundle, lambda n: n["networks"]["encoder"]["files"].update({"encoder.safetensors": digest})
    )
    assert "should be a safetensors file" in refused(own_bundle)


def test_a_measured_metric_is_kept_and_one_of_another_shape_is_refused(
    bundle: ModelBundle, tmp_path: Path
) -> None:
    measured = replace(bundle, metric=bundle.measured_metric(samples=16, rank=4))
    save_bundle(measured, tmp_path / "b")
    loaded = load_draft(tmp_path / "b")
    assert loaded.metric is not None and loaded.known_metric is loaded.metric
    assert measured.metric is not None
    torch.testing.assert_close(
        loaded.metric.sensitivities, measured.metric.sensitivities, rtol=1e-3, atol=1e-6
    )
    config = replace(measured.metric.config, num_ws=3)
    save_bundle(replace(bundle, metric=LatentMetric(config)), tmp_path / "c")
    with pytest.raises(BundleError, match="metric's shape should be"):
        load_draft(tmp_path / "c")


def test_a_bundle_is_frozen_and_what_follows_from_its_generator_follows_it(bundle: ModelBundle) -> None:
    with pytest.raises(FrozenInstanceError):
        bundle.generator = Generator(bundle.generator.config)  # type: ignore[misc]
    other = bundle.having(generator=Generator(bundle.generator.config))
    assert other.fingerprint != bundle.fingerprint
    assert not torch.equal(other.axes.directions, bundle.axes.directions)
    assert not any(p.requires_grad for p in other.generator.parameters())
    tuned = bundle.drawing_with(other.generator)  # of a photo's own generator vectors go on to fit
    assert (tuned.fingerprint, tuned.axes) == (bundle.fingerprint, bundle.axes)


def test_a_draft_becomes_a_bundle_that_edits_with_branch_and_schema(bundle: ModelBundle) -> None:
    draft = BundleDraft("young", "face", bundle.generator)
    assert not isinstance(draft.having(branch=bundle.branch), ModelBundle)
    assert isinstance(draft.having(branch=bundle.branch, schema=bundle.schema), ModelBundle)


def test_a_bundle_without_a_metric_measures_one_once(bundle: ModelBundle) -> None:
    young = replace(bundle, metric=None)
    assert young.metric is None and young.known_metric is young.known_metric


def test_only_large_bundles_compute_fast_and_only_where_it_is_native(
    bundle: ModelBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_module, "has_fast_bf16", lambda device: True)
    assert not bundle.is_fast  # so small that casting costs more
    monkeypatch.setattr(bundle_module, "FAST_FROM", 0)
    assert bundle.is_fast and not replace(bundle, precision="float32").is_fast
    monkeypatch.setattr(bundle_module, "has_fast_bf16", lambda device: False)
    assert not bundle.is_fast


@pytest.mark.parametrize("name", built_in_bundles())
def test_the_notes_of_a_built_in_bundle_are_written_as_they_were_read(name: str, tmp_path: Path) -> None:
    path = BUILT_IN / name / "bundle.json"
    notes = json.loads(path.read_text())
    facts = Facts.from_json(notes["facts"])
    assert facts.data.terms and facts.branch.test.miou and facts.domain is not None
    assert not facts.others and not facts.reader.test.reader.others.keys() - {"miou_at_64_px"}
    write_json(tmp_path / "bundle.json", notes | {"facts": facts.to_json()})
    assert (tmp_path / "bundle.json").read_bytes() == path.read_bytes()


def test_facts_of_others_are_kept_and_a_card_shows_what_it_can(own_bundle: Path) -> None:
    theirs = {"gan": "trained by hand", "mood": {"good": [1, None]}, "data": {"terms": 3, "moon": "full"}}
    edit_notes(own_bundle, lambda notes: notes.update(facts=theirs))
    save_bundle(load_draft(own_bundle).having(name="theirs"), own_bundle)
    assert json.loads((own_bundle / "bundle.json").read_text())["facts"] == theirs
    card = (own_bundle / "README.md").read_text()
    assert "- trained by hand" in card and "- moon: full" in card
