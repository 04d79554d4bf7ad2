"""The web application, made from settings; nothing happens when this module is imported."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from editgan.core.errors import EditGANError
from editgan.studio.access import Studio, StudioHere, greet
from editgan.studio.guard import Guard
from editgan.studio.refusal import Refusal
from editgan.studio.routes import documents, jobs, keep, sets, vectors, visiting
from editgan.studio.schemas import Problem
from editgan.studio.settings import Settings

log = logging.getLogger("editgan.studio")
WEB = Path(__file__).parent / "web"
TIDY_SECONDS = 5.0


def create_app(settings: Settings) -> FastAPI:
    """A studio that starts its worker with the server and stops it with it."""
    app = FastAPI(
        title="EditGAN studio",
        version=version("editgan"),
        description="Semantic image editing by painting. docs/api.md tells the story with curl.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # FastAPI's own page loads its script from another site
        redoc_url=None,
        lifespan=_lifespan,
        responses={"4XX": {"model": Problem}},
    )
    app.state.studio = Studio(settings)
    app.add_middleware(Guard, settings=settings)
    for kind in (Refusal, EditGANError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _answer)
    for routes in (visiting, documents, keep, vectors, jobs, sets):
        app.include_router(routes.router, prefix="/api")

    @app.get("/", include_in_schema=False)
    def page(request: Request, studio: StudioHere) -> FileResponse:
        response = FileResponse(WEB / "index.html")
        greet(request, response, studio)
        return response

    @app.get("/api/docs", include_in_schema=False)
    def docs() -> FileResponse:
        return FileResponse(WEB / "api.html")

    app.mount("/web", StaticFiles(directory=WEB), name="web")
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    studio: Studio = app.state.studio
    studio.worker.start()
    tidying = asyncio.create_task(_tidy(studio))
    try:
        yield
    finally:
        tidying.cancel()
        await asyncio.to_thread(studio.worker.close)


async def _tidy(studio: Studio) -> None:
    """Stops abandoned jobs, and deletes what visitors who are long gone left behind."""
    while True:
        try:
            studio.worker.tidy(studio.settings.abandoned_seconds)
            await asyncio.to_thread(studio.visitors.prune, studio.settings.kept_hours)
        except Exception:
            log.exception("tidying up failed")
        await asyncio.sleep(TIDY_SECONDS)


def _answer(request: Request, error: Exception) -> Response:
    """A sentence and a code for everything that a client can cause."""
    match error:
        case Refusal():
            return _problem(error.status, error.code, error.error)
        case EditGANError():
            return _problem(422, error.code, str(error), **error.fields)
        case RequestValidationError():  # the first thing that does not fit; what came may be large
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"][1:]) or "the body"
            return _problem(422, "request", f"{where}: {first['msg']}")
        case HTTPException():
            return _problem(error.status_code, "http", str(error.detail))
    raise error


def _problem(status: int, code: str, error: str, **fields: Any) -> JSONResponse:
    return JSONResponse(Problem(error=error, code=code, fields=fields).model_dump(), status)
