"""A row for every photo, whatever happens."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from editgan.batch.report import NOT_DONE, Frame, Report, Row, Subject
from editgan.batch.run import one_by_one
from editgan.core.errors import PhotoError

NAMES = ["a.jpg", "b [draft].jpg", "c.jpg", "d.jpg"]


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "report.csv").open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return list(csv.DictReader(file))


def entries_of(folder: Path) -> list[dict[str, Any]]:
    return json.loads((folder / "report.json").read_text())["photos"]


def made(name: str) -> Row:
    return Row(photo=name, output="out.png", seconds=0.5)


def run(folder: Path, act: Callable[[str], Row], names: list[str] = NAMES) -> list[Row]:
    with Report(folder, {"bundle": "tiny"}, names) as report:
        return list(one_by_one([(name, name) for name in names], act, report))


def test_a_row_says_all_that_is_known(tmp_path: Path) -> None:
    row = Row(
        photo='say "cheese", twice\n.jpg',
        output="x.png",
        subjects=[
            Subject(
                number=2,
                frame=Frame(centre_x=10.5, centre_y=20, side=1 / 3, angle_degrees=-90),
                detection_score=0.25,
                verdict="unusual",
            )
        ],
        warnings=["one", "two, three"],
        seconds=1.25,
        details={"region_share": 0.5},
    )
    with Report(tmp_path, {"bundle": "tiny"}, [row.photo]) as report:
        report.add(row)
    (cells,), (entry,) = rows_of(tmp_path), entries_of(tmp_path)
    assert list(cells) == [
        *("photo", "output", "number", "frame_centre_x", "frame_centre_y", "frame_side"),
        *("frame_angle_degrees", "detection_score", "verdict", "warnings", "seconds", "error"),
    ]
    assert cells["photo"] == entry["photo"] == row.photo and cells["error"] == ""
    assert cells["frame_centre_x"] == "10.5" and cells["frame_side"] == "0.333333"
    assert cells["warnings"] == "one | two, three" and cells["seconds"] == "1.25"
    (subject,) = entry["subjects"]
    assert subject["frame"]["angle_degrees"] == -90 and subject["verdict"] == cells["verdict"] == "unusual"
    assert entry["region_share"] == 0.5 and subject["number"] == 2 and cells["number"] == "2"
    assert entry["warnings"] == ["one", "two, three"] and "error" not in entry and "details" not in entry


def test_a_row_has_every_subject_that_was_edited(tmp_path: Path) -> None:
    frames = [Frame(centre_x=x, centre_y=20, side=30, angle_degrees=0) for x in (10.25, 90)]
    subjects = [
        Subject(number=1, frame=frames[0], detection_score=2.5),
        Subject(number=2, frame=frames[1], verdict="ordinary"),
    ]
    with Report(tmp_path, {"bundle": "tiny"}, ["us.jpg"]) as report:
        report.add(Row(photo="us.jpg", output="us.png", subjects=subjects))
    (cells,), (entry,) = rows_of(tmp_path), entries_of(tmp_path)
    assert cells["number"] == "1 | 2" and cells["frame_centre_x"] == "10.25 | 90"
    assert cells["detection_score"] == "2.5 | " and cells["verdict"] == " | ordinary"
    assert [one["frame"]["centre_x"] for one in entry["subjects"]] == [10.25, 90]


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (PhotoError("it is damaged"), "it is damaged"),
        (OSError(28, "No space left on device"), "No space left"),
        (MemoryError(), "unexpected: MemoryError()"),
        (ZeroDivisionError("1/0"), "unexpected: ZeroDivisionError('1/0')"),
    ],
)
def test_one_photo_does_not_end_a_run(error: Exception, says: str, tmp_path: Path) -> None:
    def act(name: str) -> Row:
        if name == NAMES[1]:
            raise error
        return made(name)

    rows = run(tmp_path, act)
    assert [row.error is None for row in rows] == [True, False, True, True]
    cells, entries = rows_of(tmp_path), entries_of(tmp_path)
    assert [line["photo"] for line in cells] == [entry["photo"] for entry in entries] == NAMES
    assert says in cells[1]["error"] and says in entries[1]["error"] and "output" not in entries[1]
    assert ("traceback" in entries[1]) is says.startswith("unexpected")


def test_the_only_photos_error_is_the_runs(tmp_path: Path) -> None:
    def act(name: str) -> Row:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(tmp_path, act, NAMES[:1])
    assert not list(tmp_path.iterdir())


def test_rows_are_written_as_photos_are_done(tmp_path: Path) -> None:
    seen = []

    def act(name: str) -> Row:
        seen.append(len(rows_of(tmp_path)) if seen else 0)
        return made(name)

    run(tmp_path, act)
    assert seen == [0, 1, 2, 3]


@pytest.mark.parametrize("stopped", NAMES)
def test_a_run_that_is_stopped_still_has_a_row_for_every_photo(stopped: str, tmp_path: Path) -> None:
    def act(name: str) -> Row:
        if name == stopped:
            raise KeyboardInterrupt
        return made(name)

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, act)
    done = NAMES.index(stopped)
    errors = [""] * done + [NOT_DONE] * (len(NAMES) - done)
    assert [line["error"] for line in rows_of(tmp_path)] == errors
    assert [entry.get("error", "") for entry in entries_of(tmp_path)] == errors


def test_names_that_are_no_text_are_reported_as_the_bytes_they_are(tmp_path: Path) -> None:
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    run(tmp_path, made, [name, "b.jpg"])
    assert rows_of(tmp_path)[0]["photo"] == entries_of(tmp_path)[0]["photo"] == name
    assert b"caf\xe9.jpg" in (tmp_path / "report.csv").read_bytes()
