"""Picture sets: what a visitor labels to teach a bundle's branch, on disk.

sets/ID/
    set.json             schemas.PictureSet
    pictures/P/
        source.json      where it is from: a seed, or the frame that a person gave
        original         the photo's bytes, until it has been read
        image.webp       lossless, square, label_px or the side that its generator draws, if that is more
        read.png         what the branch reads, in the set's classes
        disagreement.png where its members disagree: colours with alpha
        labels.png       what a person saved
"""

import secrets
import shutil
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from editgan.core.label_pictures import load_own_label_map
from editgan.core.types import LabelMap
from editgan.studio.bundles import schema_of
from editgan.studio.records import WorkedOn, read_record
from editgan.studio.refusal import Refusal, unknown
from editgan.studio.schemas import Box, Picture, PictureSet
from editgan.studio.visitors import ID

TEST_EVERY = 5  # of the saved pictures one measures instead of teaching, but none of the first five


class Source(BaseModel):
    """Where a picture comes from: a photo through its frame, or a seed."""

    box: Box | None = None
    seed: int | None = None
    truncation_psi: float = 0.7


class SetFolder(WorkedOn[PictureSet]):
    """One picture set on disk."""

    kind, word, job_field = "sets", "set", "picture_set"
    model = PictureSet

    def save(self, record: PictureSet) -> PictureSet:
        """With the picture that is suggested next."""
        return super().save(record.model_copy(update={"suggested": _suggested(record.pictures)}))

    def interrupted(self, record: PictureSet) -> PictureSet:
        """Its pictures that nobody will read say so."""
        lost = {"error": "it was stopped before it was read; read it again", "error_code": "interrupted"}
        pictures = [p.model_copy(update=lost) if is_waiting(p) else p for p in record.pictures]
        return record.model_copy(update={"job": None, "pictures": pictures})

    def picture_path(self, identifier: str, name: str) -> Path:
        """A file of a picture."""
        if not ID.fullmatch(identifier):
            raise unknown("picture")
        return self.path / "pictures" / identifier / name

    def add(self, name: str, source: Source, original: bytes | None = None, **about: Any) -> PictureSet:
        """A picture that is still to be read."""
        picture = Picture(id=secrets.token_urlsafe(9), name=name, **about)
        self.picture_path(picture.id, "").mkdir(parents=True)
        self.write_source(picture.id, source)
        if original is not None:
            self.write_picture(picture.id, {"original": original})
        return self.change(pictures=[*self.load().pictures, picture])

    def change_picture(self, identifier: str, **changes: Any) -> PictureSet:
        """One picture with these fields changed, in the set as it is now."""
        found = self.load()
        changed = find_picture(found, identifier).model_copy(update=changes)
        return self.change(pictures=[changed if p.id == identifier else p for p in found.pictures])

    def delete_picture(self, identifier: str) -> None:
        """With its labels."""
        gone = find_picture(found := self.load(), identifier)
        self.change(pictures=[p for p in found.pictures if p.id != gone.id])
        shutil.rmtree(self.picture_path(gone.id, ""), ignore_errors=True)

    def write_picture(self, identifier: str, files: dict[str, bytes]) -> None:
        """Files of a picture that is still there."""
        if not self.picture_path(identifier, "").is_dir():
            raise unknown("picture")
        self.write(files, f"pictures/{identifier}")

    def source(self, identifier: str) -> Source:
        """Where a picture comes from."""
        return read_record(self.picture_path(identifier, "source.json"), Source, "picture")

    def write_source(self, identifier: str, source: Source) -> None:
        """The inverse of `source`."""
        self.write_picture(identifier, {"source.json": source.model_dump_json().encode()})

    def labels(self, found: PictureSet, picture: Picture, *, read: bool = False) -> LabelMap:
        """What was saved for a picture, else (or with `read`) what the branch reads.

        Raises Refusal before it has been read.
        """
        if not picture.is_ready:
            sentence = "the picture has not been read yet; wait for its job, or read it again"
            raise Refusal(409, "not-ready", sentence)
        name = "labels.png" if picture.is_labelled and not read else "read.png"
        return load_own_label_map(self.picture_path(picture.id, name), schema_of(found.parts))


def find_picture(found: PictureSet, identifier: str) -> Picture:
    """One of its pictures. Raises Refusal where there is none."""
    for picture in found.pictures:
        if picture.id == identifier:
            return picture
    raise unknown("picture")


def is_waiting(picture: Picture) -> bool:
    """Still to be read."""
    return not picture.is_ready and picture.error is None


def is_test_by_default(found: PictureSet) -> bool:
    """Whether the picture that is saved next measures the branch instead of teaching it."""
    number = sum(p.is_labelled for p in found.pictures) + 1
    return number > TEST_EVERY and number % TEST_EVERY == 0


def _suggested(pictures: list[Picture]) -> str | None:
    """Where the ensemble disagrees most, a person's labels would teach most."""
    waiting = [p for p in pictures if p.is_ready and not p.is_labelled]
    return max(waiting, key=lambda p: p.disagreement or 0.0).id if waiting else None
