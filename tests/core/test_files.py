import hashlib

import pytest

from editgan.core.errors import InputError
from editgan.core.files import read_json, replacing, replacing_folder, sha256, write_json


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
