"""A visitor's edit vectors: those of the bundles, and their own.

vectors/ID.safetensors    the vector
vectors/ID.json           schemas.Vector: its name here, and whether it was saved or just learnt
"""

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Literal

from editgan.core.errors import InputError
from editgan.editing.library import FOLDER
from editgan.editing.vector import EditVector
from editgan.studio.bundles import Bundles
from editgan.studio.recent import Recent
from editgan.studio.records import read_record, write_record
from editgan.studio.refusal import Refusal, unknown
from editgan.studio.schemas import Place, Vector
from editgan.studio.visitors import ID, Visitor

MAX_BYTES = 4_000_000  # of a vector file: 18 layers of 512 are 37 kB
IN_MEMORY = 512


class Library:
    """All vectors; loaded ones stay in memory, so that a slider reads no file."""

    def __init__(self, bundles: Bundles, max_vectors: int) -> None:
        self.bundles, self.max_vectors = bundles, max_vectors
        self._loaded: Recent[Path, EditVector] = Recent(IN_MEMORY)

    def infos(self, visitor: Visitor, bundle: str) -> list[Vector]:
        """The bundle's own by name, then the visitor's for it, oldest first."""
        files = (self.bundles.folder(visitor, bundle) / FOLDER).glob("*.safetensors")
        built_in = [self._built_in(bundle, path) for path in sorted(files)]
        oldest_first = sorted((visitor.folder / FOLDER).glob("*.json"), key=lambda path: path.stat().st_mtime)
        own = [read_record(path, Vector, "vector") for path in oldest_first]
        return [*built_in, *(info for info in own if info.bundle == bundle)]

    def info(self, visitor: Visitor, identifier: str) -> Vector:
        """One of either kind."""
        if (path := self._shared_path(visitor, identifier)) is not None:
            return self._built_in(identifier.rpartition("--")[0], path)
        return self._own_info(visitor, identifier)

    def path(self, visitor: Visitor, identifier: str) -> Path:
        """Its file. Raises Refusal for a vector that this visitor does not have."""
        if (path := self._shared_path(visitor, identifier)) is not None:
            return path
        return self._own_path(visitor, identifier, ".safetensors")

    def load(self, visitor: Visitor, identifier: str) -> EditVector:
        """The vector itself."""
        return self._load(self.path(visitor, identifier))

    def add(self, visitor: Visitor, vector: EditVector, *, is_saved: bool) -> Vector:
        """Takes it in as the visitor's own. Raises Refusal if they have too many."""
        if len(list((visitor.folder / FOLDER).glob("*.json"))) >= self.max_vectors:
            raise Refusal(409, "limit", f"{self.max_vectors} vectors are kept at most; delete some")
        info = _info_of(vector, "v" + secrets.token_hex(8), "own", is_saved=is_saved)
        vector.save(visitor.folder / FOLDER / f"{info.id}.safetensors")
        return write_record(visitor.folder / FOLDER / f"{info.id}.json", info)

    def upload(self, visitor: Visitor, bundle: str, data: bytes, name: str) -> Vector:
        """A file that a person sent. Raises Refusal unless it is a vector for that bundle."""
        if len(data) > MAX_BYTES:
            raise Refusal(413, "too-large", f"an edit vector has a few kB, got {len(data)} bytes")
        try:
            vector = EditVector.from_bytes(data)
            vector.check_fit(self.bundles.editor(visitor, bundle).bundle)
        except InputError as error:
            raise Refusal(422, "vector", str(error)) from None
        return self.add(visitor, replace(vector, name=name or vector.name[:80]), is_saved=True)

    def rename(self, visitor: Visitor, identifier: str, name: str) -> Vector:
        """The visitor's own, from now on saved under that name."""
        path = self._own_path(visitor, identifier, ".safetensors")
        replace(self._load(path), name=name).save(path)
        self._loaded.forget(lambda loaded: loaded == path)
        info = self._own_info(visitor, identifier).model_copy(update={"name": name, "is_saved": True})
        return write_record(path.with_suffix(".json"), info)

    def delete(self, visitor: Visitor, identifier: str) -> None:
        """Takes it off the list. The file stays: entries of a timeline may still use it."""
        self._own_path(visitor, identifier, ".json").unlink()

    def _own_info(self, visitor: Visitor, identifier: str) -> Vector:
        return read_record(self._own_path(visitor, identifier, ".json"), Vector, "vector")

    def _own_path(self, visitor: Visitor, identifier: str, suffix: str) -> Path:
        path = visitor.folder / FOLDER / f"{identifier}{suffix}"
        if not ID.fullmatch(identifier) or not path.is_file():
            raise unknown("vector")
        return path

    def _shared_path(self, visitor: Visitor, identifier: str) -> Path | None:
        """BUNDLE--NAME as a file of that bundle; None for what is no such vector."""
        bundle, _, name = identifier.rpartition("--")
        if not ID.fullmatch(identifier) or not bundle:
            return None
        try:
            path = self.bundles.folder(visitor, bundle) / FOLDER / f"{name}.safetensors"
        except Refusal:
            return None
        return path if path.is_file() else None

    def _built_in(self, bundle: str, path: Path) -> Vector:
        info = _info_of(self._load(path), f"{bundle}--{path.stem}", "built-in", is_saved=True)
        return info.model_copy(update={"bundle": bundle})

    def _load(self, path: Path) -> EditVector:
        return self._loaded.find(path) or self._loaded.put(path, EditVector.load(path))


def _info_of(
    vector: EditVector, identifier: str, source: Literal["built-in", "own"], *, is_saved: bool
) -> Vector:
    at = vector.place
    return Vector(
        id=identifier,
        name=vector.name,
        bundle=vector.bundle,
        opposite=vector.opposite,
        source=source,
        is_saved=is_saved,
        classes=list(vector.classes),
        strengths=vector.strengths,
        place=None if at is None else Place(left=at.left, top=at.top, right=at.right, bottom=at.bottom),
    )
