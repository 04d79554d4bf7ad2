"""A visitor's program that labels pictures."""

import io
from typing import Any

import numpy as np
from PIL import Image as PilImage
from studio.visit import BOX, JPEG, RAW, Visit

SIDE = 64


class Labelling:
    """One set of one visitor."""

    def __init__(self, visit: Visit, **asked: Any) -> None:
        self.visit = visit
        reply = visit.post("sets", json={"name": "heads", "bundle": "tiny-32"} | asked)
        assert reply.status_code == 201, reply.text
        self.id = reply.json()["id"]

    def get(self) -> dict[str, Any]:
        found: dict[str, Any] = self.visit.get(f"sets/{self.id}").json()
        return found

    def ask(self, method: str, path: str, **more: Any) -> Any:
        return self.visit.http.request(method, f"/api/sets/{self.id}/{path}", **more)

    def wait(self, reply: Any) -> dict[str, Any]:
        """The set when the job that a reply named has ended."""
        assert reply.status_code == 202, reply.text
        assert self.visit.wait(reply.json()["job"])["status"] == "done"
        return self.get()

    def add_samples(self, *seeds: int) -> dict[str, Any]:
        return self.wait(self.ask("POST", "samples", json={"seeds": seeds}))

    def send_photo(self, photo: bytes, name: str = "me.jpg", box: str | None = BOX) -> Any:
        params = {"name": name} | ({} if box is None else {"box": box})
        return self.ask("POST", "pictures", params=params, content=photo, headers=JPEG)

    def labels(self, picture: str, **params: Any) -> np.ndarray:
        reply = self.ask("GET", f"pictures/{picture}/labels", params={"format": "raw"} | params)
        assert reply.status_code == 200, reply.text
        return np.frombuffer(reply.content, np.uint8).reshape(SIDE, SIDE).copy()

    def send_labels(self, picture: str, body: bytes, kind: dict[str, str] = RAW) -> Any:
        return self.ask("PUT", f"pictures/{picture}/labels", content=body, headers=kind)

    def save(self, picture: str, labels: np.ndarray | None = None) -> dict[str, Any]:
        """What is given, else what the branch reads."""
        body = self.labels(picture) if labels is None else labels
        reply = self.send_labels(picture, body.astype(np.uint8).tobytes())
        assert reply.status_code == 200, reply.text
        found: dict[str, Any] = reply.json()
        return found

    def use(self, picture: str, *, is_test: bool) -> Any:
        return self.ask("PUT", f"pictures/{picture}/use", json={"is_test": is_test})

    def train(self, bundle: str, steps: int) -> Any:
        return self.ask("POST", "training", json={"bundle": bundle, "max_steps": steps})


def part(id_: int, name: str) -> dict[str, Any]:
    return {"id": id_, "name": name, "color": [30 * id_, 10, 200 - 30 * id_]}


def grey_photo() -> bytes:
    buffer = io.BytesIO()
    PilImage.new("RGB", (80, 60), (90, 120, 90)).save(buffer, "JPEG")
    return buffer.getvalue()
