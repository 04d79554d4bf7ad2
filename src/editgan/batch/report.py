"""What became of each of many photos: a row for every one of them, written as they are done.

report.csv has the columns, one line a photo, and report.json the same with all that was measured. Who finds
out more about a photo adds a field to `Row`.
"""

import csv
import io
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from types import TracebackType
from typing import Any

from editgan.batch.outcome import Outcome
from editgan.bundle.opened import OpenPhoto
from editgan.core.config import known_json
from editgan.core.files import write_json

REPORT, TABLE = "report.json", "report.csv"
NOT_DONE = "not done: the run was stopped before"
PAUSE_SECONDS = 2.0  # between two versions of report.json, which is written whole each time


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """Where in a photo its subject is."""

    centre_x: float  # photo px
    centre_y: float
    side: float
    angle_degrees: float  # clockwise as seen


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """One of a photo's subjects that was edited. What is None was not found out."""

    number: int | None = None  # among those found in the photo, from the left
    frame: Frame
    detection_score: float | None = None
    verdict: str | None = None  # how far the generator knows such photos

    def cells(self) -> dict[str, Any]:
        """By column."""
        frame = {f"frame_{name}": value for name, value in asdict(self.frame).items()}
        return frame | {one.name: getattr(self, one.name) for one in fields(self) if one.name != "frame"}

    @classmethod
    def columns(cls) -> list[str]:
        """Of report.csv; where several were edited, each cell has a value for each of them."""
        frame = [f"frame_{part.name}" for part in fields(Frame)]
        return ["number", *frame, "detection_score", "verdict"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What became of one photo. A field that is None, or empty, was not found out."""

    photo: str  # as it was given
    output: str | None = None  # file in the report's folder
    subjects: list[Subject] = field(default_factory=list)  # all that were edited
    warnings: list[str] = field(default_factory=list)
    seconds: float | None = None
    error: str | None = None  # why there is no output
    details: dict[str, Any] = field(default_factory=dict)  # for report.json alone

    @classmethod
    def columns(cls) -> list[str]:
        """Of report.csv."""
        names = [one.name for one in fields(cls) if one.name != "details"]
        at = names.index("subjects")
        return [*names[:at], *Subject.columns(), *names[at + 1 :]]

    def cells(self) -> list[str]:
        """One for each column."""
        values: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        of_subjects = [subject.cells() for subject in self.subjects]
        values |= {name: [cells[name] for cells in of_subjects] for name in Subject.columns()}
        return [_cell(values[name]) for name in self.columns()]

    def to_json(self) -> dict[str, Any]:
        """What is known, details among the rest."""
        known = known_json(self)
        return {"photo": known.pop("photo"), **known.pop("details"), **known}


def row_of(made: Sequence[Outcome], photo: str) -> Row:
    """What is known of a photo of which one subject was edited, or several, but for its output."""
    sentences = (sentence for one in made for sentence in one.result.report.warnings)
    return Row(
        photo=photo,
        subjects=[_subject(one.photo) for one in made],
        warnings=list(dict.fromkeys(sentences)),
        seconds=round(sum(one.open_seconds + one.apply_seconds for one in made), 3),
        details=made[0].report,
    )


def _subject(photo: OpenPhoto) -> Subject:
    framing, domain, found = photo.framing, photo.report.domain, photo.report.found or ()
    scores = [one.score for one in found if one.number == photo.report.number]
    return Subject(
        number=photo.report.number,
        frame=Frame(
            centre_x=round(framing.centre_x, 2),
            centre_y=round(framing.centre_y, 2),
            side=round(framing.side, 2),
            angle_degrees=round(math.degrees(math.remainder(framing.angle, math.tau)), 2),
        ),
        detection_score=scores[0] if scores else None,
        verdict=None if domain is None else domain.verdict,
    )


class Report:
    """report.json and report.csv in a folder. Leaving it, however, gives every photo that has no row one.

    Nothing is written before the first row, nor for a single photo that never came to one.
    """

    def __init__(self, folder: Path, about: dict[str, Any], photos: Sequence[str]) -> None:
        """`about`: what report.json says besides `photos`, which are all that will be looked at."""
        self.folder, self.about, self.photos = folder, about, photos
        self.rows: list[Row] = []
        self._written = float("-inf")

    def __enter__(self) -> "Report":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.rows and len(self.photos) == 1:
            return
        for photo in self.photos[len(self.rows) :]:
            self.add(Row(photo=photo, error=NOT_DONE))
        self._write_json()

    def add(self, row: Row) -> None:
        """In the order of the photos."""
        text = io.StringIO()
        csv.writer(text).writerows([row.cells()] if self.rows else [Row.columns(), row.cells()])
        # Names of files may be no valid UTF-8: they come out as the bytes they are
        data = text.getvalue().encode("utf-8", "surrogateescape")
        with (self.folder / TABLE).open("ab" if self.rows else "wb") as file:
            file.write(data)
        self.rows.append(row)
        if time.monotonic() - self._written > PAUSE_SECONDS:
            self._write_json()

    @property
    def done(self) -> int:
        """How many photos have a result."""
        return sum(row.error is None for row in self.rows)

    def _write_json(self) -> None:
        write_json(self.folder / REPORT, self.about | {"photos": [row.to_json() for row in self.rows]})
        self._written = time.monotonic()


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " | ".join(map(_cell, value))
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)
