"""One composition on several documents, as a job; the results as a ZIP."""

import logging
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from editgan.core.errors import EditGANError
from editgan.core.files import replacing
from editgan.studio.documents import DocumentFolder
from editgan.studio.edit_room import EditRoom
from editgan.studio.encoding import Format
from editgan.studio.records import RecordFolder, create, new_id
from editgan.studio.refusal import Refusal
from editgan.studio.schemas import Batch, NewBatch
from editgan.studio.visitors import Visitor
from editgan.studio.work import Cancelled, Work

log = logging.getLogger("editgan.studio")


class BatchFolder(RecordFolder[Batch]):
    """One batch on disk: its record, and results/NAME.FORMAT."""

    kind, word = "batches", "batch"
    model = Batch

    def archive(self) -> Path:
        """All results so far as one ZIP."""
        path = self.path / "results.zip"
        with replacing(path) as scratch, zipfile.ZipFile(scratch, "w", zipfile.ZIP_STORED) as file:
            for result in sorted((self.path / "results").glob("*")):
                file.write(result, result.name)
        return path


class Batches:
    """Queues batches and keeps their results."""

    def __init__(self, room: EditRoom, max_photos: int) -> None:
        self.room, self.max_photos = room, max_photos

    def start(self, visitor: Visitor, asked: NewBatch) -> Batch:
        """Raises Refusal for too many photos, or for one that is not there."""
        if (photos := len(asked.documents)) > self.max_photos:
            raise Refusal(409, "limit", f"a batch has {self.max_photos} photos at most, got {photos}")
        for identifier in asked.documents:
            DocumentFolder(visitor, identifier)
        for key in asked.composition.strengths:
            self.room.desk.library.path(visitor, key)

        def act(work: Work) -> None:
            self._run(BatchFolder(visitor, batch), asked, work)

        batch = new_id()
        work = self.room.worker.submit(Work("batch", visitor.key, act, total=photos, batch=batch))
        return create(BatchFolder, visitor, Batch(id=batch, job=work.job.id)).load()

    def _run(self, folder: BatchFolder, asked: NewBatch, work: Work) -> None:
        for index, identifier in enumerate(asked.documents):
            work.check(keep_best=False)
            try:
                self._one(folder, DocumentFolder(folder.visitor, identifier), asked, work)
                folder.change(done=[*folder.load().done, identifier])
            except Cancelled:
                raise
            except Exception as error:  # whatever it is, it must not cost the other photos
                folder.change(failed=folder.load().failed | {identifier: _sentence(error)})
            work.update(step=index + 1)

    def _one(self, folder: BatchFolder, photo: DocumentFolder, asked: NewBatch, work: Work) -> None:
        document = photo.load()
        if not document.is_open:
            self.room.open_now(photo, work)
        work.update(note=document.name, total=len(asked.documents))
        watch = self.room.worker.watch(work)
        result = self.room.desk.result(photo, asked.composition, watch=watch)
        taken = [path.name for path in (folder.path / "results").glob("*")]
        name = free_name(file_name(document.name), asked.format, taken)
        data = result.to_bytes(asked.format.upper(), strip_metadata=asked.strip_metadata)
        folder.write({name: data}, "results")


def _sentence(error: Exception) -> str:
    if isinstance(error, EditGANError | Refusal):
        return str(error)
    log.error("a photo of a batch failed", exc_info=error)
    return "something went wrong in the studio; its log says what"


def file_name(name: str) -> str:
    """What is left of a person's name for a photo when it becomes a file's: no folders, no suffix."""
    stem = re.sub(r"[^\w .-]+", "-", plain_name(name)).strip(" .-")
    suffixes = "|".join((*get_args(Format), "jpg", "tif", "tiff", "bmp", "gif", "avif"))
    return re.sub(rf"\.({suffixes})$", "", stem, flags=re.IGNORECASE)[:60] or "photo"


def plain_name(name: str) -> str:
    """Without the folders that a browser may tell."""
    return name.replace("\\", "/").rpartition("/")[2]


def free_name(stem: str, format_: Format, taken: Sequence[str]) -> str:
    """STEM.FORMAT, or STEM-2.FORMAT, ... if that is taken."""
    suffix = "jpg" if format_ == "jpeg" else format_
    number = 1
    while (name := f"{stem}{'' if number == 1 else f'-{number}'}.{suffix}") in taken:
        number += 1
    return name
