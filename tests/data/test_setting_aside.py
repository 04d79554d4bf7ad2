import hashlib
import zipfile
from pathlib import Path

import pytest
from PIL import Image as PilImage

from editgan.core.errors import InputError
from editgan.data.people import load_people, split_people
from editgan.data.setting_aside import LISTS, HeldOut, held_out_names, load_learnable, names_digest

LAST = 100
SETS = ("faces-128", "faces-256", "faces-identity-128", "faces-attributes-64")
SETS += ("cats-128", "cars-128", "cars-256", "birds-128")


@pytest.fixture
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the lists' place."""
    folder = tmp_path / "lists"
    folder.mkdir()
    monkeypatch.setattr("editgan.data.setting_aside.LISTS", folder)
    return folder


def photos(folder: Path, count: int = 8, suffix: str = ".png") -> Path:
    folder.mkdir(parents=True)
    for i in range(count):
        PilImage.new("RGB", (8, 8), (i, i, i)).save(folder / f"{i}{suffix}")
    return folder


def hold_out(lists: Path, set_name: str, source: Path, *names: str) -> None:
    digest = names_digest(path.name for path in source.iterdir() if path.suffix == ".png")
    HeldOut(set_name, digest, frozenset(names)).save(lists)


def test_a_list_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = HeldOut("cats-128", "0" * 64, frozenset({"b.webp", "a.webp"}))
    written.save(tmp_path)
    assert HeldOut.load(tmp_path / "cats-128.txt") == written
    lines = (tmp_path / "cats-128.txt").read_text().splitlines()
    assert lines == ["# cats-128 sha256:" + "0" * 64, "a.webp", "b.webp"]


def test_what_is_listed_and_the_last_by_name_are_set_aside(lists: Path, tmp_path: Path) -> None:
    source = photos(tmp_path / "x")
    hold_out(lists, "x", source, "1.png", "3.png", "7.png")
    (source / "5b.png").write_bytes(b"no picture")
    learnt, unseen = load_learnable([source], 8, 2)
    assert learnt.names == ["0.png", "2.png", "4.png", "5.png"]
    assert unseen.names == ["1.png", "3.png", "6.png", "7.png"]  # the last ones of the set still come last
    assert learnt.pixels[:, 0, 0, 0].tolist() == [0, 2, 4, 5]
    assert unseen.pixels[:, 0, 0, 0].tolist() == [1, 3, 6, 7]
    assert learnt.skipped == ["5b.png"]


def test_of_anybodys_own_photos_only_the_last_are_set_aside(lists: Path, tmp_path: Path) -> None:
    hold_out(lists, "x", photos(tmp_path / "x"), "1.png")
    learnt, unseen = load_learnable([photos(tmp_path / "mine", 9)], 8, 2)
    assert learnt.names == [f"{i}.png" for i in range(7)] and unseen.names == ["7.png", "8.png"]


def test_a_set_is_known_by_its_name_or_by_its_photos_names(lists: Path, tmp_path: Path) -> None:
    source = photos(tmp_path / "cats" / "train")
    names = sorted(path.name for path in source.iterdir())
    hold_out(lists, "cats-train", source, "1.png")
    assert held_out_names(source, names[:3]) == {"1.png"}  # a part of it is still that set
    assert held_out_names(tmp_path / "cats-train.zip", names[:3]) == {"1.png"}
    assert held_out_names(tmp_path / "renamed.zip", names) == {"1.png"}
    assert held_out_names(tmp_path / "renamed.zip", names[:3]) == frozenset()
    inside = [f"photos/{name}" for name in names]
    assert held_out_names(tmp_path / "packed again.zip", inside) == {"photos/1.png"}


def test_several_sets_are_learnt_one_after_the_other_each_without_its_own(
    lists: Path, tmp_path: Path
) -> None:
    one, other = photos(tmp_path / "one"), photos(tmp_path / "other", 5)
    hold_out(lists, "one", one, "0.png")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        for path in other.iterdir():
            archive.write(path, path.name)
    learnt, unseen = load_learnable([one, tmp_path / "other.zip"], 8, 2)
    wanted = [f"one/{i}.png" for i in range(1, 6)] + [f"other/{i}.png" for i in range(3)]
    assert learnt.names == wanted and len(learnt.pixels) == 8
    assert unseen.names == ["one/0.png", "one/6.png", "one/7.png", "other/3.png", "other/4.png"]


