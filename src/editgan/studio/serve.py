"""Runs the studio until somebody stops it."""

import os

import torch
import uvicorn

from editgan.studio.app import create_app
from editgan.studio.settings import Settings


def serve(settings: Settings) -> None:
    """Blocks. No access log: the token may stand in an address; no proxy headers: they can be made up."""
    if "OMP_NUM_THREADS" not in os.environ:
        # One core stays free for the server and the browser: a slider gains by it, edits lose little
        torch.set_num_threads(max(1, torch.get_num_threads() - 1))
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
