"""Runs the studio until somebody stops it."""

import uvicorn

from editgan.studio.app import create_app
from editgan.studio.settings import Settings


def serve(settings: Settings) -> None:
    """Blocks. No access log: the token may stand in an address; no proxy headers: they can be made up."""
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=3,  # seconds: event streams would hold it up for ever
    )
