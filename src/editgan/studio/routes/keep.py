"""What must not change: marked on a photo, and kept byte for byte by what is made of it from then on."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Response
from fastapi.concurrency import run_in_threadpool

from editgan.studio.access import DocumentHere, EntryHere, StudioHere
from editgan.studio.encoding import decode_keep
from editgan.studio.routes import replies
from editgan.studio.routes.documents import ENTRY, LabelBytes
from editgan.studio.schemas import Document

router = APIRouter(tags=["edits"])


@router.put("/documents/{document}/keep")
async def mark(
    document: DocumentHere, body: LabelBytes, studio: StudioHere, content_type: Annotated[str, Header()]
) -> Document:
    """What must not change from now on: a square of the aligned frame, at any side up to 512 px.

    Raw bytes, 0 where things may change, or a picture, white where they must not. All 0 or black: nothing is
    marked. Entries that are there stay as they were made, and other photos are not concerned.
    """
    keep = await run_in_threadpool(decode_keep, body, content_type)

    def act() -> Document:
        document.opened()
        document.mark(keep)
        return document.view(studio.worker)

    return await studio.quick(act)


@router.get("/documents/{document}/keep", response_class=Response)
def get_keep(document: DocumentHere, format: Literal["raw", "png"] = "png") -> Response:
    """What must not change, as it is marked now: a PNG, white there, or a byte a pixel, 1 there."""
    return replies.mask(document.keep_path(), format)


@router.get(f"{ENTRY}/keep", response_class=Response)
def get_entry_keep(
    document: DocumentHere, entry: EntryHere, format: Literal["raw", "png"] = "png"
) -> Response:
    """What was marked when the entry was made."""
    return replies.mask(document.keep_path(entry.id), format)
