"""Writes the lists of photos that no training may see: src/editgan/data/held_out.

    scripts/hold_out.py DATA [--lists FOLDER] [--sheets FOLDER]

DATA is the folder of the data sets (faces-128.zip, ..., annotations/). Held out are the last hundred of each
set by name; whole people of the two sets that say who is who; and whatever shows the same picture as one of
these, as another held-out one, or as a photo that is only to measure with (unseen-faces-512, the annotated
test photos).

Two pictures of a class are the same if they have the same name; if they correlate by more than 0.93, shrunk
to 24x24 grey; or by more than 0.975 at 48x48, once one has been laid over the other. For sets are cut out of
their sources by different hands, and half a pixel of 24 costs much of the first correlation: of 292 faces
that two sets share by name it finds 57 in 100, the second finds all. Different people reach 0.966 there.

The same data give the same lists, byte for byte. With --sheets, pictures of all pairs to look at.
"""

import argparse
import csv
import io
import random
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from rich.console import Console
from rich.progress import track
from torch import Tensor

from editgan.core.images import from_pixels
from editgan.data.align import crop
from editgan.data.annotations import find_annotated
from editgan.data.frame import Framing
from editgan.data.opening import read_photo
from editgan.data.photos import PhotoSet, letter_box, load_photos
from editgan.data.setting_aside import LISTS, HeldOut, names_digest

SETS = {
    "faces": ("faces-128", "faces-256", "faces-identity-128", "faces-attributes-64"),
    "cats": ("cats-128",),
    "cars": ("cars-128", "cars-256"),
    "birds": ("birds-128",),
}
LAST = 100  # of each set
PEOPLE_PHOTOS = 1000  # of each set that says who is who
SAME, LAID_OVER_SAME, WORTH_A_LOOK = 0.93, 0.975, 0.91  # correlations
SIDE = 48
# Middles of the label maps' eyes, nose and mouth in the faces' framing: medians over faces-256-labels
PARTS = ((4,), (5,), (2,), (10, 11, 12))
MIDDLES = np.array([(0.336, 0.337), (0.664, 0.337), (0.5, 0.469), (0.501, 0.701)])


@dataclass
class Pictures:
    """A class's pictures of all sets, small and grey."""

    sets: list[str] = field(default_factory=list)  # one per picture
    names: list[str] = field(default_factory=list)
    grey: list[Tensor] = field(default_factory=list)  # [48, 48] each
    whole: dict[str, list[str]] = field(default_factory=dict)  # every photo name of a set

    def add(self, set_name: str, photos: PhotoSet) -> None:
        """A set more; black bars are cut off, for they are alike in all pictures."""
        bar = round(letter_box(photos) * photos.pixels.shape[1])
        image = from_pixels(photos.pixels).mean(1, keepdim=True)
        image = image[:, :, bar : image.shape[2] - bar]
        self.grey += F.interpolate(image, (SIDE, SIDE), mode="area")[:, 0]
        self.sets += [set_name] * len(photos)
        self.names += photos.names
        self.whole[set_name] = photos.names + photos.skipped


# -- Reading ---------------------------------------------------------------------------------------------


def load_class(data: Path, kind: str) -> Pictures:
    """All sets of faces, cats, cars or birds: those to learn from, then those to measure with."""
    pictures = Pictures()
    for name in SETS[kind]:
        pictures.add(name, load_photos(data / f"{name}.zip", 2 * SIDE))
    for part in ("train", "test"):
        files, _ = find_annotated(data / "annotations" / kind / part)
        framed = [_whole(read_photo(file.photo)) for file in files]
        pictures.add(f"{kind}-{part}", _photo_set(framed, [file.photo.name for file in files]))
    if kind == "faces":
        pictures.add("unseen-faces-512", load_unseen(data / "unseen-faces-512.zip"))
    return pictures


def _whole(pixels: Tensor) -> Tensor:
    height, width = pixels.shape[1:3]
    box = Framing.from_box(0, 0, width, height, photo_width=width, photo_height=height)
    return crop(pixels, box, 2 * SIDE)


def _photo_set(images: list[Tensor], names: list[str]) -> PhotoSet:
    pixels = ((torch.cat(images) + 1) * 127.5).round().clamp(0, 255).byte()
    return PhotoSet(pixels.permute(0, 2, 3, 1).contiguous(), names, [])


def load_unseen(path: Path) -> PhotoSet:
    """The photos that are not aligned, in the other sets' framing by their label maps."""
    images, names = [], []
    with zipfile.ZipFile(path) as archive:
        for name in sorted(n for n in archive.namelist() if n.startswith("photos/") and n.endswith(".jpg")):
            labels = archive.read(f"labels/{Path(name).stem}.png")
            framing = framed_by(np.asarray(Image.open(io.BytesIO(labels))))
            images.append(crop(read_photo(archive.read(name)), framing, 2 * SIDE))
            names.append(name)
    return _photo_set(images, names)


