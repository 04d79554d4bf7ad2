"""A studio with the tiny bundle, and programs that talk to it."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from PIL import Image as PilImage
from skimage.data import astronaut
from starlette.testclient import TestClient
from studio.visit import ADDRESS, Visit

from editgan.studio.app import create_app
from editgan.studio.settings import Settings


@pytest.fixture
def settings(saved_bundle: Path, tmp_path: Path) -> Settings:
    return Settings(
        folder=tmp_path / "studio", bundles=(saved_bundle,), view_px=64, label_px=64, device="cpu"
    )


@pytest.fixture
def serve(settings: Settings) -> Iterator[Callable[..., FastAPI]]:
    """Starts a studio whose settings differ in what is given; stopped at the end."""
    started: list[TestClient] = []

    def start(**changes: Any) -> FastAPI:
        app = create_app(replace(settings, **changes))
        client = TestClient(app, base_url=ADDRESS)
        client.__enter__()  # runs the application's lifespan: the worker
        started.append(client)
        return app

    yield start
    for client in reversed(started):
        client.__exit__(None, None, None)


@pytest.fixture
def arrive() -> Callable[[FastAPI], Visit]:
    return Visit


@pytest.fixture
def visit(serve: Callable[..., FastAPI]) -> Visit:
    """A visitor of a studio as it comes."""
    return Visit(serve())


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A JPEG of the astronaut."""
    buffer = io.BytesIO()
    PilImage.fromarray(astronaut()).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()
