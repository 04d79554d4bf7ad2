"""Photos of known people: a folder or a zip with a CSV that says who is in which."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor

from editgan.core.errors import InputError
from editgan.core.files import text_of
from editgan.core.labels import composed
from editgan.core.types import Pixels
from editgan.data.photos import files_in, load_photos
from editgan.data.setting_aside import held_out_names


@dataclass(frozen=True, slots=True)
class People:
    """Aligned photos, and who is in each."""

    pixels: Pixels
    names: tuple[str, ...]  # one per photo: the person's name or number
    held_out: frozenset[int] = frozenset()  # positions of photos that no training may see

    @property
    def persons(self) -> list[str]:
        """Everybody, once: numbers in their order, then names."""
        return sorted(set(self.names), key=lambda name: (not name.isdigit(), name.zfill(12)))

    @property
    def numbers(self) -> Int[Tensor, "n"]:
        """Each photo's person as a position in `persons`."""
        position = {name: i for i, name in enumerate(self.persons)}
        return torch.tensor([position[name] for name in self.names], dtype=torch.int64)

    @property
    def set_aside(self) -> set[str]:
        """Those of whom no photo may be learnt."""
        learnt = {name for i, name in enumerate(self.names) if i not in self.held_out}
        return set(self.names) - learnt

    def only(self, persons: set[str]) -> "People":
        """The photos of these."""
        return self._at([i for i, name in enumerate(self.names) if name in persons])

    def learnable(self) -> "People":
        """The photos that a training may see."""
        return self._at([i for i in range(len(self.names)) if i not in self.held_out])

    def _at(self, kept: list[int]) -> "People":
        held_out = frozenset(new for new, old in enumerate(kept) if old in self.held_out)
        return People(self.pixels[kept], tuple(self.names[i] for i in kept), held_out)


def load_people(source: Path, resolution: int) -> People:
    """Photos of a folder or a zip with a CSV that has the columns file and identity.

    Raises:
        InputError: no photos, no such CSV, or it names none of the photos.
    """
    photos = load_photos(source, resolution)
    names = {composed(row["file"]): row["identity"] for row in _rows(source)}
    kept = [i for i, file in enumerate(photos.names) if composed(file) in names]
    if not kept:
        raise InputError(f"{source} should hold a CSV with columns file and identity that names its photos")
    listed = held_out_names(source, photos.names + photos.skipped)
    held_out = frozenset(new for new, old in enumerate(kept) if photos.names[old] in listed)
    return People(photos.pixels[kept], tuple(names[composed(photos.names[i])] for i in kept), held_out)


def _rows(source: Path) -> Iterator[dict[str, str]]:
    for name, read in sorted(files_in(source).items()):
        if not name.lower().endswith(".csv") or name.startswith(".") or (source.is_dir() and "/" in name):
            continue
        try:
            for row in table(read()):
                if row.get("file") and row.get("identity"):
                    yield row
        except csv.Error as error:
            raise InputError(f"{name} in {source} should be a table (CSV), but {error}") from None


def table(data: bytes) -> Iterator[dict[str, str]]:
    """The rows as any spreadsheet writes them: with a byte-order mark, in UTF-16, with the ends of lines of
    any system, between commas, semicolons or tabs."""
    lines = io.StringIO(text_of(data, errors="replace"), newline=None)
    heading = lines.readline()
    lines.seek(0)
    return csv.DictReader(lines, delimiter=max(",;\t", key=heading.count))


def split_people(sets: Sequence[People], held_out: int) -> tuple[People, People]:
    """Whom to learn, and whom to test on: nobody is in both.

    Tested on are `held_out` people of the first set: the last of those whom its list sets aside, then the
    last of the others. Of those learnt, photos on a list are left out. A name means the same person in all
    sets. Raises InputError where either are too few.
    """
    set_aside = sets[0].set_aside
    everybody = sorted(sets[0].persons, key=lambda name: name in set_aside)
    unseen = set(everybody[len(everybody) - held_out :])
    learnable = [people.learnable() for people in sets]
    pixels = torch.cat([people.pixels for people in learnable])
    joined = People(pixels, tuple(name for people in learnable for name in people.names))
    often = {name for name, count in Counter(joined.names).items() if count > 1}
    if len(learnt := often - unseen) < 2:
        raise InputError(
            f"two people with two photos each are needed beside the {held_out} held out; "
            f"there are {len(learnt)}"
        )
    tested = sets[0].only(unseen)
    if len(set(tested.names)) == len(tested.names):
        raise InputError(f"of the {held_out} held-out people none has two photos; hold out more")
    return joined.only(learnt), tested