def framed_by(label_map: np.ndarray) -> Framing:
    """The similarity transform from the faces' framing that fits eyes, nose and mouth best."""
    found = [_middle(np.isin(label_map, part)) for part in PARTS]
    eyes = sorted((e for e in found[:2] if e is not None), key=lambda e: e.real)
    points: list[complex | None] = [*(eyes if len(eyes) == 2 else (None, None)), *found[2:]]
    there = [i for i, point in enumerate(points) if point is not None]
    source = MIDDLES[there] @ (1, 1j) - (0.5 + 0.5j)
    target = np.array([points[i] for i in there])
    # Least squares of target = turn * source + centre, as complex numbers
    (turn, centre), *_ = np.linalg.lstsq(np.stack([source, np.ones_like(source)], 1), target, rcond=None)
    return Framing(
        centre_x=centre.real, centre_y=centre.imag, side=float(abs(turn)), angle=float(np.angle(turn))
    )


def _middle(mask: np.ndarray) -> complex | None:
    y, x = np.nonzero(mask)
    return complex(x.mean() + 0.5, y.mean() + 0.5) if len(x) >= 20 else None


# -- Choosing --------------------------------------------------------------------------------------------


def first_reasons(data: Path, kind: str, pictures: Pictures) -> dict[int, str]:
    """What is held out for its own sake, by position: a reason each."""
    measured = {f"{kind}-test", "unseen-faces-512"}
    reasons = {i: "only measured with" for i, name in enumerate(pictures.sets) if name in measured}
    positions = {(s, n): i for i, (s, n) in enumerate(zip(pictures.sets, pictures.names, strict=True))}
    for name in SETS[kind]:
        for photo in sorted(pictures.whole[name])[-LAST:]:
            reasons[positions[name, photo]] = "last hundred"
    if kind == "faces":
        for key in drawn_people(
            [_who(data / f"{name}.zip") for name in SETS["faces"][2:]], SETS["faces"][2:]
        ):
            reasons.setdefault(positions[key], "person")
    return reasons


def _who(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        table = next(name for name in archive.namelist() if name.endswith(".csv"))
        rows = csv.DictReader(io.StringIO(archive.read(table).decode()))
        return {row["file"]: row["identity"] for row in rows}


def drawn_people(tables: list[dict[str, str]], names: tuple[str, ...]) -> list[tuple[str, str]]:
    """All photos of people drawn at random, a thousand a set; one held out in one set is so in both.

    The first set's people are drawn first: it has few, and most of them are in the second, too.
    """
    photos = [Counter(table.values()) for table in tables]
    draw = random.Random(0)
    order: list[str] = []
    for counts in photos:
        order += draw.sample(new := sorted(set(counts) - set(order)), len(new))
    chosen: set[str] = set()
    taken = [0] * len(tables)
    for person in order:
        then = [n + counts[person] for n, counts in zip(taken, photos, strict=True)]
        if max(then) <= PEOPLE_PHOTOS:
            taken, chosen = then, chosen | {person}
    return [(n, f) for n, t in zip(names, tables, strict=True) for f in sorted(t) if t[f] in chosen]


# -- Comparing -------------------------------------------------------------------------------------------


def with_the_same(
    pictures: Pictures, reasons: dict[int, str]
) -> tuple[dict[int, str], list[tuple[int, int]]]:
    """The reasons, and those of all that is the same picture, until there is nothing more; the pairs, too."""
    reasons, pairs, fresh = dict(reasons), [], sorted(reasons)
    while fresh:
        rest = [i for i in range(len(pictures.names)) if i not in reasons]
        for i, j, how in same_pictures(pictures, fresh, rest):
            pairs.append((i, j))
            reasons.setdefault(j, f"{how} {pictures.sets[i]}/{pictures.names[i]}")
        fresh = sorted({j for _, j in pairs}.intersection(rest))
    return reasons, pairs


def same_pictures(pictures: Pictures, few: list[int], rest: list[int]) -> Iterator[tuple[int, int, str]]:
    """(one of the few, one of the rest, why) for all that are the same."""
    stems = [Path(name).stem for name in pictures.names]
    named = {stems[i]: i for i in few}
    yield from ((named[stems[j]], j, "same name as") for j in rest if stems[j] in named)
    grey = torch.stack(pictures.grey)
    small = _shrunk(grey[rest], 24)
    whole, middle = _unit(small), _unit(small[:, 2:22, 2:22])
    blocks = torch.tensor(few).split(200)
    for block in track(blocks, f"{len(few)} against {len(rest)}", console=Console(stderr=True)):
        plain = _unit(_shrunk(grey[block], 24)) @ whole.T
        for i, j in (plain > SAME).nonzero().tolist():
            yield int(block[i]), rest[j], "same picture as"
        for i, j in worth_a_look(grey[block], middle, plain <= SAME):
            if laid_over(grey[block[i]].numpy(), grey[rest[j]].numpy()) > LAID_OVER_SAME:
                yield int(block[i]), rest[j], "same picture, laid over, as"


def worth_a_look(grey: Tensor, middle: Tensor, unknown: Tensor) -> Iterator[tuple[int, int]]:
    """Which pictures are like which of the others' middles, if shifted a little: 25 of each at most."""
    best = torch.full(unknown.shape, -1.0)
    for window in shifted_windows(grey):
        best = torch.maximum(best, window @ middle.T)
    values, columns = best.where(unknown, -1.0).topk(min(25, len(middle)))
    yield from ((i, int(columns[i, k])) for i, k in (values > WORTH_A_LOOK).nonzero().tolist())


def shifted_windows(grey: Tensor) -> Iterator[Tensor]:
    """Windows of 20x20 of the pictures at 22 to 26 px, a pixel to either side at most."""
    for side in range(22, 27):
        sized = _shrunk(grey, side)
        middle = (side - 20) // 2
        for top in range(middle - 1, middle + 2):
            for left in range(middle - 1, middle + 2):
                yield _unit(sized[:, top : top + 20, left : left + 20])


def laid_over(one: np.ndarray, other: np.ndarray) -> float:
    """The correlation once an affine transform has brought `other` over `one`, the rims left out."""
    mask = np.zeros(one.shape, np.uint8)
    mask[3:-3, 3:-3] = 1
    until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-4)
    first, second = (cv2.GaussianBlur(grey, (0, 0), 0.6) for grey in (one, other))
    still = np.eye(2, 3, dtype=np.float32)
    try:
        found, _ = cv2.findTransformECC(first, second, still, cv2.MOTION_AFFINE, until, mask, 1)
    except cv2.error:  # they cannot be laid over each other
        return -1.0
    return float(found)