def test_too_few_photos_beside_those_set_aside_are_refused(lists: Path, tmp_path: Path) -> None:
    source = photos(tmp_path / "x", 5)
    with pytest.raises(InputError, match=r"4 photos are held out of .*x, so more .* there are 5"):
        load_learnable([source], 8, 4)
    assert len(load_learnable([source], 8, 3)[0]) == 2
    hold_out(lists, "x", source, "0.png", "4.png")
    with pytest.raises(InputError, match=r"3 photos are held out of .*x, and 2 on its list, .* there are 5"):
        load_learnable([source], 8, 3)


def people(folder: Path, photos_of: dict[str, int]) -> Path:
    """Each person's photos are of their number's grey."""
    folder.mkdir()
    rows = ["file,identity"]
    for person, count in photos_of.items():
        for i in range(count):
            PilImage.new("RGB", (8, 8), (int(person),) * 3).save(folder / f"{person}-{i}.png")
            rows.append(f"{person}-{i}.png,{person}")
    (folder / "who.csv").write_text("\n".join(rows))
    return folder


def test_people_held_out_are_those_verified_on_and_no_photo_of_the_list_is_learnt(
    lists: Path, tmp_path: Path
) -> None:
    source = people(tmp_path / "x", {"1": 2, "2": 3, "3": 2, "4": 2, "5": 2})
    other = people(tmp_path / "y", {"1": 2, "3": 3})
    hold_out(lists, "x", source, "1-0.png", "1-1.png", "2-0.png")
    hold_out(lists, "y", other, "3-1.png")
    learnt, unseen = split_people([load_people(source, 8), load_people(other, 8)], 2)
    assert unseen.persons == ["1", "5"]  # all of the first is on the list, then the last of the others
    assert sorted(learnt.names) == ["2", "2", "3", "3", "3", "3", "4", "4"]
    assert sorted(learnt.pixels[:, 0, 0, 0].tolist()) == [2, 2, 3, 3, 3, 3, 4, 4]


def shipped(set_name: str) -> HeldOut:
    return HeldOut.load(LISTS / f"{set_name}.txt")


def test_every_set_has_a_list_that_is_sorted_and_whole() -> None:
    files = sorted(LISTS.iterdir())
    assert {path.name for path in files} >= {f"{name}.txt" for name in SETS}
    for path in files:
        listed = HeldOut.load(path)
        lines = path.read_text("utf-8").split("\n")[1:-1]
        assert listed.set_name == path.stem and len(listed.digest) == 64
        assert lines == sorted(set(lines)) and set(lines) == listed.names and all(lines)
        assert all(Path(name).name == name and Path(name).suffix for name in lines)


LAST_ONES = {  # the first of each set's last hundred, and the start of a digest of them all
    "faces-128": ("20909.webp", "fc8302ec857a88cb"),
    "faces-256": ("celebamask_dee014477c394fcc8b71b38fe5d7e93b.webp", "b0d85be154223991"),
    "faces-identity-128": ("200816.webp", "4ac26cce1c68768c"),
    "faces-attributes-64": ("009901.webp", "a42b82a051aaf742"),
    "cats-128": ("pixabay_cat_004554.webp", "3e1d265a56d9cd22"),
    "cars-128": ("07907.webp", "0e2b341e76a1cb7b"),
    "cars-256": ("07892.webp", "348c176813d09a30"),
    "birds-128": ("195.Carolina_Wren_Carolina_Wren_0011_2576268447.webp", "74454ea807276146"),
}


@pytest.mark.parametrize("set_name", SETS)
def test_the_last_hundred_of_every_set_are_on_its_list(set_name: str) -> None:
    first, digest = LAST_ONES[set_name]
    last = sorted(name for name in shipped(set_name).names if name >= first)
    assert len(last) == LAST  # nothing behind the first of them is learnt
    assert hashlib.sha256("\n".join(last).encode()).hexdigest()[:16] == digest


def test_a_car_held_out_at_one_size_is_held_out_at_the_other() -> None:
    small, large = shipped("cars-128").names, shipped("cars-256").names
    assert large <= small and len(small - large) < 10  # of a few small ones there is no large one


def test_a_thousand_photos_by_whole_people_are_held_out_and_few_others() -> None:
    assert 1100 <= len(shipped("faces-identity-128").names) < 1400
    assert 1100 <= len(shipped("faces-attributes-64").names) < 1500
