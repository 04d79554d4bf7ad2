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
from editgan.core.config import known_json
from editgan.core.files import write_json

JSON, CSV = "report.json", "report.csv"
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
class Row:
    """What became of one photo. A field that is None, or empty, was not found out."""

    photo: str  # as it was given
    output: str | None = None  # file in the report's folder
    frame: Frame | None = None
    detection_score: float | None = None
    verdict: str | None = None  # how far the generator knows such photos
    warnings: list[str] = field(default_factory=list)
    seconds: float | None = None
    error: str | None = None  # why there is no output
    details: dict[str, Any] = field(default_factory=dict)  # for report.json alone

    @classmethod
    def columns(cls) -> list[str]:
        """Of report.csv."""
        frame = [f"frame_{part.name}" for part in fields(Frame)]
        names = [one.name for one in fields(cls) if one.name != "details"]
        at = names.index("frame")
        return [*names[:at], *frame, *names[at + 1 :]]

    def cells(self) -> list[str]:
        """One for each column."""
        frame = {} if self.frame is None else asdict(self.frame)
        values = {f"frame_{name}": value for name, value in frame.items()}
        values |= {one.name: getattr(self, one.name) for one in fields(self)}
        return [_cell(values.get(name)) for name in self.columns()]

    def to_json(self) -> dict[str, Any]:
        """What is known, details among the rest."""
        known = known_json(self)
        return {"photo": known.pop("photo"), **known.pop("details"), **known}


def row_of(made: Outcome, photo: str) -> Row:
    """What is known of a photo that was edited, but for its output."""
    framing, domain, found = made.photo.framing, made.photo.report.domain, made.photo.report.found or ()
    scores = [one.score for one in found if one.number == made.photo.report.number]
    return Row(
        photo=photo,
        frame=Frame(
            centre_x=round(framing.centre_x, 2),
            centre_y=round(framing.centre_y, 2),
            side=round(framing.side, 2),
            angle_degrees=round(math.degrees(framing.angle), 2),
        ),
        detection_score=scores[0] if scores else None,
        verdict=None if domain is None else domain.verdict,
        warnings=made.result.report.warnings,
        seconds=made.open_seconds + made.apply_seconds,
        details=made.report,
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
        with (self.folder / CSV).open("ab" if self.rows else "wb") as file:
            file.write(data)
        self.rows.append(row)
        if time.monotonic() - self._written > PAUSE_SECONDS:
            self._write_json()

    @property
    def done(self) -> int:
        """How many photos have a result."""
        return sum(row.error is None for row in self.rows)

    def _write_json(self) -> None:
        write_json(self.folder / JSON, self.about | {"photos": [row.to_json() for row in self.rows]})
        self._written = time.monotonic()


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " | ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)