def _shrunk(grey: Tensor, side: int) -> Tensor:
    if SIDE % side == 0:
        return F.interpolate(grey[:, None], (side, side), mode="area")[:, 0]
    return F.interpolate(grey[:, None], (side, side), mode="bilinear", antialias=True)[:, 0]


def _unit(pictures: Tensor) -> Tensor:
    flat = pictures.flatten(1)
    return F.normalize(flat - flat.mean(1, keepdim=True), dim=1)


# -- Writing ---------------------------------------------------------------------------------------------


def write(kind: str, pictures: Pictures, reasons: dict[int, str], folder: Path) -> None:
    """A list for each set of which something is held out, and why on standard output."""
    for name in [*SETS[kind], f"{kind}-train"]:
        held = {pictures.names[i]: why for i, why in sorted(reasons.items()) if pictures.sets[i] == name}
        if not held:
            continue
        HeldOut(name, names_digest(pictures.whole[name]), frozenset(held)).save(folder)
        kinds = Counter(why.rpartition(" ")[0] if "same" in why else why for why in held.values())
        counts = ", ".join(f"{count} {why}" for why, count in kinds.most_common())
        sys.stdout.write(f"{name}: {len(held)} of {len(pictures.whole[name])}: {counts}\n")
        for photo, why in held.items():
            sys.stdout.write(f"    {photo}: {why}\n")


def draw_sheets(kind: str, pictures: Pictures, pairs: list[tuple[int, int]], folder: Path) -> None:
    """Pairs one above the other, 200 a sheet."""
    folder.mkdir(parents=True, exist_ok=True)
    grey = torch.stack(pictures.grey)
    for start in range(0, len(pairs), 200):
        sheet = Image.new("L", (20 * SIDE, 20 * (SIDE + 1)))
        for k, pair in enumerate(pairs[start : start + 200]):
            for row, i in enumerate(pair):
                tile = Image.fromarray(((grey[i] + 1) * 127.5).byte().numpy())
                sheet.paste(tile, (k % 20 * SIDE, k // 20 * 2 * (SIDE + 1) + row * SIDE))
        sheet.save(folder / f"{kind}-{start // 200:03}.png")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--lists", type=Path, default=LISTS, help="where to write (%(default)s)")
    parser.add_argument("--sheets", type=Path, help="where to draw the pairs that are the same")
    given = parser.parse_args()
    given.lists.mkdir(parents=True, exist_ok=True)
    for kind in SETS:
        sys.stderr.write(f"reading {kind}\n")
        pictures = load_class(given.data, kind)
        reasons, pairs = with_the_same(pictures, first_reasons(given.data, kind, pictures))
        write(kind, pictures, reasons, given.lists)
        if given.sheets:
            draw_sheets(kind, pictures, pairs, given.sheets)


if __name__ == "__main__":
    main()
