"""`python -m benchmarks.odd_shapes`: how often edits warn of painted shapes, wrongly and rightly.

Parts of photos no training saw, repainted as the tasks of the benchmarks ask: each warning is a false alarm.
Then repainted as nobody would: each warning is a catch.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import torch
import typer

from benchmarks.command import run
from editgan.bundle.bundle import ModelBundle
from editgan.bundle.folder import load_bundle
from editgan.cli.options import DEFAULT_BUNDLE, BundleOption
from editgan.cli.saying import console
from editgan.core.errors import LabelError, PhotoError
from editgan.core.labels import LabelSchema, isin
from editgan.core.types import LabelMap
from editgan.data.align import crop
from editgan.data.photos import last_photos
from editgan.editing.painted import painted
from editgan.editing.parts import move, repaint
from editgan.editing.region import margin_px, repainting
from editgan.editing.shapes import scale
from editgan.evaluation.asked import whole
from editgan.evaluation.tasks import tasks_of
from editgan.inversion.framing import find_framing

Repaints = Callable[[LabelMap, LabelSchema], LabelMap]  # raises LabelError where the part is not there
SPECKS = 10


def moved(part: str, dx: float, dy: float) -> Repaints:
    """By shares of the frame."""

    def repaints(label_map: LabelMap, schema: LabelSchema) -> LabelMap:
        side = label_map.shape[-1]
        return move(label_map, schema.ids(part), round(dx * side), round(dy * side))

    return repaints


def one_moved(part: str, dx: float, dy: float) -> Repaints:
    """Of a pair the one at the left alone."""

    def repaints(label_map: LabelMap, schema: LabelSchema) -> LabelMap:
        side, ids = label_map.shape[-1], schema.ids(part)
        others = torch.arange(side) >= side // 2
        marked = torch.where(isin(label_map, ids) & others, len(schema), label_map)  # put aside
        after = move(marked, ids, round(dx * side), round(dy * side))
        return torch.where((marked == len(schema)) | (after == len(schema)), label_map, after)

    return repaints


def scaled(part: str, sx: float, sy: float) -> Repaints:
    """As the operation."""
    return lambda label_map, schema: scale(label_map, schema.ids(part), sx, sy)


def pixel(part: str) -> Repaints:
    """Nothing of it is left but a pixel in its middle."""

    def repaints(label_map: LabelMap, schema: LabelSchema) -> LabelMap:
        after = repaint(label_map, schema, [("erase", part)])
        rows, columns = isin(label_map, schema.ids(part))[0].nonzero().T
        after[0, rows.median(), columns.median()] = schema.ids(part)[0]
        return after

    return repaints


def specks(part: str) -> Repaints:
    """Single pixels of it all over the picture, always at the same places."""

    def repaints(label_map: LabelMap, schema: LabelSchema) -> LabelMap:
        side, after = label_map.shape[-1], label_map.clone()
        at = torch.randint(side // 4, 3 * side // 4, (2, SPECKS), generator=torch.Generator().manual_seed(0))
        after[0, at[0], at[1]] = schema.ids(part)[0]
        return after

    return repaints


ABSURD: dict[str, dict[str, Repaints]] = {  # by subject
    "face": {
        "an eye on the cheek": one_moved("eye", -0.02, 0.22),
        "a mouth three times as wide": scaled("mouth", 3, 1),
        "brows at the hair line": moved("brow", 0, -0.14),
        "the nose over the eyes": moved("nose", 0, -0.22),
        "the mouth on the chin's edge": moved("mouth", 0, 0.16),
        "eyes twice as large": scaled("eye", 2, 2.5),
        "a nose of one pixel": pixel("nose"),
        "brows of one pixel": pixel("brow"),
        "specks of lip all over": specks("lower_lip"),
    },
    "cat": {
        "an eye on the cheek": one_moved("eye", -0.02, 0.22),
        "ears on the cheeks": moved("ears", 0, 0.35),
        "eyes twice as large": scaled("eye", 2.5, 2.5),
        "the nose over the eyes": moved("nose", 0, -0.25),
        "a nose of one pixel": pixel("nose"),
        "specks of nose all over": specks("nose"),
    },
}


def alarms(bundle: ModelBundle, label_maps: Sequence[LabelMap]) -> Iterator[tuple[str, bool, int, int]]:
    """Of each way to repaint: its name, whether it is absurd, targets, and how many are warned of."""
    shapes = bundle.need("shapes").shapes
    assert shapes is not None
    side = bundle.label_side
    usual: dict[str, Repaints] = {
        task.name: lambda m, schema, task=task: repaint(m, schema, task.at(side))  # type: ignore[misc]
        for task in tasks_of(bundle.subject)
    }
    absurd = ABSURD[bundle.subject]
    for name, repaints in (usual | absurd).items():
        warned = []
        for label_map in label_maps:
            try:
                target = repaints(label_map, bundle.schema)
                asked = repainting(label_map, target, margin=margin_px(side))
            except LabelError:
                continue
            found = painted(shapes, asked, label_map)
            warned.append(found is not None and found.is_strange)
        yield name, name in absurd, len(warned), sum(warned)


def parts_of(bundle: ModelBundle, data: Path, count: int, *, is_framed: bool) -> list[LabelMap]:
    """The last photos' parts, by the encoder alone: photos in which nobody is found are left out."""
    assert bundle.encoder is not None
    found = []
    for _, photo in last_photos(data, count):
        try:
            box = whole(photo) if is_framed else None
            framing = find_framing(photo, bundle.subject, bundle.aligner, box)
        except PhotoError:
            continue
        with torch.no_grad():
            w_plus = bundle.encoder(crop(photo, framing, bundle.resolution))
            found.append(bundle.render(w_plus).label_map)
    return found


def main(
    data: Annotated[Path, typer.Option(help="A folder or a zip of photos that no training has seen.")],
    bundle: BundleOption = DEFAULT_BUNDLE,
    photos: Annotated[int, typer.Option(min=1, help="How many of the last photos.")] = 124,
    framed: Annotated[bool, typer.Option("--framed", help="They are framed already.")] = False,
) -> None:
    """False alarms and misses."""
    loaded = load_bundle(bundle).need("encoder", "shapes")
    rows = list(alarms(loaded, parts_of(loaded, data, photos, is_framed=framed)))
    console.print("| repainted | targets | warned of |\n|---|--:|--:|")
    for name, _, count, warned in rows:
        console.print(f"| {name} | {count} | {warned} ({warned / max(count, 1):.0%}) |")
    for is_absurd, what in ((False, "false alarms"), (True, "misses")):
        own = [row for row in rows if row[1] == is_absurd]
        count, warned = sum(row[2] for row in own), sum(row[3] for row in own)
        wrong = count - warned if is_absurd else warned
        console.print(f"| **{what}** | {count} | {wrong} ({wrong / max(count, 1):.1%}) |")


if __name__ == "__main__":
    run(main)
