"""`python -m benchmarks.attributes`: guesses attributes of photos that come without, to group them by.

Logistic regression on Lite0's features of aligned faces whose attributes people have given (CelebA's); its
accuracy on people it has not learnt from is said, and is what a figure by group can be trusted to at most.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import torch
import typer
from jaxtyping import Float
from torch import Tensor

from benchmarks.command import run
from editgan.bundle.folder import load_bundle
from editgan.cli.options import DEFAULT_BUNDLE, BundleOption
from editgan.cli.saying import console
from editgan.core.errors import InputError, PhotoError
from editgan.core.files import replacing
from editgan.core.images import from_pixels, resize
from editgan.core.types import Image
from editgan.data.align import crop
from editgan.data.people import table
from editgan.data.photos import files_in, last_photos, load_photos
from editgan.evaluation.probe import logistic
from editgan.inversion.framing import find_framing
from editgan.perception.pretrained import shared

LEARNT_PX = 64  # of the faces whose attributes are known
SHOWN_PX = 128  # to which every face is enlarged
TESTED = 5  # one person of so many


@torch.no_grad()
def features(faces: Image) -> Float[Tensor, "n d"]:
    """Pooled maps of strides 16 and 32, of faces as small as those that were learnt."""
    network = shared("lite0", "cpu")
    found = []
    for batch in faces.split(64):
        small = resize(resize(batch, LEARNT_PX), SHOWN_PX).clamp(-1, 1)
        found.append(torch.cat([m.mean((2, 3)) for m in network.maps(small, (16, 32))], 1))
    return torch.cat(found)


def fitted(known: Tensor, is_one: Tensor) -> Float[Tensor, "d_and_bias"]:
    """The weights, for features as they are."""
    mean, std = known.mean(0), known.std(0).clamp_min(1e-6)
    weights = logistic((known - mean) / std, is_one)
    scaled = weights[:-1] / std
    return torch.cat([scaled, (weights[-1] - mean @ scaled)[None]])


def balanced(found: Tensor, truth: Tensor) -> float:
    """Mean of the shares that are right of those who have it and of those who have not."""
    return sum((found[truth == side] == side).float().mean().item() for side in (True, False)) / 2


def learnt(
    data: Path, columns: Sequence[str], most: int
) -> tuple[dict[str, Float[Tensor, "d_and_bias"]], dict[str, tuple[float, float]]]:
    """By attribute: weights, and accuracy (also balanced) on people held out.

    Raises:
        InputError: no table in the data, or without such a column.
    """
    photos = load_photos(data, LEARNT_PX)
    rows = {
        row["file"]: row
        for name, read in files_in(data).items()
        if name.endswith(".csv")
        for row in table(read())
    }
    some = [i for i, name in enumerate(photos.names) if name in rows][:most]
    if not some or any(column not in rows[photos.names[some[0]]] for column in columns):
        raise InputError(f"{data} should hold a CSV with the columns file, identity and {', '.join(columns)}")
    own = [rows[photos.names[i]] for i in some]
    known = features(from_pixels(photos.pixels[some]))
    is_tested = torch.tensor([int(row["identity"]) % TESTED == 0 for row in own])
    weights, right = {}, {}
    for column in columns:
        truth = torch.tensor([row[column] == "1" for row in own])
        weights[column] = fitted(known[~is_tested], truth[~is_tested])
        said = known[is_tested] @ weights[column][:-1] + weights[column][-1] > 0
        right[column] = ((said == truth[is_tested]).float().mean().item(), balanced(said, truth[is_tested]))
    return weights, right


def main(
    data: Annotated[Path, typer.Option(help="Aligned faces, with a CSV of file, identity and attributes.")],
    photos: Annotated[Path, typer.Option(help="Photos as published, to be guessed.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The table for `editgan bench edits`.")],
    column: Annotated[list[str] | None, typer.Option(help="Again for more; Male and Young.")] = None,
    learn: Annotated[int, typer.Option(min=100, help="From so many of the faces, at most.")] = 4000,
    last: Annotated[int, typer.Option(min=1, help="Guess so many of the last photos.")] = 124,
    bundle: BundleOption = DEFAULT_BUNDLE,
) -> None:
    """A table of guesses, and how often they are right."""
    weights, right = learnt(data, column or ["Male", "Young"], learn)
    for name, (share, even) in right.items():
        console.print(f"{name}: {share:.1%} right of people not learnt from, {even:.1%} balanced")
    loaded, rows = load_bundle(bundle), []
    for name, photo in last_photos(photos, last):
        try:
            framing = find_framing(photo, loaded.subject, loaded.aligner, None)
        except PhotoError:
            continue
        seen = features(crop(photo, framing, LEARNT_PX))[0]
        guesses = {n: int((seen @ w[:-1] + w[-1]).item() > 0) for n, w in weights.items()}
        rows.append({"file": name, **guesses})
    with replacing(out) as scratch, scratch.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["file", *weights])
        writer.writeheader()
        writer.writerows(rows)
    console.print(f"{len(rows)} photos in {out}")


if __name__ == "__main__":
    run(main)
