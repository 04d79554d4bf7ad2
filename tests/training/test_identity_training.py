import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from PIL import Image as PilImage

from editgan.bundle.folder import load_draft
from editgan.core.errors import InputError
from editgan.core.images import from_pixels, to_pixels
from editgan.core.runs import RunFolder
from editgan.data.people import People, load_people, split_people
from editgan.jobs.trainings import train_identity
from editgan.recipes import find_recipe
from editgan.training import identity as identity_training
from editgan.training.identity import (
    IdentityTraining,
    IdentityWork,
    PairBatches,
    pair_loss,
    varied,
)
from editgan.training.loop import Schedule, Work, train

pytestmark = pytest.mark.slow

TINY = IdentityTraining(total_kimg=0.064, batch_size=8, held_out_people=4)
CPU = Accelerator(cpu=True)


@pytest.fixture(autouse=True)
def _small_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = identity_training.IdentityConfig

    def small(**shape: int) -> identity_training.IdentityConfig:
        narrow = {"channel_base": 128, "channel_max": 16, "squeezed_channels": 8, "dim": 16}
        return whole(**(shape | narrow))

    monkeypatch.setattr(identity_training, "IdentityConfig", small)


def crowd(persons: int, photos_each: int, *, first: int = 0) -> People:
    """Bands of colour that are the person's, under a stronger grey pattern that differs in each photo."""
    rng = torch.Generator().manual_seed(first)
    faces = torch.nn.functional.interpolate(torch.randn(persons, 3, 4, 1, generator=rng), (32, 32))
    faces = faces.repeat_interleave(photos_each, 0)
    greys = torch.nn.functional.interpolate(torch.randn(len(faces), 1, 8, 8, generator=rng), (32, 32))
    photos = (0.15 * faces + 0.5 * greys).clamp(-1, 1)
    return People(to_pixels(photos), tuple(str(first + i // photos_each) for i in range(len(photos))))


def work(config: IdentityTraining = TINY) -> IdentityWork:
    return IdentityWork(config, 32, *split_people([crowd(16, 5)], config.held_out_people), CPU)


def test_it_is_work_for_the_loop() -> None:
    assert isinstance(work(), Work)


def test_it_learns_to_tell_people_apart_whom_it_never_saw() -> None:
    config = replace(TINY, total_kimg=2.0, batch_size=32, lr=8e-3, held_out_people=10)
    trained = IdentityWork(config, 32, *split_people([crowd(50, 4)], config.held_out_people), CPU)
    before = trained.verified()
    for i in range(40):
        trained.step(32 * i)
    after = trained.verified()
    assert before.equal_error_rate > 0.2  # the task is one
    assert after.equal_error_rate < 0.6 * before.equal_error_rate and after.auc > 0.9


def test_unrelated_people_have_a_cosine_of_about_zero() -> None:
    trained = work(replace(TINY, held_out_people=8))
    for i in range(5):
        trained.step(8 * i)
    trained.ema.norm.bias += 3.0  # a cone: whatever is seen, most of the embedding is the same
    people = from_pixels(crowd(16, 1).pixels)
    in_a_cone = trained.ema(people)
    centred = trained.finished()(people)
    apart = ~torch.eye(16, dtype=torch.bool)
    assert (in_a_cone @ in_a_cone.t())[apart].mean().abs() > 0.5
    assert (centred @ centred.t())[apart].mean().abs() < 0.3


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    whole, first, second = work(), work(), work()
    list(train(whole, RunFolder(tmp_path / "whole", TINY), Schedule(total_images=40)))
    list(train(first, RunFolder(tmp_path / "parts", TINY), Schedule(total_images=24)))
    list(train(second, RunFolder(tmp_path / "parts", TINY), Schedule(total_images=40)))
    for name in ("network", "ema"):
        a, b = (getattr(w, name).state_dict() for w in (whole, second))
        assert all(torch.equal(a[key], b[key]) for key in a), name
    assert (tmp_path / "parts" / "samples").is_dir()


def test_nobody_is_both_learnt_and_held_out() -> None:
    main, other = crowd(6, 3), crowd(8, 2, first=3)  # persons 3, 4 and 5 are in both
    learnt, unseen = split_people([main, other], 2)
    assert unseen.persons == ["4", "5"] and len(unseen.names) == 6
    assert learnt.persons == ["0", "1", "2", "3", "6", "7", "8", "9", "10"]
    assert learnt.names.count("3") == 5


def test_who_has_one_photo_only_is_not_learnt() -> None:
    learnt, _ = split_people([crowd(6, 3), crowd(5, 1, first=20)], TINY.held_out_people)
    assert learnt.persons == ["0", "1"]


def test_too_few_people_are_refused_in_words() -> None:
    with pytest.raises(InputError, match="there are 1"):
        split_people([crowd(5, 3)], TINY.held_out_people)
    with pytest.raises(InputError, match="none has two photos"):
        split_people([crowd(5, 1), crowd(5, 3, first=20)], TINY.held_out_people)
    with pytest.raises(InputError, match="two held-out people"):
        replace(TINY, held_out_people=1)


def test_every_photo_is_paired_with_another_one_of_the_same_person() -> None:
    people = crowd(7, 3)
    shown: set[int] = set()
    batches = PairBatches(people, 7, seed=0, accelerator=CPU)
    for position in (0, 7, 14):
        photos, numbers = batches.at(position)
        first, second = photos.chunk(2)
        assert torch.equal(numbers[:7], numbers[7:])
        assert all(not torch.equal(a, b) for a, b in zip(first, second, strict=True))
        whole = from_pixels(people.pixels)
        who = [next(i for i in range(21) if torch.equal(whole[i], photo)) for photo in photos]
        assert [people.numbers[i].item() for i in who] == numbers.tolist()
        shown |= set(who[:7])
    assert shown == set(range(21))  # each once an epoch


def test_the_loss_is_small_where_partners_lie_together_and_margin_makes_it_larger() -> None:
    apart = torch.eye(4).repeat(2, 1)
    numbers = torch.arange(4).repeat(2)
    loss, recognised = pair_loss(apart, numbers, 0.0, 16.0)
    assert loss < 1e-5 and recognised == 1
    assert pair_loss(apart, numbers, 0.5, 16.0)[0] > loss
    swapped = torch.cat([torch.eye(4), torch.eye(4).roll(1, 0)])
    assert pair_loss(swapped, numbers, 0.0, 16.0)[0] > 10 and pair_loss(swapped, numbers, 0.0, 16.0)[1] == 0


def test_further_photos_of_the_same_person_do_not_count() -> None:
    found = torch.nn.functional.normalize(torch.randn(8, 5), dim=1)
    numbers = torch.tensor([0, 0, 1, 2]).repeat(2)
    moved = found.clone()
    moved[1], moved[5] = found[5], found[1]  # person 0's second pair, exchanged among themselves
    plain, after = pair_loss(found, numbers, 0.0, 16.0)[0], pair_loss(moved, numbers, 0.0, 16.0)[0]
    assert torch.allclose(plain, after)
    alone = pair_loss(found, torch.arange(4).repeat(2), 0.0, 16.0)[0]
    assert alone > plain


def test_variations_keep_size_and_seed_and_differ() -> None:
    photos = from_pixels(crowd(2, 2).pixels)
    torch.manual_seed(5)
    once = varied(photos)
    torch.manual_seed(5)
    assert torch.equal(once, varied(photos))
    assert once.shape == photos.shape and not torch.equal(once, varied(photos))


def write(people: People, folder: Path) -> Path:
    folder.mkdir()
    rows = ["file,identity,note"]
    for i, (pixels, name) in enumerate(zip(people.pixels, people.names, strict=True)):
        PilImage.fromarray(pixels.numpy()).save(folder / f"{i:03}.png")
        rows.append(f"{i:03}.png,{name},x")
    (folder / "people.csv").write_text("\n".join(rows))
    return folder


def test_folders_and_zips_with_a_csv_are_read_alike(tmp_path: Path) -> None:
    people = crowd(3, 2)
    folder = write(people, tmp_path / "people")
    table = folder / "people.csv"
    table.write_bytes(b"\xef\xbb\xbf" + table.read_bytes())  # as spreadsheets save it
    (folder / "unknown.png").write_bytes((folder / "000.png").read_bytes())  # in no row
    with zipfile.ZipFile(tmp_path / "people.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    for source in (folder, tmp_path / "people.zip"):
        found = load_people(source, 32)
        assert found.names == people.names and torch.equal(found.pixels, people.pixels)


def test_photos_without_names_are_refused(tmp_path: Path) -> None:
    folder = write(crowd(2, 2), tmp_path / "people")
    (folder / "people.csv").write_text("file,age\n000.png,5\n")
    with pytest.raises(InputError, match="columns file and identity"):
        load_people(folder, 32)


def test_the_job_leaves_a_bundle_with_an_identity_network(own_bundle: Path, tmp_path: Path) -> None:
    recipe = replace(find_recipe("smoke"), identity=TINY)
    before = load_draft(own_bundle)
    sources = [write(crowd(8, 4), tmp_path / "a"), write(crowd(4, 2, first=50), tmp_path / "b")]
    statuses = list(train_identity(recipe, own_bundle, sources, tmp_path / "run", cpu=True))
    assert statuses[-1].images == 64
    after = load_draft(own_bundle)
    assert after.identity is not None and after.fingerprint == before.fingerprint
    facts = after.facts.identity
    assert facts.learnt == {"people": 8, "photos": 24, "kimg": 0.064}
    assert facts.verification_of_unseen_people["people"] == 4 and facts.data == "a, b"
    image = after.generator(torch.randn(2, 16))
    assert torch.allclose(after.identity(image).norm(dim=1), torch.ones(2), atol=1e-4)
    assert "## Identity network" in (own_bundle / "README.md").read_text()
