"""What routes have at hand: the studio, the visitor who asks, and the worker's fast lane."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Request, Response

from editgan.studio.annotation_room import AnnotationRoom
from editgan.studio.batches import Batches
from editgan.studio.bundles import Bundles
from editgan.studio.desk import Desk
from editgan.studio.documents import KIND, load_document
from editgan.studio.edit_room import EditRoom
from editgan.studio.library import Library
from editgan.studio.refusal import Refusal
from editgan.studio.schemas import Document
from editgan.studio.settings import Settings
from editgan.studio.visitors import Visitor, Visitors
from editgan.studio.work import Worker

T = TypeVar("T")
VISITOR_COOKIE = "editgan_visitor"


@dataclass(frozen=True, slots=True)
class Studio:
    """Everything that outlives a request."""

    settings: Settings
    worker: Worker
    visitors: Visitors
    bundles: Bundles
    library: Library
    desk: Desk
    edit_room: EditRoom
    batches: Batches
    annotation_room: AnnotationRoom

    async def quick(self, act: Callable[[], T]) -> T:
        """On the worker's thread, before the next step of whatever runs there."""
        return await asyncio.wrap_future(self.worker.quick(act))


def _studio(request: Request) -> Studio:
    found: Studio = request.app.state.studio
    return found


def _visitor(request: Request) -> Visitor:
    visitors = _studio(request).visitors
    visitor = visitors.find(request.cookies.get(VISITOR_COOKIE))
    if visitor is None:
        raise Refusal(401, "visitor", "say hello first: POST /api/visitors sets the cookie that is you")
    return visitor


StudioHere = Annotated[Studio, Depends(_studio)]
Visiting = Annotated[Visitor, Depends(_visitor)]


def greet(request: Request, response: Response) -> None:
    """A new visitor gets a cookie; one who is known keeps theirs."""
    visitors = _studio(request).visitors
    if visitors.find(request.cookies.get(VISITOR_COOKIE)) is None:
        response.set_cookie(
            VISITOR_COOKIE,
            visitors.create(),
            httponly=True,
            samesite="strict",
            path="/",
            secure=request.url.scheme == "https",
        )


def document_of(studio: Studio, visitor: Visitor, identifier: str) -> Document:
    """As clients see it: a job that is over, or was lost in a restart, is none."""
    document = load_document(visitor.path(KIND, identifier))
    if document.job is None:
        return document
    work = studio.worker.find(document.job, visitor.key)
    if work is not None and not work.is_over:
        return document
    lost = None if document.is_open or document.error else "it was interrupted while it was opened"
    return document.model_copy(
        update={
            "job": None,
            "error": document.error or (lost and f"{lost}; open it again"),
            "error_code": document.error_code or (lost and "interrupted"),
        }
    )
