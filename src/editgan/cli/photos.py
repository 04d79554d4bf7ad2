"""The photos a person names: files, folders of them, or `-`, which is standard input."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Annotated

from typer import Argument

from editgan.core.errors import InputError, PhotoError
from editgan.data.photos import is_photo

STDIN = Path("-")
PhotoArgument = Annotated[
    Path, Argument(help="The photo: JPEG, PNG, WebP, ...; up to 50 megapixels. - reads it from a pipe.")
]
PHOTOS = Argument(help="Photos, or folders of photos. - reads one from a pipe.")


@dataclass(frozen=True, slots=True)
class GivenPhoto:
    """A photo somebody wants opened."""

    name: str  # as it was given; `stdin` for standard input
    source: Path | bytes

    @property
    def file_name(self) -> str:
        """Without its folders."""
        return PurePath(self.name).name

    @property
    def path(self) -> Path | None:
        """The file that must not be replaced; None for standard input."""
        return self.source if isinstance(self.source, Path) else None


def given_photo(path: Path) -> GivenPhoto:
    """A file, looked at when it is opened, or standard input. Raises PhotoError where nothing comes there."""
    if path != STDIN:
        return GivenPhoto(str(path), path)
    if sys.stdin.isatty():
        raise PhotoError(
            "- reads the photo from standard input, but that is a terminal; pipe a photo into it"
        )
    data = sys.stdin.buffer.read()
    if not data:
        raise PhotoError("- reads the photo from standard input, but nothing came; pipe a photo into it")
    return GivenPhoto("stdin", data)


def find_photos(given: Sequence[Path]) -> list[GivenPhoto]:
    """Files as they are, folders as the pictures in them by name, each once however often it is given.

    Raises InputError for none at all.
    """
    found: dict[Path, Path] = {}
    for path in given:
        for photo in _photos_in(path) if path.is_dir() else [path]:
            found.setdefault(photo if photo == STDIN else photo.resolve(), photo)
    if not found:
        raise InputError(f"there are no photos in {', '.join(map(str, given))}")
    return [given_photo(path) for path in found.values()]


def _photos_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if is_photo(path.name) and not _keeps_waiting(path))


def _keeps_waiting(path: Path) -> bool:
    """A pipe, socket or device, whatever its name: a run would wait for it for ever."""
    return path.is_fifo() or path.is_socket() or path.is_char_device() or path.is_block_device()
