"""Long work: poll it, listen to it, stop it. Batches, too."""

import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse, StreamingResponse

from editgan.studio.access import StudioHere, Visiting
from editgan.studio.batches import BatchFolder
from editgan.studio.refusal import unknown
from editgan.studio.schemas import Batch, Job, NewBatch
from editgan.studio.work import Work

router = APIRouter()


async def _work(job: str, studio: StudioHere, visitor: Visiting) -> Work:
    work = studio.worker.find(job, visitor.key)
    if work is None:
        raise unknown("job")
    work.seen = time.monotonic()
    return work


WorkHere = Annotated[Work, Depends(_work)]


@router.get("/jobs/{job}", tags=["jobs"])
def get_job(work: WorkHere) -> Job:
    """How far it is. A job that nobody asks for any more is stopped after half a minute."""
    return work.job


@router.delete("/jobs/{job}", tags=["jobs"])
def stop_job(work: WorkHere, studio: StudioHere) -> Job:
    """A waiting job goes away; a running edit ends at its next step and keeps its best so far."""
    studio.worker.stop(work)
    return work.job


@router.get(
    "/jobs/{job}/events",
    tags=["jobs"],
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "`event: job`, data: JobEvent"}},
)
async def listen(work: WorkHere) -> StreamingResponse:
    """Server-sent events until the job ends: state, new steps with their terms, and pictures on the way."""

    async def lines() -> AsyncIterator[str]:
        async for event in work.events():
            yield ": still here\n\n" if event is None else f"event: job\ndata: {event.model_dump_json()}\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream")


@router.post("/batches", status_code=202, tags=["batches"])
async def start_batch(asked: NewBatch, studio: StudioHere, visitor: Visiting) -> Batch:
    """The same composition on several photos; those that are not open yet are opened first."""
    return await studio.quick(lambda: studio.batches.start(visitor, asked))


@router.get("/batches/{batch}", tags=["batches"])
def get_batch(batch: str, visitor: Visiting) -> Batch:
    """Which photos are done, and which could not be."""
    return BatchFolder(visitor, batch).load()


@router.get("/batches/{batch}/results", tags=["batches"], response_class=FileResponse)
def get_results(batch: str, visitor: Visiting) -> FileResponse:
    """A ZIP of the results so far, each at its photo's own size."""
    path = BatchFolder(visitor, batch).archive()
    return FileResponse(path, media_type="application/zip", filename="edited.zip")
