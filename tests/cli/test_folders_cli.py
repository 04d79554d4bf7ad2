"""`editgan apply` on whole folders: a row for every photo, whatever it is called and whatever befalls it."""

import csv
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PilImage

from editgan.cli import adding, vectors
from editgan.cli.photos import GivenPhoto, find_photos
from editgan.core.errors import InputError, PhotoError
from editgan.editing.vector import EditVector
from editgan.editor import Editor

Run = Callable[..., tuple[int, str, str]]
HOW = ("--embed-steps", "0", "--paste", "replace", "-v", "wink")


@pytest.fixture(scope="session")
def small(portrait: Path) -> bytes:
    """A face in 192 px."""
    file = io.BytesIO()
    with PilImage.open(portrait) as picture:
        picture.resize((192, 192)).save(file, "PNG")
    return file.getvalue()


def rows_of(folder: str) -> dict[str, dict[str, str]]:
    """By the photos' names, without their folders; report.json agrees."""
    with Path(folder, "report.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["photo"].rpartition("/")[2]: row for row in csv.DictReader(file)}
    told: list[dict[str, Any]] = json.loads(Path(folder, "report.json").read_text())["photos"]
    for row, entry in zip(rows.values(), told, strict=True):
        assert row["photo"] == entry["photo"] and row["output"] == entry.get("output", "")
        assert row["error"] == entry.get("error", "")
    return rows


def left_in(folder: str) -> set[str]:
    return {path.name for path in Path(folder).iterdir()}


def test_every_name_works_and_results_are_told_apart(editgan: Run, equipped: Path, small: bytes) -> None:
    long = "n" * 241
    names = [
        *("two [draft] [bold].png", "twin.png", "twin.jpg", "-dash.png", "שלום עולם.png", "e\u0301.png"),
        *(f"{long}.png", " .png", "tab\there.png", "50%.png", "{x}.png", "=1+1.png"),
    ]
    Path("a[").mkdir()
    Path("a[/bold]").mkdir()
    for name in names:
        Path("a[/bold]", name).write_bytes(small)
    for name in ("._two.png", ".hidden.png", "notes.txt"):
        Path("a[/bold]", name).write_text("no photo")
    code, out, err = editgan("apply", "a[/bold]", *HOW, "-b", equipped, "-o", "out [red]/b[/bold]")
    assert code == 0 and out == "", err
    assert "look into out [red]/b[/bold]/" in err
    rows = rows_of("out [red]/b[/bold]")
    assert set(rows) == set(names)
    results = {name: row["output"] for name, row in rows.items()}
    expected = {name: name for name in names} | {"twin.png": "twin-png.png", "twin.jpg": "twin-jpg.png"}
    assert results == expected
    assert left_in("out [red]/b[/bold]") == {*results.values(), "report.json", "report.csv"}
    row = rows["50%.png"]
    assert float(row["frame_side"]) > 20 and float(row["seconds"]) > 0 and row["error"] == ""


def test_what_is_left_out_is_said_and_counted(
    editgan: Run, equipped: Path, small: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By report, sentence and exit code: 3 for some, 2 for all, 0 for none."""
    Path("in").mkdir()
    for name in ("a.png", "bug.png", "memory.png", "z.png"):
        Path("in", name).write_bytes(small)
    Path("in/broken.png").write_bytes(small[:2000])
    PilImage.new("RGB", (100, 100), "white").save("in/nobody.png")
    real = adding.open_all

    def opening(editor: Any, photo: Any, how: Any, **options: Any) -> Any:
        if photo.file_name == "bug.png":
            raise ZeroDivisionError("nobody thought of it")
        if photo.file_name == "memory.png":
            raise MemoryError
        return real(editor, photo, how, **options)

    monkeypatch.setattr(adding, "open_all", opening)
    code, out, err = editgan("apply", "in", *HOW, "-b", equipped, "-o", "some")
    assert code == 3 and out == ""
    errors = {name: row["error"] for name, row in rows_of("some").items()}
    assert errors["a.png"] == errors["z.png"] == ""
    assert "no face was found" in errors["nobody.png"] and "--box" in errors["nobody.png"]
    assert "damaged" in errors["broken.png"]
    assert errors["bug.png"] == "unexpected: ZeroDivisionError('nobody thought of it')"
    assert errors["memory.png"] == "unexpected: MemoryError()"
    assert all(f"{name} is left out: {error}" in err for name, error in errors.items() if error)
    assert "applied to 2 of 6 photos" in err
    assert left_in("some") == {"a.png", "z.png", "report.json", "report.csv"}
    code, _, _ = editgan("apply", "in/nobody.png", "in/broken.png", *HOW, "-b", equipped, "-o", "none")
    assert code == 2 and all(row["error"] for row in rows_of("none").values())
    assert left_in("none") == {"report.json", "report.csv"}
    code, _, _ = editgan("apply", "in/a.png", *HOW, "-b", equipped, "-o", "all")
    assert code == 0 and left_in("all") == {"a.png", "report.json", "report.csv"}


def test_a_folder_that_is_stopped_has_a_report_and_nothing_half(
    editgan: Run, equipped: Path, small: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("in").mkdir()
    for name in ("a.png", "b.png", "c.png"):
        Path("in", name).write_bytes(small)
    real = adding.AddingVectors._save_extras

    def stop(self: Any, opened: Any, composition: Any, out: Path, stem: str) -> None:
        real(self, opened, composition, out, stem)
        if stem == "b":
            raise KeyboardInterrupt

    monkeypatch.setattr(adding.AddingVectors, "_save_extras", stop)
    code, _, err = editgan("apply", "in", *HOW, "-b", equipped)
    assert code == 130 and "stopped; 1 of 3 photos done" in err and "Traceback" not in err
    assert left_in("applied") == {"a.png", "report.json", "report.csv"}
    assert [bool(row["error"]) for row in rows_of("applied").values()] == [False, True, True]


def test_a_photo_comes_through_a_pipe(
    editgan: Run, equipped: Path, small: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def piped(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    piped(small)
    code, _, err = editgan("apply", "-", *HOW, "-b", equipped)
    assert code == 0, err
    with PilImage.open("applied/stdin.png") as result, PilImage.open(io.BytesIO(small)) as photo:
        assert result.size == photo.size and not np.array_equal(np.asarray(result), np.asarray(photo))
    assert list(rows_of("applied")) == ["stdin"]
    piped(small)
    code, _, err = editgan("embed", "-", "--steps", "0", "-b", equipped)
    assert code == 0 and json.loads(Path("embedded/report.json").read_text())["photo"] == "stdin"
    piped(b"")
    code, _, err = editgan("embed", "-", "-b", equipped)
    assert code == 2 and "nothing came; pipe a photo into it" in err


def test_photos_are_found_once_and_hidden_files_are_none(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "._a.png", ".a.png", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "link.png").symlink_to("a.png")
    found = find_photos([tmp_path, tmp_path / "b.JPG", tmp_path / "." / "a.png"])
    assert [photo.file_name for photo in found] == ["a.png", "b.JPG"]
    assert [photo.file_name for photo in find_photos([tmp_path / ".a.png"])] == [
        ".a.png"
    ]  # asked for by name
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="there are no photos in"):
        find_photos([tmp_path / "empty"])


def test_a_run_waits_for_no_pipe_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    os.mkfifo(tmp_path / "b.png")
    (tmp_path / "c.png").symlink_to(tmp_path / "b.png")
    assert [photo.file_name for photo in find_photos([tmp_path])] == ["a.png"]


def test_learning_leaves_out_what_cannot_be_opened(
    editgan: Run, saved_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opening(editor: Editor, photo: GivenPhoto, how: Any) -> Any:
        if photo.file_name != "a.png":
            raise PhotoError("it is damaged")
        return editor.sample(0), 0.0

    monkeypatch.setattr(vectors, "open_photo", opening)
    monkeypatch.setattr(vectors, "vector_sheet", lambda *_: PilImage.new("RGB", (9, 9)))
    how = ("--grow", "eye:1", "--steps", 1, "-b", saved_bundle)
    code, _, err = editgan("vectors", "learn", "wide", "b.png", "c.png", *how)
    assert code == 2 and "none of the 2 photos could be opened" in err and not Path("vectors").exists()
    code, _, err = editgan("vectors", "learn", "wide", "a.png", "b.png", *how)
    assert code == 3 and "b.png is left out: it is damaged" in err
    assert EditVector.load("vectors/wide.safetensors").learnt["from"] == ["seed 0"]
