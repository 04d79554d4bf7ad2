import hashlib

import pytest

from editgan.core.errors import InputError
from editgan.core.files import filling, read_json, replacing, replacing_folder, sha256, write_json


def test_a_failure_while_writing_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="disk full"), replacing(path) as scratch:
        scratch.write_text("half of the n")
        raise RuntimeError("disk full")
    assert [p.name for p in tmp_path.iterdir()] == ["weights.bin"]
    assert path.read_text() == "old"


def test_the_old_file_is_there_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_text("old")
    with replacing(path) as scratch:
        scratch.write_text("new")
        assert path.read_text() == "old"
        assert scratch.suffix == ".bin"  # encoders choose the format by it
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["weights.bin"]


def test_missing_folders_are_made(tmp_path):
    write_json(tmp_path / "a" / "b" / "c.json", [1])
    assert read_json(tmp_path / "a" / "b" / "c.json") == [1]


def test_a_failure_while_filling_a_folder_leaves_the_old_folder_and_nothing_else(tmp_path):
    path = tmp_path / "bundle"
    path.mkdir()
    (path / "old").touch()
    with pytest.raises(RuntimeError), replacing_folder(path) as scratch:
        (scratch / "new").touch()
        raise RuntimeError
    assert [p.name for p in tmp_path.rglob("*")] == ["bundle", "old"]


def test_a_filled_folder_replaces_the_old_one_whole(tmp_path):
    path = tmp_path / "bundle"
    for name in ("first", "second"):
        with replacing_folder(path) as scratch:
            (scratch / name).touch()
    assert [p.name for p in tmp_path.rglob("*")] == ["bundle", "second"]


@pytest.mark.parametrize("content", ["{", "\0", ""])
def test_a_broken_json_file_is_named(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"x\.json should be a JSON file"):
        read_json(path)


def test_a_missing_json_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"x\.json is missing"):
        read_json(tmp_path / "x.json")


def test_the_digest_is_of_the_files_bytes(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"some bytes")
    assert sha256(path) == hashlib.sha256(b"some bytes").hexdigest()


def test_a_scratch_file_has_room_beside_the_longest_name(tmp_path):
    path = tmp_path / ("x" * 251 + ".png")
    with replacing(path) as scratch:
        scratch.write_text("new")
    assert path.read_text() == "new"


def fill(folder, files):
    with filling(folder) as scratch:
        for name, content in files.items():
            (scratch / name).parent.mkdir(exist_ok=True)
            (scratch / name).write_text(content)


def contents(folder):
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_files_come_into_a_folder_together_and_leave_others_alone(tmp_path):
    fill(tmp_path / "out", {"a": "1", "b": "1"})
    (tmp_path / "out" / "mine").write_text("0")
    fill(tmp_path / "out", {"a": "2", "deep/c": "2"})
    assert contents(tmp_path / "out") == {"a": "2", "b": "1", "deep/c": "2", "mine": "0"}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failure_while_filling_leaves_everything_as_it_was(tmp_path, error):
    with pytest.raises(error), filling(tmp_path / "new" / "deep") as scratch:
        (scratch / "a").touch()
        raise error
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_go_into_the_folder_brings_the_others_back(tmp_path):
    (tmp_path / "a").write_text("old")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "mine").write_text("old")
    with pytest.raises(OSError):
        fill(tmp_path, {"a": "new", "b": "new", "c": "new"})
    assert contents(tmp_path) == {"a": "old", "c/mine": "old"}
    assert {p.name for p in tmp_path.iterdir()} == {"a", "c"}
