"""Whom edits fail: rows of `run_edits` by skin tone, glasses, and whatever else is known of the photos."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

import torch

from editgan.core.errors import InputError, PhotoError
from editgan.core.types import Photo
from editgan.data.people import table
from editgan.evaluation.asked import Seen
from editgan.evaluation.grading import GRADED, labelled_photos
from editgan.evaluation.run import Row
from editgan.evaluation.skin_tone import tone_of, typology_angle

Groups = Mapping[str, Mapping[str, str]]  # a kind ("glasses"): the group of each photo, by its name

SKIN_TONE, GLASSES = "skin tone", "glasses"
WORN = 0.001  # of a photo, people's label: less is a slip of the brush
UNKNOWN = "not known"
MEASURES = (  # of a row: what is averaged, and how it is written
    ("iou_before", "iou_after", "{:.3f}"),
    ("points_before", "points_after", "{:.1f}"),
    ("identity", None, "{:.3f}"),
)


def skin_tones(see: Callable[[Photo], Seen], photos: Iterable[tuple[str, Photo]]) -> dict[str, str]:
    """Of the skin that is seen, as `Asker.seen` does; without photos in which no face or no skin is found."""
    found = {}
    (skin,) = GRADED.ids("skin")
    for name, photo in photos:
        try:
            seen = see(photo)
        except PhotoError:
            continue
        angle = typology_angle(seen.image.cpu(), (seen.parts == skin).cpu())
        if angle is not None:
            found[name] = tone_of(angle)
    return found


def glasses_by_labels(source: Path, photos: Iterable[str]) -> dict[str, str]:
    """By people's labels (`labels/` beside `photos/`, as CelebAMask-HQ's); nothing where there are none."""
    wanted, (worn,) = {PurePosixPath(name).name: name for name in photos}, GRADED.ids("eyeglasses")
    found = {}
    for file, _, label_map in labelled_photos(source):
        if file in wanted:
            share = (label_map == worn).float().mean().item()
            found[wanted[file]] = "glasses" if share >= WORN else "no glasses"
    return found


def read_attributes(path: Path, columns: Sequence[str], photos: Iterable[str]) -> dict[str, dict[str, str]]:
    """Of a table with the column file, and the columns; a photo is known by its file's name without suffix.

    Raises:
        InputError: no such table or column, or it names none of the photos.
    """
    try:
        rows = list(table(path.read_bytes()))
    except OSError as error:
        raise InputError(f"{path} should be a table (CSV), but reading it failed: {error}") from None
    there = [name for name in (rows[0] if rows else {}) if name not in ("file", "identity")]
    if missing := [name for name in columns if name not in there]:
        raise InputError(f"{path} has no column {missing[0]!r}; there are {', '.join(there) or 'none'}")
    by_stem = {PurePosixPath(row["file"]).stem: row for row in rows if row.get("file")}
    own = {name: by_stem[stem] for name in photos if (stem := PurePosixPath(name).stem) in by_stem}
    if not own:
        raise InputError(f"{path} should name the photos in its column file, but names none of them")
    return {
        column: {name: _said(row[column]) for name, row in own.items() if row[column]}
        for column in columns or there
    }


def as_groups_table(rows: Sequence[Row], groups: Groups) -> str:
    """A line for each method, kind and group: edits of all tasks together, and what was refused."""
    lines = [
        "| method | | photos | edits | refused | parts, before to after | points, % | identity |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for method in dict.fromkeys(row["method"] for row in rows):
        own = [row for row in rows if row["method"] == method]
        for kind, of in groups.items():
            names = sorted({of.get(row["photo"], UNKNOWN) for row in own}, key=lambda n: (n == UNKNOWN, n))
            for name in names:
                some = [row for row in own if of.get(row["photo"], UNKNOWN) == name]
                lines.append(_line(method, f"{kind}: {name}", some))
    return "\n".join(lines) + "\n"


def _line(method: str, group: str, rows: Sequence[Row]) -> str:
    edited = [row for row in rows if "refused" not in row]
    counts = [len({row["photo"] for row in rows}), len(edited), len(rows) - len(edited)]
    cells = [f"{count}" for count in counts]
    for before, after, how in MEASURES:
        names = [before] if after is None else [before, after]
        both = [[row[name] for name in names] for row in edited if all(name in row for name in names)]
        means = torch.tensor(both).mean(0).tolist() if both else []
        cells.append(" to ".join(how.format(mean) for mean in means) or "–")
    return "| " + " | ".join([method, group, *cells]) + " |"


def _said(value: str) -> str:
    """Tables of attributes have 1, and 0 or -1, for a name like Young."""
    return {"1": "yes", "0": "no", "-1": "no"}.get(value.strip(), value.strip())
