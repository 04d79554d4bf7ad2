"""Documents: a visitor's photo, opened, and the timeline of what was done to it.

    documents/ID/
        document.json        schemas.Document
        original             the bytes that were uploaded
        entries/N/           image.webp, labels.png, heat.png; painted.png where a person painted

Only the worker's thread changes a document; everybody may read it, since files are replaced as a whole.
"""

import secrets
import time
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from editgan.bundle.opened import Fidelity
from editgan.core.files import replacing, write_json
from editgan.data.opening import read_photo
from editgan.studio.refusal import Refusal, unknown
from editgan.studio.schemas import Box, Document, Entry, NewSample
from editgan.studio.settings import Settings
from editgan.studio.visitors import Visitor

KIND = "documents"


def create_document(visitor: Visitor, settings: Settings, original: bytes | None, **about: Any) -> Document:
    """A document that is still to be opened. Raises Refusal for a visitor who has too many."""
    if sum(1 for _ in (visitor.folder / KIND).glob("*/document.json")) >= settings.documents:
        raise Refusal(
            409, "limit", f"{settings.documents} photos are kept at once; delete one that you are done with"
        )
    if visitor.used_bytes() + len(original or b"") > settings.disk_bytes:
        raise Refusal(409, "limit", "your photos take all the space there is for them; delete some")
    document = Document(
        **{
            "id": secrets.token_urlsafe(12),
            "seed": None,
            "truncation_psi": 0.7,
            "is_open": False,
            "fidelity": "standard",
            "box": None,
            "frame": None,
            "view_px": settings.view_px,
            "reconstruction_psnr_db": None,
            "warning": None,
            "error": None,
            "error_code": None,
            "job": None,
            "entries": [],
            "current": 0,
            "created": time.time(),
        }
        | about
    )
    folder = visitor.folder / KIND / document.id
    folder.mkdir(parents=True)
    if original is not None:
        (folder / "original").write_bytes(original)
    save_document(folder, document)
    return document


def new_photo(
    visitor: Visitor,
    settings: Settings,
    original: bytes,
    *,
    bundle: str,
    name: str,
    box: Box | None,
    fidelity: Fidelity,
) -> Document:
    """Raises PhotoError for what cannot be used; then nothing is kept."""
    pixels = read_photo(original, settings.megapixels)
    height, width = pixels.shape[1:3]
    return create_document(
        visitor,
        settings,
        original,
        kind="photo",
        bundle=bundle,
        name=name,
        box=box,
        fidelity=fidelity,
        width=width,
        height=height,
    )


def new_sample(visitor: Visitor, settings: Settings, asked: NewSample, side: int) -> Document:
    """A picture the generator is to invent."""
    about = {"kind": "sample", "width": side, "height": side, "name": f"seed {asked.seed}"}
    return create_document(visitor, settings, None, **about, **asked.model_dump())


def load_document(folder: Path) -> Document:
    """Raises Refusal where there is none, or none any more."""
    try:
        return Document.model_validate_json((folder / "document.json").read_bytes())
    except (OSError, ValidationError):
        raise unknown("document") from None


def list_documents(visitor: Visitor) -> list[Document]:
    """Newest first."""
    found = []
    for folder in (visitor.folder / KIND).glob("*"):
        try:
            found.append(load_document(folder))
        except Refusal:
            continue  # being deleted
    return sorted(found, key=lambda document: document.created, reverse=True)


def save_document(folder: Path, document: Document) -> Document:
    """Written whole or not at all; gives it back. A document that was deleted meanwhile stays so."""
    if not folder.is_dir():
        raise unknown("document")
    write_json(folder / "document.json", document.model_dump(mode="json"))
    return document


def change_document(folder: Path, **changes: Any) -> Document:
    """The document as it is now, with these fields changed."""
    return save_document(folder, load_document(folder).model_copy(update=changes))


def find_entry(document: Document, number: int) -> Entry:
    """One state of the timeline. Raises Refusal where there is none."""
    for entry in document.entries:
        if entry.id == number:
            return entry
    raise unknown("entry")


def next_number(folder: Path) -> int:
    """For the next entry of the timeline."""
    return max(entry.id for entry in load_document(folder).entries) + 1


def entry_folder(folder: Path, number: int) -> Path:
    """Where its pictures are."""
    return folder / "entries" / str(number)


def write_entry(folder: Path, number: int, files: dict[str, bytes]) -> None:
    """The pictures of an entry; each file whole or not at all."""
    if not folder.is_dir():
        raise unknown("document")
    for name, data in files.items():
        with replacing(entry_folder(folder, number) / name) as scratch:
            scratch.write_bytes(data)
