"""What routes have at hand: the studio, the visitor who asks, and what of theirs the address names."""

import asyncio
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Request, Response

from editgan.studio.annotation_room import AnnotationRoom
from editgan.studio.batches import Batches, plain_name
from editgan.studio.bundles import Bundles
from editgan.studio.desk import Desk
from editgan.studio.documents import DocumentFolder, find_entry
from editgan.studio.edit_room import EditRoom
from editgan.studio.library import Library
from editgan.studio.picture_sets import SetFolder
from editgan.studio.refusal import Refusal
from editgan.studio.schemas import Box, Entry
from editgan.studio.settings import Settings
from editgan.studio.visitors import Visitor, Visitors
from editgan.studio.work import Worker

T = TypeVar("T")
VISITOR_COOKIE = "editgan_visitor"


class Studio:
    """Everything that outlives a request."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.worker = Worker(settings.jobs, settings.jobs_each)
        self.visitors = Visitors(settings.folder, settings.visitors)
        self.bundles = Bundles(settings)
        self.library = Library(self.bundles, settings.vectors)
        self.desk = Desk(settings, self.bundles, self.library)
        self.edit_room = EditRoom(self.worker, self.desk)
        self.batches = Batches(self.edit_room, settings.batch)
        self.annotation_room = AnnotationRoom(self.worker, self.bundles, settings)

    async def quick(self, act: Callable[[], T]) -> T:
        """On the worker's thread, before the next step of whatever runs there."""
        return await asyncio.wrap_future(self.worker.quick(act))


# Not `async` where a file is read: such dependencies take a thread of their own


async def _studio(request: Request) -> Studio:
    found: Studio = request.app.state.studio
    return found


StudioHere = Annotated[Studio, Depends(_studio)]


async def _visitor(request: Request, studio: StudioHere) -> Visitor:
    visitor = studio.visitors.find(request.cookies.get(VISITOR_COOKIE))
    if visitor is None:
        raise Refusal(401, "visitor", "say hello first: POST /api/visitors sets the cookie that is you")
    return visitor


Visiting = Annotated[Visitor, Depends(_visitor)]


async def _document(document: str, visitor: Visiting) -> DocumentFolder:
    return DocumentFolder(visitor, document)


DocumentHere = Annotated[DocumentFolder, Depends(_document)]


def _entry(entry: int, document: DocumentHere) -> Entry:
    return find_entry(document.load(), entry)


EntryHere = Annotated[Entry, Depends(_entry)]


async def _set(identifier: str, visitor: Visiting) -> SetFolder:
    return SetFolder(visitor, identifier)


SetHere = Annotated[SetFolder, Depends(_set)]


async def _photo_name(name: Annotated[str, Query(max_length=200)] = "photo") -> str:
    return plain_name(name) or "photo"


PhotoName = Annotated[str, Depends(_photo_name)]


async def _box(box: str | None = None) -> Box | None:
    """x,y,w,h in the photo's pixels. Raises Refusal for anything else."""
    if box is None:
        return None
    try:
        x, y, w, h = (float(part) for part in box.split(","))
    except ValueError:
        raise Refusal(422, "box", f"box takes x,y,w,h in the photo's pixels, got {box[:80]!r}") from None
    return x, y, w, h


BoxHere = Annotated[Box | None, Depends(_box)]


def greet(request: Request, response: Response, studio: Studio) -> None:
    """A new visitor gets a cookie; one who is known keeps theirs."""
    if studio.visitors.find(request.cookies.get(VISITOR_COOKIE)) is None:
        response.set_cookie(
            VISITOR_COOKIE,
            studio.visitors.create(),
            httponly=True,
            samesite="strict",
            path="/",
            secure=request.url.scheme == "https",
        )
