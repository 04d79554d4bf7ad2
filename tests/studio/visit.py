"""A visitor's program, and the pictures it sends."""

import io
import time
from typing import Any

import numpy as np
from fastapi import FastAPI
from PIL import Image as PilImage
from starlette.testclient import TestClient

from editgan.studio.access import VISITOR_COOKIE, Studio

ADDRESS = "http://localhost"
RAW = {"content-type": "application/octet-stream"}
JPEG = {"content-type": "image/jpeg"}
BOX = "164,60,120,120"  # the astronaut's face
EMBEDDED: dict[str, bytes] = {}  # files of visitors' caches: the same photo is not embedded by every test


class Visit:
    """One visitor's program, for a bundle whose label maps have this side."""

    def __init__(self, app: FastAPI, bundle: str = "tiny-32", side: int = 32) -> None:
        self.bundle, self.side = bundle, side
        self.studio: Studio = app.state.studio
        self.http = TestClient(app, base_url=ADDRESS, raise_server_exceptions=True)
        assert self.http.post("/api/visitors").status_code == 204

    def get(self, path: str, **more: Any) -> Any:
        return self.http.get(f"/api/{path}", **more)

    def post(self, path: str, **more: Any) -> Any:
        return self.http.post(f"/api/{path}", **more)

    def wait(self, job: str, seconds: float = 60) -> dict[str, Any]:
        """The job at its end."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found: dict[str, Any] = self.get(f"jobs/{job}").json()
            if found["status"] in ("done", "stopped", "failed"):
                return found
            time.sleep(0.02)
        raise AssertionError(f"the job is still {found}")

    def open(self, photo: bytes, name: str = "me.jpg", box: str = BOX) -> dict[str, Any]:
        """A document, open: as if the visitor had opened it before, if another test of this process has."""
        visitor = self.studio.visitors.find(self.http.cookies[VISITOR_COOKIE])
        assert visitor is not None
        cache = visitor.folder / "cache"
        cache.mkdir(exist_ok=True)
        for file, data in EMBEDDED.items():
            (cache / file).write_bytes(data)
        asked = {"bundle": self.bundle, "name": name, "box": box}
        reply = self.post("documents", params=asked, content=photo, headers=JPEG)
        assert reply.status_code == 202, reply.text
        assert self.wait(reply.json()["job"])["status"] == "done"
        EMBEDDED.update({path.name: path.read_bytes() for path in cache.glob("*.safetensors")})
        return self.document(reply.json()["id"])

    def sample(self, seed: int = 0) -> dict[str, Any]:
        """The same of a picture that the generator invents."""
        reply = self.post("samples", json={"bundle": self.bundle, "seed": seed})
        assert reply.status_code == 202, reply.text
        assert self.wait(reply.json()["job"])["status"] == "done"
        return self.document(reply.json()["id"])

    def document(self, identifier: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"documents/{identifier}").json()
        return found

    def labels(self, identifier: str, entry: int) -> np.ndarray:
        raw = self.get(f"documents/{identifier}/entries/{entry}/labels", params={"format": "raw"}).content
        return np.frombuffer(raw, np.uint8).reshape(self.side, self.side).copy()

    def start_edit(self, identifier: str, target: np.ndarray, **params: Any) -> Any:
        return self.post(
            f"documents/{identifier}/edits", params=params, content=target.tobytes(), headers=RAW
        )

    def edit(self, identifier: str, target: np.ndarray, **params: Any) -> dict[str, Any]:
        """The job of a repainting, at its end."""
        reply = self.start_edit(identifier, target, **({"steps": 5} | params))
        assert reply.status_code == 202, reply.text
        return self.wait(reply.json()["id"])

    def result(self, identifier: str, entry: int, format_: str = "png") -> bytes:
        reply = self.get(f"documents/{identifier}/entries/{entry}/result", params={"format": format_})
        assert reply.status_code == 200, reply.text
        content: bytes = reply.content
        return content


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(PilImage.open(io.BytesIO(data)).convert("RGB"))


def repainted(labels: np.ndarray) -> np.ndarray:
    """A few more rows of the class that comes first: something every label map allows."""
    target = labels.copy()
    target[8:16, 8:24] = (labels[8:16, 8:24] + 1) % 5
    return target
