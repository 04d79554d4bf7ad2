"""A run's folder: config.json, stats.jsonl, samples/, checkpoint.pt; resume by opening it again."""

import json
import math
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from editgan.core.config import to_json
from editgan.core.errors import InputError
from editgan.core.files import read_json, replacing, write_json


class RunFolder:
    """One training run on disk.

    Opening a folder that holds another configuration, or learns from other photos, is refused: continuing it
    would mix two runs.
    """

    def __init__(
        self, path: Path, config: Any, *, made_for: str | None = None, photos: str | None = None
    ) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        given = {"made_for": made_for, "photos": photos}
        settings = to_json(config) | {name: value for name, value in given.items() if value is not None}
        asked = json.loads(json.dumps({type(config).__name__: settings}))
        file = path / "config.json"
        if file.exists():
            if (found := read_json(file)) != asked:
                what = f"{path} holds a run with other settings{_difference(found, asked)}"
                raise InputError(what, "choose another folder", code="other-settings")
        else:
            write_json(file, asked)

    @contextmanager
    def locked(self, *, held: bool = True) -> Iterator[None]:
        """Nobody else trains here within the block; with `held` False nothing is locked (a helper process).

        Raises:
            InputError: somebody else does.
        """
        lock = FileLock(self.path / ".lock", timeout=0)
        try:
            if held:
                lock.acquire()
        except Timeout:
            raise InputError(
                f"another process is training in {self.path}",
                "wait for it, stop it, or choose another folder",
                code="being-trained",
            ) from None
        try:
            yield
        finally:
            lock.release()

    @property
    def checkpoint(self) -> Path:
        """What a resumed run starts from."""
        return self.path / "checkpoint.pt"

    def save(self, state: dict[str, Any]) -> None:
        """Atomic: a run killed while saving resumes from the checkpoint before."""
        for torso in self.path.glob(f".{self.checkpoint.stem}-*{self.checkpoint.suffix}"):
            torso.unlink(missing_ok=True)  # what such a run left behind
        with replacing(self.checkpoint) as scratch:
            torch.save(state, scratch)

    def load(self) -> dict[str, Any] | None:
        """The last checkpoint, or None for a fresh run."""
        if not self.checkpoint.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        except (RuntimeError, EOFError, LookupError, ValueError, pickle.UnpicklingError):
            raise InputError(f"{self.checkpoint} is damaged; delete it to start this run afresh") from None
        return state

    @property
    def stats(self) -> Path:
        """One JSON object a line, one line per logging interval."""
        return self.path / "stats.jsonl"

    def log(self, row: dict[str, float]) -> None:
        """One more line in stats.jsonl."""
        with self.stats.open("a") as file:
            file.write(json.dumps(row) + "\n")

    def rewind(self, images: int) -> None:
        """Drops what stats.jsonl says of later than `images`: a killed run logged more than it saved."""
        if not self.stats.exists():
            return
        lines = self.stats.read_text().splitlines()
        with replacing(self.stats) as scratch:
            scratch.write_text("".join(line + "\n" for line in lines if _logged_at(line) <= images))


def _logged_at(line: str) -> float:
    try:
        return float(json.loads(line)["images"])
    except (ValueError, KeyError, TypeError):
        return math.inf  # torn by the kill


def _difference(found: Any, asked: Any) -> str:
    (before,), (after,) = found.values(), asked.values()
    if found.keys() != asked.keys() or not isinstance(before, dict):
        return ""
    names = [k for k in after if before.get(k) != after[k]]
    return f" ({', '.join(f'{k} is {before.get(k)}, asked for {after[k]}' for k in names[:3])})"
