"""What no training may see: the photos that later measuring needs.

The lists in `held_out/`, written by `scripts/hold_out.py`, name them for the data sets that the recipes are
made for. Of anybody's own photos the last ones by name are set aside.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from editgan.core.errors import InputError
from editgan.core.files import replacing
from editgan.data.annotations import AnnotatedPhoto
from editgan.data.photos import PhotoSet, joined, load_photos

LISTS = Path(__file__).parent / "held_out"


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One data set's list."""

    set_name: str  # of its zip or folder, without the ending
    digest: str  # of the names of all its photos: a set is known by it under any name
    names: frozenset[str]  # of the files that are held out

    def save(self, folder: Path) -> None:
        """As FOLDER/SET.txt: a heading, then a name a line, sorted."""
        lines = [f"# {self.set_name} sha256:{self.digest}", *sorted(self.names)]
        with replacing(folder / f"{self.set_name}.txt") as path:
            path.write_text("\n".join(lines) + "\n", "utf-8")

    @classmethod
    def load(cls, path: Path) -> "HeldOut":
        """The inverse of `save`."""
        heading, *names = path.read_text("utf-8").splitlines()
        set_name, digest = heading.removeprefix("# ").split(" sha256:")
        return cls(set_name, digest, frozenset(names))


def held_out_names(source: Path, names: Sequence[str]) -> frozenset[str]:
    """Which of a data set's photo names are held out: none, unless it is one of those with a list.

    A list belongs to the zip or folder of its name (`cats-train` also to `cats/train`), and to any whose
    photos have the same names. A folder inside the zip changes nothing.
    """
    called = {source.stem, source.name, f"{source.parent.name}-{source.name}"}
    digest = names_digest(names)
    held_out: set[str] = set()
    for path in sorted(LISTS.glob("*.txt")):
        listed = HeldOut.load(path)
        if listed.set_name in called or listed.digest == digest:
            held_out |= listed.names
    return frozenset(name for name in names if PurePosixPath(name).name in held_out)


def names_digest(names: Iterable[str]) -> str:
    """SHA-256 of a data set's file names."""
    text = "\n".join(sorted(PurePosixPath(name).name for name in names))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def load_learnable(sources: Sequence[Path], resolution: int, last: int) -> tuple[PhotoSet, PhotoSet]:
    """The photos that may be learnt, and those set aside: each source's list, and its `last` ones by name.

    Both are in the sources' order and then by name, so that the last ones set aside are the last source's
    `last`. With several sources a name says which, as in `faces-128/00971.webp`.

    Raises:
        InputError: a source that cannot be read, or of which too few photos would be left.
    """
    parts = []
    for source in sources:
        learnt, unseen = _split(source, load_photos(source, resolution), last)
        if len(sources) > 1:
            learnt, unseen = (part.named(f"{source.stem}/") for part in (learnt, unseen))
        parts.append((learnt, unseen))
    return joined([learnt for learnt, _ in parts]), joined([unseen for _, unseen in parts])


def _split(source: Path, photos: PhotoSet, last: int) -> tuple[PhotoSet, PhotoSet]:
    held_out = held_out_names(source, photos.names + photos.skipped)
    cut = len(photos) - last
    learnt = [i for i, name in enumerate(photos.names[: max(cut, 0)]) if name not in held_out]
    if len(learnt) < 2:
        listed = f", and {len(held_out)} on its list" if held_out else ""
        raise InputError(
            f"{last} photos are held out of {source}{listed}, so more than that are needed; "
            f"there are {len(photos)}"
        )
    unseen = sorted(set(range(len(photos))) - set(learnt))
    return photos.only(learnt), photos.only(unseen)


def learnable(source: Path, annotated: Sequence[AnnotatedPhoto]) -> list[AnnotatedPhoto]:
    """Those of an annotated folder's photos that may be learnt."""
    held_out = held_out_names(source, [photo.name for photo in annotated])
    return [photo for photo in annotated if photo.name not in held_out]
