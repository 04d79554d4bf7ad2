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

Only the worker's thread changes a set; everybody may read it, since files are replaced as a whole.
"""

import secrets
import time
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from editgan.core.files import replacing, write_json
from editgan.core.labels import load_label_map
from editgan.core.types import LabelMap
from editgan.studio.bundles import schema_of
from editgan.studio.refusal import Refusal, unknown
from editgan.studio.schemas import Box, Parts, Picture, PictureSet
from editgan.studio.settings import Settings
from editgan.studio.visitors import ID, Visitor

KIND = "sets"
TEST_EVERY = 5  # of the saved pictures one measures instead of teaching, but none of the first five


class Source(BaseModel):
    """Where a picture comes from: a photo through its frame, or a seed."""

    box: Box | None = None
    seed: int | None = None
    truncation_psi: float = 0.7


def create_set(
    visitor: Visitor, settings: Settings, name: str, bundle: str, parts: Parts, *, label_px: int
) -> PictureSet:
    """A set without pictures. Raises Refusal for a visitor who has too many, LabelError for odd parts."""
    schema_of(parts)
    if sum(1 for _ in (visitor.folder / KIND).glob("*/set.json")) >= settings.sets:
        raise Refusal(409, "limit", f"{settings.sets} sets are kept at once; delete one you are done with")
    found = PictureSet(
        id=secrets.token_urlsafe(12),
        name=name,
        bundle=bundle,
        parts=parts,
        label_px=label_px,
        pictures=[],
        suggested=None,
        job=None,
        measured=None,
        created=time.time(),
    )
    folder = visitor.folder / KIND / found.id
    folder.mkdir(parents=True)
    return save_set(folder, found)


def load_set(folder: Path) -> PictureSet:
    """Raises Refusal where there is none, or none any more."""
    try:
        return PictureSet.model_validate_json((folder / "set.json").read_bytes())
    except (OSError, ValidationError):
        raise unknown("set") from None


def list_sets(visitor: Visitor) -> list[PictureSet]:
    """Newest first."""
    found = []
    for folder in (visitor.folder / KIND).glob("*"):
        try:
            found.append(load_set(folder))
        except Refusal:
            continue  # being deleted
    return sorted(found, key=lambda each: each.created, reverse=True)


def save_set(folder: Path, found: PictureSet) -> PictureSet:
    """Written whole or not at all; gives it back. A set that was deleted meanwhile stays so."""
    if not folder.is_dir():
        raise unknown("set")
    found = found.model_copy(update={"suggested": _suggested(found.pictures)})
    write_json(folder / "set.json", found.model_dump(mode="json"))
    return found


def change_set(folder: Path, **changes: Any) -> PictureSet:
    """The set as it is now, with these fields changed."""
    return save_set(folder, load_set(folder).model_copy(update=changes))


def _suggested(pictures: list[Picture]) -> str | None:
    """Where the ensemble disagrees most, a person's labels would teach most."""
    waiting = [p for p in pictures if p.is_ready and not p.is_labelled]
    return max(waiting, key=lambda p: p.disagreement or 0.0).id if waiting else None


def find_picture(found: PictureSet, identifier: str) -> Picture:
    """One of its pictures. Raises Refusal where there is none."""
    for picture in found.pictures:
        if picture.id == identifier:
            return picture
    raise unknown("picture")


def picture_folder(folder: Path, identifier: str) -> Path:
    """Where its files are."""
    if not ID.fullmatch(identifier):
        raise unknown("picture")
    return folder / "pictures" / identifier


def change_picture(folder: Path, identifier: str, **changes: Any) -> PictureSet:
    """One picture with these fields changed, in the set as it is now."""
    found = load_set(folder)
    find_picture(found, identifier)
    pictures = [p.model_copy(update=changes) if p.id == identifier else p for p in found.pictures]
    return save_set(folder, found.model_copy(update={"pictures": pictures}))


def write_picture(folder: Path, identifier: str, files: dict[str, bytes]) -> None:
    """Files of a picture that is still there; each whole or not at all."""
    if not picture_folder(folder, identifier).is_dir():
        raise unknown("picture")
    for name, data in files.items():
        with replacing(picture_folder(folder, identifier) / name) as scratch:
            scratch.write_bytes(data)


def add_picture(
    folder: Path,
    name: str,
    source: Source,
    original: bytes | None = None,
    photo_size: tuple[int, int] | None = None,
) -> PictureSet:
    """A picture that is still to be read."""
    picture = Picture(
        id=secrets.token_urlsafe(9),
        name=name,
        is_ready=False,
        is_labelled=False,
        is_test=False,
        disagreement=None,
        error=None,
        error_code=None,
        photo_size=photo_size,
    )
    found = load_set(folder)
    picture_folder(folder, picture.id).mkdir(parents=True)
    files = {"source.json": source.model_dump_json().encode()}
    write_picture(folder, picture.id, files if original is None else files | {"original": original})
    return save_set(folder, found.model_copy(update={"pictures": [*found.pictures, picture]}))


def source_of(folder: Path, identifier: str) -> Source:
    """Where a picture comes from."""
    return Source.model_validate_json((picture_folder(folder, identifier) / "source.json").read_bytes())


def labels_of(folder: Path, found: PictureSet, picture: Picture) -> LabelMap:
    """What was saved for a picture, else what the branch reads. Raises Refusal before it has been read."""
    if not picture.is_ready:
        raise Refusal(
            409, "not-ready", "the picture has not been read yet; wait for its job, or read it again"
        )
    name = "labels.png" if picture.is_labelled else "read.png"
    return load_label_map(picture_folder(folder, picture.id) / name, schema_of(found.parts))


def is_test_by_default(found: PictureSet) -> bool:
    """Whether the picture that is saved next measures the branch instead of teaching it."""
    number = sum(p.is_labelled for p in found.pictures) + 1
    return number > TEST_EVERY and number % TEST_EVERY == 0
