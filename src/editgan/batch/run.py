"""Many photos, one after another: none of them ends the run."""

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from editgan.batch.report import Report, Row
from editgan.core.errors import EditGANError

Job = TypeVar("Job")


def one_by_one(
    jobs: Sequence[tuple[str, Job]],
    act: Callable[[Job], Row],
    report: Report,
    worded: Callable[[Exception], str] = str,
) -> Iterator[Row]:
    """A row for each job, as soon as it is in the report. What goes wrong with one becomes its row's error.

    `jobs` begin with their photos' names; `worded` says what went wrong in the words of whoever asked.

    Raises:
        Exception: of the only job, since nothing else depends on it.
    """
    for name, job in jobs:
        started = time.perf_counter()
        try:
            row = act(job)
        except Exception as error:  # whatever it is, hours of other photos must not be lost by it
            if len(jobs) == 1:
                raise
            expected = isinstance(error, EditGANError | OSError)
            row = Row(
                photo=name,
                seconds=round(time.perf_counter() - started, 3),
                error=worded(error) if expected else f"unexpected: {error!r}",
                details={} if expected else {"traceback": traceback.format_exc()},
            )
        report.add(row)
        yield row
