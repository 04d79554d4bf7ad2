"""Photos on a list are red, and no training may be given anything red."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from torch import Tensor

from editgan.core.label_pictures import save_label_map
from editgan.core.labels import LabelSchema
from editgan.data.annotations import AnnotatedPhoto
from editgan.data.setting_aside import HeldOut, names_digest
from editgan.jobs import trainings
from editgan.jobs.gan import train_gan
from editgan.jobs.reader import train_reader
from editgan.jobs.trainings import train_aligner, train_branch, train_encoder, train_identity
from editgan.models.aligner import AlignerConfig
from editgan.recipes import TrainingRecipe, find_recipe
from editgan.training.aligner import AlignerTraining
from editgan.training.identity import IdentityTraining
from editgan.training.loop import Schedule, Status, Work
from editgan.training.reader import LabelledPictures, ReaderTraining, ReaderWork

CPU = torch.device("cpu")
LISTED = ("01.png", "04.png", "05.png", "13.png")


def tiny() -> TrainingRecipe:
    smoke = find_recipe("smoke")
    aligner = AlignerConfig(resolution=32, channels=4)
    return replace(
        smoke,
        encoder=replace(smoke.encoder, warm_up_kimg=0.008),
        aligner=AlignerTraining(aligner=aligner, total_kimg=0.016, batch_size=8, held_out=4),
        identity=IdentityTraining(total_kimg=0.016, batch_size=8, held_out_people=2, channel_base=128),
        branch=replace(smoke.branch, max_steps=1),
        reader=ReaderTraining(samples=2, held_out=4),
    )


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fourteen grey photos of seven people; those on the list of their set are red."""
    folder, lists = tmp_path / "photos", tmp_path / "lists"
    folder.mkdir()
    lists.mkdir()
    monkeypatch.setattr("editgan.data.setting_aside.LISTS", lists)
    rng = np.random.default_rng(0)
    for i in range(14):
        pixels = rng.integers(60, 200, (32, 32, 1), dtype=np.uint8).repeat(3, 2)
        if f"{i:02}.png" in LISTED:
            pixels[:] = (255, 0, 0)
        PilImage.fromarray(pixels).save(folder / f"{i:02}.png")
    (folder / "who.csv").write_text("file,identity\n" + "".join(f"{i:02}.png,{i // 2}\n" for i in range(14)))
    names = [f"{i:02}.png" for i in range(14)]
    HeldOut("somewhere-else", names_digest(names), frozenset(LISTED)).save(lists)
    return folder


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """What the trainings draw their photos from, instead of training."""
    given: list[Tensor] = []

    def remember(work: Work, run: object, schedule: Schedule) -> Iterator[Status]:
        drawn = work.pairs if hasattr(work, "pairs") else work.photos  # type: ignore[attr-defined]
        given.append(drawn.pixels)
        raise KeyboardInterrupt  # nothing is to be learnt here
        yield

    monkeypatch.setattr("editgan.training.runner.train", remember)
    return given


def red(pixels: Tensor) -> int:
    """How many of [n, h, w, 3] bytes are red."""
    mean = pixels.float().mean((1, 2))
    return int((mean[:, 0] > mean[:, 1] + 100).sum())


@pytest.mark.parametrize("training", ["gan", "encoder", "aligner"])
@pytest.mark.parametrize("several", [False, True])
def test_a_training_on_photos_sees_none_of_those_held_out(
    training: str, several: bool, data: Path, shown: list[Tensor], own_bundle: Path, tmp_path: Path
) -> None:
    sources = [data, data] if several else data
    out = tmp_path / "run"
    statuses = {
        "gan": lambda: train_gan(tiny(), sources, out, cpu=True),
        "encoder": lambda: train_encoder(tiny(), own_bundle, sources, out, cpu=True),
        "aligner": lambda: train_aligner(tiny(), own_bundle, sources, out, cpu=True),
    }[training]()
    with pytest.raises(KeyboardInterrupt):
        next(statuses)
    learnt = 7 * (2 if several else 1)  # of fourteen, four are listed and the last four set aside, one both
    assert [len(pixels) for pixels in shown] == [learnt] and red(shown[0]) == 0


def test_an_identity_network_learns_from_no_photo_that_is_held_out(
    data: Path, shown: list[Tensor], own_bundle: Path, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        next(train_identity(tiny(), own_bundle, [data, data], tmp_path / "run", cpu=True))
    # Person 2 is held out whole, 6 is the last of the others; of person 0 one photo is listed
    assert [len(pixels) for pixels in shown] == [2 * (14 - 2 * 2 - 1)] and red(shown[0]) == 0


@pytest.fixture
def annotations(data: Path, schema: LabelSchema) -> Path:
    """The same photos with labels, and their list."""
    folder = data.with_name("annotations") / "train"
    folder.mkdir(parents=True)
    schema.save(folder / "classes.json")
    for path in data.glob("*.png"):
        PilImage.open(path).save(folder / f"{path.stem}.jpg", quality=95)
        save_label_map(torch.arange(32).expand(32, 32) % 5, schema, folder / path.name)
    names = [f"{i:02}.jpg" for i in range(14)]
    listed = frozenset(name.replace("png", "jpg") for name in LISTED)
    HeldOut("annotations-train", names_digest(names), listed).save(data.with_name("lists"))
    return folder


def test_a_branch_learns_from_no_photo_that_is_held_out(
    annotations: Path, own_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Tensor] = []

    def remember(bundle: object, annotated: list[AnnotatedPhoto], *rest: object, **more: object) -> None:
        given.append(torch.cat([photo.pixels for photo in annotated]))
        raise KeyboardInterrupt

    monkeypatch.setattr(trainings, "labelled_pictures", remember)
    with pytest.raises(KeyboardInterrupt):
        next(train_branch(tiny(), own_bundle, annotations, device=CPU))
    assert [len(pixels) for pixels in given] == [10] and red(given[0]) == 0


def test_a_reader_learns_from_no_photo_that_is_held_out_with_labels_or_without(
    data: Path, annotations: Path, own_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Tensor] = []

    def remember(work: object, config: object, shape: object, schema: object, *pictures: object) -> None:
        labelled, _, photos, _ = pictures
        assert isinstance(labelled, LabelledPictures) and isinstance(photos, Tensor)
        given.extend([labelled.pixels, photos])
        raise KeyboardInterrupt

    monkeypatch.setattr(ReaderWork, "__init__", remember)
    with pytest.raises(KeyboardInterrupt):
        next(train_reader(tiny(), own_bundle, annotations, [data], tmp_path / "run", cpu=True))
    assert [len(pixels) for pixels in given] == [10, 7] and all(red(pixels) == 0 for pixels in given)
