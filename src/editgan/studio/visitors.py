"""Visitors: who they are, and the folder where everything of theirs lies.

A visitor is a random token in a cookie. On disk is only its hash: a listing of the folder lets nobody in.

    ROOT/visitors/HASH/
        seen                 touched when the visitor asks for something
        documents/ID/        see documents.py
        vectors/             see library.py
        cache/               embeddings
        batches/ID/  sets/ID/  bundles/NAME/
"""

import hashlib
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from editgan.studio.refusal import Refusal, unknown

TOUCH_SECONDS = 60.0
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Visitor:
    """One visitor's place."""

    key: str  # 32 hex digits
    folder: Path

    def path(self, kind: str, identifier: str, word: str) -> Path:
        """The folder of a thing of theirs, which is called `word`. Raises Refusal unless it is there."""
        if not ID.fullmatch(identifier) or not (path := self.folder / kind / identifier).is_dir():
            raise unknown(word)
        return path

    def used_bytes(self) -> int:
        """Of disk, by everything of theirs."""
        return used_bytes(self.folder)


class Visitors:
    """All visitors of a studio."""

    def __init__(self, folder: Path, max_visitors: int) -> None:
        self.folder, self.max_visitors = folder / "visitors", max_visitors

    def create(self) -> str:
        """A new visitor's token. Raises Refusal when the house is full."""
        if self.folder.is_dir() and sum(1 for _ in self.folder.iterdir()) >= self.max_visitors:
            raise Refusal(503, "busy", "the studio has too many visitors just now; try again later")
        token = secrets.token_urlsafe(32)
        self._at(token).folder.mkdir(parents=True, mode=0o700)
        self._touch(self._at(token))
        return token

    def find(self, token: str | None) -> Visitor | None:
        """Whose token it is, if anybody's; notes that they were here."""
        if token is None or not ID.fullmatch(token):
            return None
        visitor = self._at(token)
        if not visitor.folder.is_dir():
            return None
        self._touch(visitor)
        return visitor

    def delete(self, visitor: Visitor) -> None:
        """Everything of theirs."""
        shutil.rmtree(visitor.folder, ignore_errors=True)

    def prune(self, kept_hours: float) -> list[Visitor]:
        """Deletes those who have not been here for so long; gives them."""
        gone = []
        oldest = time.time() - kept_hours * 3600
        for folder in self.folder.glob("*"):
            seen = folder / "seen"
            if (seen if seen.exists() else folder).stat().st_mtime < oldest:
                visitor = Visitor(folder.name, folder)
                self.delete(visitor)
                gone.append(visitor)
        return gone

    def _at(self, token: str) -> Visitor:
        key = hashlib.sha256(token.encode()).hexdigest()[:32]
        return Visitor(key, self.folder / key)

    def _touch(self, visitor: Visitor) -> None:
        seen = visitor.folder / "seen"
        if not seen.exists() or time.time() - seen.stat().st_mtime > TOUCH_SECONDS:
            seen.touch()


def used_bytes(folder: Path) -> int:
    """Of disk, by all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
