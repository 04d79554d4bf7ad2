"""The whole chain at tiny size: photos and label maps in, a bundle that edits out."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from skimage.data import astronaut

from editgan.bundle.folder import load_draft, save_bundle
from editgan.core.errors import BundleError, InputError
from editgan.core.images import from_pixels
from editgan.core.label_pictures import save_label_map
from editgan.core.labels import LabelSchema
from editgan.editing.walk import Editing
from editgan.editor import Editor
from editgan.evaluation.embedding import measure_embedding
from editgan.inversion.embed import Embedding
from editgan.jobs.gan import train_gan
from editgan.jobs.trainings import train_aligner, train_branch, train_encoder
from editgan.models.aligner import AlignerConfig
from editgan.recipes import TrainingRecipe, find_recipe
from editgan.training.aligner import AlignerTraining

CPU = torch.device("cpu")


def faces(count: int, size: int = 48) -> list[PilImage.Image]:
    """One face, seen a little differently each time."""
    whole, rng = PilImage.fromarray(astronaut()), np.random.default_rng(0)
    boxes = (rng.integers(-12, 12, 2) for _ in range(count))
    return [whole.crop((164 + x, 60 + y, 284 + x, 180 + y)).resize((size, size)) for x, y in boxes]


def bands(image: torch.Tensor) -> torch.Tensor:
    grey = image.mean(1)
    return torch.bucketize(grey, grey.flatten().quantile(torch.tensor([0.3, 0.5, 0.7, 0.85])))[0]


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for i, picture in enumerate(faces(14)):
        picture.save(folder / f"{i:02}.png")
    (folder / "03b.png").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="session")
def annotations(tmp_path_factory: pytest.TempPathFactory, schema: LabelSchema) -> Path:
    folder = tmp_path_factory.mktemp("annotations")
    schema.save(folder / "classes.json")
    for i, picture in enumerate(faces(3, 40)):
        picture.save(folder / f"{i}.jpg")
        pixels = torch.from_numpy(np.asarray(picture).copy())[None]
        save_label_map(bands(from_pixels(pixels)), schema, folder / f"{i}.png")
    return folder


def tiny_recipe() -> TrainingRecipe:
    smoke = find_recipe("smoke")
    return replace(
        smoke,
        gan=replace(smoke.gan, total_kimg=0.032),
        encoder=replace(smoke.encoder, total_kimg=0.016, warm_up_kimg=0.008),
        aligner=AlignerTraining(
            aligner=AlignerConfig(resolution=32, channels=4), total_kimg=0.032, batch_size=8, held_out=4
        ),
        branch=replace(smoke.branch, max_steps=40),
    )


def test_gan_encoder_aligner_and_branch_make_a_bundle_that_edits(
    data: Path, annotations: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("editgan.inversion.embed.Embedding", partial(Embedding, steps=3))
    monkeypatch.setattr("editgan.jobs.trainings.measure_embedding", partial(measure_embedding, steps=3))
    recipe, where = tiny_recipe(), tmp_path / "run" / "bundle"
    statuses = list(train_gan(recipe, data, tmp_path / "run", cpu=True))
    assert statuses[-1].images == statuses[-1].total_images == 32
    assert (where / "samples.webp").exists()
    list(train_encoder(recipe, where, data, tmp_path / "encoder", measured_photos=2, cpu=True))
    list(train_aligner(recipe, where, data, tmp_path / "aligner", cpu=True))
    assert list(train_branch(recipe, where, annotations, annotations, device=CPU))

    bundle = load_draft(where)
    of_all = {"generator", "discriminator", "branch", "encoder", "aligner", "metric", "shapes"}
    assert set(bundle.networks) == of_all
    assert bundle.name == "smoke" and bundle.schema is not None and "mouth" in bundle.schema.groups
    assert bundle.facts.data.photos == 14 and bundle.facts.data.skipped_as_broken == 1
    assert bundle.facts.gan.kimg_in_all == pytest.approx(0.032)
    assert bundle.facts.embedding.photos == 2
    assert 0 <= bundle.facts.branch.test.miou <= 1
    assert bundle.facts.branch.annotated_photos == 3
    pictures = {"samples.webp", "reconstructions.webp", "parts.webp"}
    assert pictures <= {p.name for p in where.iterdir()}
    assert "Segmentation branch" in (where / "README.md").read_text()

    editor = Editor(bundle)
    opened = editor.sample(0)
    target = opened.label_map.clone()
    target[:, 10:16, 10:16] = (target[:, 10:16, 10:16] + 1) % 5
    edited = editor.edit(opened, target, settings=Editing(steps=2))
    assert edited.report["pasted_outside_max_abs_diff"] == 0

    # A second run starts from the bundle, and its card says so
    again = replace(recipe, gan=replace(recipe.gan, total_kimg=0.008))
    list(train_gan(again, data, tmp_path / "again", resume_from=str(where), cpu=True))
    facts = load_draft(tmp_path / "again" / "bundle").facts.gan
    assert facts.kimg_in_all == pytest.approx(0.04) and facts.resumed_from == str(where)


def test_a_branch_has_the_label_side_that_was_asked_for(
    annotations: Path, own_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("editgan.inversion.embed.Embedding", partial(Embedding, steps=3))
    recipe = tiny_recipe()
    asked = replace(recipe, branch=replace(recipe.branch, label_side=24))
    list(train_branch(asked, own_bundle, annotations, annotations, device=CPU))
    bundle = load_draft(own_bundle)
    assert (bundle.resolution, bundle.label_side) == (32, 24)
    assert 0 <= bundle.facts.branch.test.miou <= 1
    editor = Editor(bundle)
    opened = editor.sample(0)
    edited = editor.edit(opened, (opened.label_map + 1) % 5, settings=Editing(steps=2))
    assert edited.label_map.shape == (1, 24, 24) and edited.image.shape == (1, 3, 32, 32)
    for wrong in (8, 64):
        odd = replace(recipe, branch=replace(recipe.branch, label_side=wrong))
        with pytest.raises(InputError, match=f"16 px a side at least and the picture's 32 px.*got {wrong}"):
            list(train_branch(odd, own_bundle, annotations, device=CPU))
    list(train_branch(recipe, own_bundle, annotations, device=CPU))
    assert load_draft(own_bundle).label_side == 32


def test_too_few_photos_are_refused_and_leave_no_bundle(tmp_path: Path, data: Path) -> None:
    few = tmp_path / "few"
    few.mkdir()
    for name in ("00.png", "01.png"):
        (few / name).write_bytes((data / name).read_bytes())
    with pytest.raises(InputError, match="4 photos are held out"):
        list(train_gan(tiny_recipe(), few, tmp_path / "run", cpu=True))
    assert not (tmp_path / "run" / "bundle").exists()


def test_an_aligner_is_for_subjects_that_are_detected(tmp_path: Path, data: Path, own_bundle: Path) -> None:
    loaded = load_draft(own_bundle)
    save_bundle(replace(loaded, subject="car"), own_bundle)
    with pytest.raises(InputError, match=r"only face and cat are, not 'car'.*a box"):
        list(train_aligner(tiny_recipe(), own_bundle, data, tmp_path / "out", cpu=True))


def test_an_encoder_needs_a_bundle(tmp_path: Path, data: Path) -> None:
    with pytest.raises(BundleError):
        list(train_encoder(tiny_recipe(), tmp_path, data, tmp_path / "out", cpu=True))
