"""What the studio keeps of a visitor's: folders, each with a JSON record of what is in it.

Only the worker's thread changes a record; everybody may read it, since files are replaced as a whole.
"""

import secrets
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from editgan.core.files import replacing, write_json
from editgan.studio.refusal import Refusal, unknown
from editgan.studio.schemas import Batch, Document, JobKind, PictureSet
from editgan.studio.visitors import Visitor
from editgan.studio.work import Work, Worker

M = TypeVar("M", bound=BaseModel)
R = TypeVar("R", Document, PictureSet, Batch)
J = TypeVar("J", Document, PictureSet)


def read_record(path: Path, model: type[M], word: str) -> M:
    """Raises Refusal where there is none, or none any more."""
    try:
        return model.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        raise unknown(word) from None


def write_record(path: Path, record: M) -> M:
    """Whole or not at all; gives it back."""
    write_json(path, record.model_dump(mode="json"))
    return record


def new_id() -> str:
    """Of a record: nobody guesses it."""
    return secrets.token_urlsafe(12)


class RecordFolder(Generic[R]):
    """KIND/ID of a visitor's, with WORD.json in it. Raises Refusal where there is no such folder."""

    kind: ClassVar[str]
    word: ClassVar[str]
    model: type[R]

    def __init__(self, visitor: Visitor, identifier: str) -> None:
        self.visitor, self.id = visitor, identifier
        self.path = visitor.path(self.kind, identifier, self.word)

    def load(self) -> R:
        """The record as it is now."""
        return read_record(self.path / f"{self.word}.json", self.model, self.word)

    def save(self, record: R) -> R:
        """Gives it back. A folder that was deleted meanwhile stays so."""
        self._check()
        return write_record(self.path / f"{self.word}.json", record)

    def change(self, **changes: Any) -> R:
        """The record as it is now, with these fields changed."""
        return self.save(self.load().model_copy(update=changes))

    def write(self, files: Mapping[str, bytes], under: str = "") -> None:
        """Files of a folder that is still there; each whole or not at all."""
        self._check()
        for name, data in files.items():
            with replacing(self.path / under / name) as scratch:
                scratch.write_bytes(data)

    def delete(self) -> None:
        """With everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _check(self) -> None:
        if not self.path.is_dir():
            raise unknown(self.word)


F = TypeVar("F", bound=RecordFolder[Any])


def create(
    kind: type[F],
    visitor: Visitor,
    record: Document | PictureSet | Batch,
    files: Mapping[str, bytes] | None = None,
) -> F:
    """A new folder, with these files in it before anybody sees the record."""
    (visitor.folder / kind.kind / record.id).mkdir(parents=True)
    folder = kind(visitor, record.id)
    folder.write(files or {})
    folder.save(record)
    return folder


def count(kind: type[F], visitor: Visitor) -> int:
    """How many of them a visitor has."""
    return sum(1 for _ in (visitor.folder / kind.kind).glob(f"*/{kind.word}.json"))


def newest_first(kind: type[F], visitor: Visitor) -> list[F]:
    """All of a visitor's."""
    found: list[tuple[float, F]] = []
    for path in (visitor.folder / kind.kind).glob("*"):
        with suppress(Refusal):  # it is being deleted
            folder = kind(visitor, path.name)
            found.append((folder.load().created, folder))
    return [folder for _, folder in sorted(found, key=lambda each: each[0], reverse=True)]


class WorkedOn(RecordFolder[J]):
    """A folder that has one job at a time: a second one would build on what is not there yet."""

    job_field: ClassVar[str]  # of Job: where it names the folder

    def interrupted(self, record: J) -> J:
        """What a record comes to whose job is over, or was lost in a restart."""
        raise NotImplementedError

    def view(self, worker: Worker) -> J:
        """As clients see it."""
        for _ in range(2):  # a job may end between the two looks, and have changed the record before
            record = self.load()
            if record.job is None:
                break
            if self._job(worker, record) is not None:
                return record
        return self.interrupted(record)

    def running(self, worker: Worker) -> Work | None:
        """Its job, while that waits or runs."""
        return self._job(worker, self.load())

    def start(
        self, worker: Worker, kind: JobKind, act: Callable[[Work], None], total: int = 0, **changes: Any
    ) -> Work:
        """Queues its one job, and changes the record; refused, it is as it was."""
        if self.running(worker) is not None:
            raise Refusal(409, "busy", "something is being done with it already; wait, or stop it")

        def run(work: Work) -> None:
            try:
                act(work)
            finally:
                if self.path.is_dir():
                    self.change(job=None)

        work = worker.submit(Work(kind, self.visitor.key, run, total=total, **{self.job_field: self.id}))
        self.change(job=work.job.id, **changes)
        return work

    def _job(self, worker: Worker, record: J) -> Work | None:
        work = None if record.job is None else worker.find(record.job, self.visitor.key)
        return None if work is None or work.is_over else work
