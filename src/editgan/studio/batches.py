"""One composition on several documents, as a job; the results as a ZIP."""

import re
import secrets
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from editgan.core.errors import EditGANError
from editgan.core.files import replacing, write_json
from editgan.studio.desk import Desk
from editgan.studio.documents import KIND, load_document
from editgan.studio.edit_room import EditRoom
from editgan.studio.encoding import Format, encode
from editgan.studio.refusal import Refusal, unknown
from editgan.studio.schemas import Batch, Document, NewBatch
from editgan.studio.visitors import Visitor
from editgan.studio.work import Work, Worker

FOLDER = "batches"


class Batches:
    """Queues batches and keeps their results."""

    def __init__(self, worker: Worker, desk: Desk, room: EditRoom, max_photos: int) -> None:
        self.worker, self.desk, self.room, self.max_photos = worker, desk, room, max_photos

    def start(self, visitor: Visitor, asked: NewBatch) -> Batch:
        """Raises Refusal for too many photos, or for one that is not there."""
        if len(asked.documents) > self.max_photos:
            raise Refusal(
                409, "limit", f"a batch has {self.max_photos} photos at most, got {len(asked.documents)}"
            )
        for identifier in asked.documents:
            visitor.path(KIND, identifier)
        for key in asked.composition.strengths:
            self.desk.library.path(visitor, key)
        identifier = secrets.token_urlsafe(12)
        folder = visitor.folder / FOLDER / identifier
        work = Work(
            "batch", visitor.key, lambda work: self._run(visitor, folder, asked, work), batch=identifier
        )
        work.update(total=len(asked.documents))
        batch = Batch(id=identifier, job=work.job.id, done=[], failed={})
        self.worker.submit(work)
        folder.mkdir(parents=True)
        _save(folder, batch)
        return batch

    def find(self, visitor: Visitor, identifier: str) -> Batch:
        """How far it is. Raises Refusal where there is none."""
        return _load(visitor.path(FOLDER, identifier))

    def archive(self, visitor: Visitor, identifier: str) -> Path:
        """All results so far as one ZIP."""
        folder = visitor.path(FOLDER, identifier)
        path = folder / "results.zip"
        with replacing(path) as scratch, zipfile.ZipFile(scratch, "w", zipfile.ZIP_STORED) as file:
            for result in sorted((folder / "results").glob("*")):
                file.write(result, result.name)
        return path

    def _run(self, visitor: Visitor, folder: Path, asked: NewBatch, work: Work) -> None:
        for index, identifier in enumerate(asked.documents):
            work.check(keep_best=False)
            batch = _load(folder)
            try:
                document = load_document(visitor.path(KIND, identifier))
                self._one(visitor, folder, document, asked, work)
                batch = batch.model_copy(update={"done": [*batch.done, identifier]})
            except (EditGANError, Refusal) as error:
                batch = batch.model_copy(update={"failed": batch.failed | {identifier: str(error)}})
            _save(folder, batch)
            work.update(step=index + 1)

    def _one(self, visitor: Visitor, folder: Path, document: Document, asked: NewBatch, work: Work) -> None:
        where = visitor.path(KIND, document.id)
        if not document.is_open:
            self.room.open_now(visitor, where, work)
        work.update(note=document.name, total=len(asked.documents))
        watch = self.room.watch(work, keep_best=False)
        pixels = self.desk.composed_result(visitor, where, asked.composition, watch)
        results = folder / "results"
        results.mkdir(exist_ok=True)
        name = free_name(file_name(document.name), asked.format, [path.name for path in results.iterdir()])
        with replacing(results / name) as scratch:
            scratch.write_bytes(encode(pixels, asked.format))


def file_name(name: str) -> str:
    """What is left of a person's name for a photo when it becomes a file's: no folders, no suffix."""
    stem = re.sub(r"[^\w .-]+", "-", name.replace("\\", "/").rpartition("/")[2]).strip(" .-")
    suffixes = "|".join((*get_args(Format), "jpg", "tif", "tiff", "bmp", "gif", "avif"))
    return re.sub(rf"\.({suffixes})$", "", stem, flags=re.IGNORECASE)[:60] or "photo"


def free_name(stem: str, format_: Format, taken: Sequence[str]) -> str:
    """STEM.FORMAT, or STEM-2.FORMAT, ... if that is taken."""
    suffix = "jpg" if format_ == "jpeg" else format_
    number = 1
    while (name := f"{stem}{'' if number == 1 else f'-{number}'}.{suffix}") in taken:
        number += 1
    return name


def _save(folder: Path, batch: Batch) -> None:
    write_json(folder / "batch.json", batch.model_dump(mode="json"))


def _load(folder: Path) -> Batch:
    try:
        return Batch.model_validate_json((folder / "batch.json").read_bytes())
    except (OSError, ValidationError):
        raise unknown("batch") from None
