"""`editgan train gan` as a function: what it starts from, what it leaves, what it refuses to go on with."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage

from editgan.bundle.bundle import BundleDraft
from editgan.bundle.facts import Facts, GanFacts
from editgan.bundle.folder import load_draft, save_bundle
from editgan.bundle.snapshot import Snapshot, SnapshotFacts, save_snapshot
from editgan.core.errors import InputError
from editgan.jobs.gan import train_gan
from editgan.models.generator import Generator, GeneratorConfig
from editgan.recipes import TrainingRecipe, find_recipe


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    for i in range(10):
        PilImage.fromarray(rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)).save(
            tmp_path / "photos" / f"{i}.png"
        )
    return tmp_path / "photos"


def on_features(resolution: int = 32, **changes: object) -> TrainingRecipe:
    smoke = find_recipe("smoke")
    shape = replace(smoke.gan.generator, resolution=resolution)
    gan = replace(
        smoke.gan,
        generator=shape,
        total_kimg=0.004,
        batch_size=2,
        image_weight=0.0,
        feature_weight=1.0,
        feature_channel_base=128,
    )
    return replace(smoke, gan=replace(gan, **changes))  # type: ignore[arg-type]


def test_a_bundle_of_a_generator_and_heads_trains_on_and_grows(data: Path, tmp_path: Path) -> None:
    list(train_gan(on_features(), data, tmp_path / "small", cpu=True))
    small = load_draft(tmp_path / "small" / "bundle")
    assert set(small.networks) == {"generator", "heads"}
    where = str(tmp_path / "small" / "bundle")
    # 64 px are looked at as 128, as 32 px are: the heads fit. The picture's own head sees twice the side
    list(
        train_gan(on_features(64, picture_head=False), data, tmp_path / "large", resume_from=where, cpu=True)
    )
    large = load_draft(tmp_path / "large" / "bundle")
    assert large.resolution == 64
    assert large.facts.gan.kimg_in_all == pytest.approx(0.008)
    assert large.facts.gan.resumed_from == where


def test_heads_that_fit_are_trained_on(data: Path, tmp_path: Path) -> None:
    list(train_gan(on_features(), data, tmp_path / "first", cpu=True))
    before = load_draft(tmp_path / "first" / "bundle").heads
    again = on_features(total_kimg=0.002, lr=1e-9)  # one step that moves nothing to speak of
    list(train_gan(again, data, tmp_path / "next", resume_from=str(tmp_path / "first" / "bundle"), cpu=True))
    after = load_draft(tmp_path / "next" / "bundle").heads
    assert before is not None and after is not None
    for name, value in before.state_dict().items():
        assert (after.state_dict()[name] - value).abs().max() < 1e-3, name


def test_a_snapshot_is_a_start(generator: Generator, data: Path, tmp_path: Path) -> None:
    save_snapshot(Snapshot(generator, SnapshotFacts(images=5000)), tmp_path / "g.safetensors")
    recipe = on_features(generator=generator.config, total_kimg=0.002, lr=1e-9)
    list(train_gan(recipe, data, tmp_path / "run", resume_from=str(tmp_path / "g.safetensors"), cpu=True))
    bundle = load_draft(tmp_path / "run" / "bundle")
    assert bundle.facts.gan.kimg_in_all == pytest.approx(5.002)
    z = torch.randn(2, 8)
    assert (bundle.generator(z) - generator(z)).abs().max() < 0.05  # float16, twice


def test_another_class_begins_with_a_short_memory(generator: Generator, data: Path, tmp_path: Path) -> None:
    facts = SnapshotFacts(images=10**6, subject="face")
    save_snapshot(Snapshot(generator, facts), tmp_path / "g.safetensors")
    before = generator.state_dict()["synthesis.const"]
    recipe = on_features(generator=generator.config)
    moved = {}
    for subject in ("face", "cat"):
        run = tmp_path / subject
        of_class = replace(recipe, subject=subject)
        list(train_gan(of_class, data, run, resume_from=str(tmp_path / "g.safetensors"), cpu=True))
        after = load_draft(run / "bundle").generator.state_dict()["synthesis.const"]
        moved[subject] = (after - before).abs().mean()
    assert moved["cat"] > 10 * moved["face"]


def test_an_imported_generator_keeps_its_shape(data: Path, tmp_path: Path) -> None:
    shape = GeneratorConfig(
        resolution=32,
        z_dim=8,
        w_dim=12,
        mapping_layers=3,
        channel_base=128,
        channel_max=8,
        architecture="orig",
    )
    save_bundle(BundleDraft("own", "picture", Generator(shape)), tmp_path / "own")
    recipe = find_recipe("imported")
    gan = replace(on_features().gan, held_out=2, generator=recipe.gan.generator)
    list(
        train_gan(
            replace(recipe, gan=gan), data, tmp_path / "run", resume_from=str(tmp_path / "own"), cpu=True
        )
    )
    assert load_draft(tmp_path / "run" / "bundle").generator.config == shape


@pytest.mark.parametrize("known_from", ["checkpoint", "bundle"])
def test_a_run_that_goes_on_needs_its_start_no_more(known_from: str, data: Path, tmp_path: Path) -> None:
    shape = GeneratorConfig(
        resolution=32, z_dim=8, w_dim=12, mapping_layers=3, channel_base=128, channel_max=8
    )
    start = str(tmp_path / "own")
    facts = Facts(gan=GanFacts(kimg_in_all=5.0))
    save_bundle(BundleDraft("own", "picture", Generator(shape), facts=facts), tmp_path / "own")
    imported = find_recipe("imported")
    gan = replace(on_features().gan, held_out=2, generator=imported.gan.generator)  # of another shape
    recipe, out = replace(imported, gan=gan), tmp_path / "parts"
    list(train_gan(recipe, data, tmp_path / "whole", resume_from=start, cpu=True))
    list(train_gan(recipe, data, out, resume_from=start, minutes=0, cpu=True))
    shutil.rmtree(tmp_path / "own")
    if known_from == "checkpoint":
        shutil.rmtree(out / "bundle")
    else:  # as checkpoints before 0.8 were
        state = torch.load(out / "checkpoint.pt", weights_only=True)
        del state["work"]["kimg_before"], state["work"]["start_name"]
        torch.save(state, out / "checkpoint.pt")
    list(train_gan(recipe, data, out, resume_from=None if known_from == "bundle" else start, cpu=True))
    whole, parts = (load_draft(run / "bundle") for run in (tmp_path / "whole", out))
    assert parts.generator.config == shape and parts.fingerprint == whole.fingerprint
    assert parts.facts.gan == whole.facts.gan
    assert parts.facts.gan.kimg_in_all == pytest.approx(5.004)


def test_a_run_does_not_go_on_with_other_photos(data: Path, tmp_path: Path) -> None:
    list(train_gan(on_features(), data, tmp_path / "run", cpu=True))
    PilImage.new("RGB", (32, 32)).save(data / "0.png")  # the same name, another picture
    with pytest.raises(
        InputError, match=r"other settings \(photos is 6 photos, \w+, asked for 6 photos, \w+\)"
    ):
        list(train_gan(on_features(), data, tmp_path / "run", cpu=True))


def test_several_sets_are_learnt_from_together(data: Path, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    for path in data.iterdir():
        (tmp_path / "more" / path.name).write_bytes(path.read_bytes())
    list(train_gan(on_features(), [data, tmp_path / "more"], tmp_path / "run", cpu=True))
    facts = load_draft(tmp_path / "run" / "bundle").facts.data
    assert (facts.file, facts.photos, facts.set_aside) == ("photos, more", 20, 8)
