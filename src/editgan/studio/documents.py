"""Documents: a visitor's photo, opened, and the timeline of what was done to it.

documents/ID/
    document.json        schemas.Document
    original             the bytes that were uploaded; a sample has none
    keep.png             what a person marked as not to be changed, as it is now
    entries/N/           image.webp, labels.png, heat.png; painted.png where a person painted;
                         refined.safetensors where a refinement led; keep.png as it was then
"""

import hashlib
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from editgan.core.types import Keep, Region, WPlus
from editgan.data.frame import Framing
from editgan.data.masks import reframed
from editgan.data.opening import read_original, read_photo
from editgan.data.original import Original
from editgan.editing.recipe import mask_from_png, mask_to_png
from editgan.studio.records import WorkedOn, count, create, new_id
from editgan.studio.refusal import Refusal, not_open, unknown
from editgan.studio.schemas import Document, Entry, NewSample
from editgan.studio.settings import Settings
from editgan.studio.visitors import Visitor

PAINTED, REFINED = "painted.png", "refined.safetensors"  # of an entry
KEEP = "keep.png"  # of an entry, and of the document


class DocumentFolder(WorkedOn[Document]):
    """One document on disk."""

    kind, word, job_field = "documents", "document", "document"
    model = Document

    def interrupted(self, record: Document) -> Document:
        """One that was never opened says why."""
        if record.job is None or record.is_open or record.error:
            return record.model_copy(update={"job": None})
        error = "it was interrupted while it was opened; open it again"
        return record.model_copy(update={"job": None, "error": error, "error_code": "interrupted"})

    def opened(self) -> Document:
        """The record. Raises Refusal for a document that has no timeline yet."""
        document = self.load()
        if not document.entries:
            raise not_open()
        return document

    @property
    def original(self) -> Path:
        """The uploaded file."""
        return self.path / "original"

    def photo(self, megapixels: float) -> Original | None:
        """Upright, with all that its edited copies are to keep; None for a sample."""
        return read_original(self.original.read_bytes(), megapixels) if self.original.exists() else None

    def entry_path(self, number: int, name: str) -> Path:
        """A file of an entry."""
        return self.path / "entries" / str(number) / name

    def write_entry(self, number: int, files: dict[str, bytes]) -> None:
        """The pictures of an entry."""
        self.write(files, f"entries/{number}")

    def painted(self, entry: int) -> Region | None:
        """Where a person painted, in the edits that led to an entry."""
        path = self.entry_path(entry, PAINTED)
        return mask_from_png(path.read_bytes()) if path.exists() else None

    def keep_path(self, entry: int | None = None) -> Path:
        """What must not change: for an entry, as it was made; for the document, as it is now."""
        return self.path / KEEP if entry is None else self.entry_path(entry, KEEP)

    def keep(self, entry: int | None = None) -> Keep | None:
        """The mask at `keep_path`; None where nothing was marked."""
        path = self.keep_path(entry)
        return mask_from_png(path.read_bytes()) if path.exists() else None

    def mark(self, keep: Keep) -> Document:
        """From now on this must not change. Entries that are there stay as they are."""
        if not keep.any():
            self.keep_path().unlink(missing_ok=True)
            return self.change(keep=None)
        png = mask_to_png(keep)
        self.write({KEEP: png})
        return self.change(keep=hashlib.sha256(png).hexdigest()[:16])

    def move_marks(self, before: Framing, now: Framing) -> None:
        """Into another frame: what is to be kept stays where it is in the photo."""
        for entry in self.load().entries:
            if (keep := self.keep(entry.id)) is not None:
                self.write_entry(entry.id, {KEEP: mask_to_png(reframed(keep, before, now))})
        if (keep := self.keep()) is not None:
            self.mark(reframed(keep, before, now))

    def refined(self, entry: int) -> WPlus | None:
        """Where an entry's refinement led, so that it is shown again without its steps."""
        path = self.entry_path(entry, REFINED)
        return load_file(path)["w_plus"] if path.exists() else None


def find_entry(document: Document, number: int) -> Entry:
    """One state of the timeline. Raises Refusal where there is none."""
    for entry in document.entries:
        if entry.id == number:
            return entry
    raise unknown("entry")


def new_photo(visitor: Visitor, settings: Settings, original: bytes, **about: Any) -> DocumentFolder:
    """A photo still to be opened. Raises PhotoError for what cannot be used; then nothing is kept."""
    height, width = read_photo(original, settings.megapixels).shape[1:3]
    return _create(
        visitor, settings, {"original": original}, kind="photo", width=width, height=height, **about
    )


def new_sample(visitor: Visitor, settings: Settings, asked: NewSample, side: int) -> DocumentFolder:
    """A picture the generator is to invent."""
    about = {"kind": "sample", "width": side, "height": side, "name": f"seed {asked.seed}"}
    return _create(visitor, settings, {}, **about, **asked.model_dump())


def _create(visitor: Visitor, settings: Settings, files: dict[str, bytes], **about: Any) -> DocumentFolder:
    """Raises Refusal for a visitor who has too many."""
    if count(DocumentFolder, visitor) >= settings.documents:
        most = settings.documents
        raise Refusal(409, "limit", f"{most} photos are kept at once; delete one that you are done with")
    if visitor.used_bytes() + sum(map(len, files.values())) > settings.disk_bytes:
        raise Refusal(409, "limit", "your photos take all the space there is for them; delete some")
    document = Document(id=new_id(), view_px=settings.view_px, **about)
    return create(DocumentFolder, visitor, document, files)
