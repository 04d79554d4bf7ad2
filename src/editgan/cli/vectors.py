"""`editgan vectors learn | list | show | sheet`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from typer import Argument, Exit, Option

from editgan.bundle.folder import load_bundle
from editgan.bundle.opened import OpenPhoto
from editgan.cli.apply import SOME_LEFT_OUT
from editgan.cli.groups import grouped
from editgan.cli.opening import load_editor, open_photo
from editgan.cli.options import (
    DEFAULT_BUNDLE,
    BoxOption,
    BundleOption,
    Networks,
    Opening,
    Operations,
    OutOption,
    check_name,
)
from editgan.cli.photos import GivenPhoto, find_photos, given_photo
from editgan.cli.placing import OverwriteOption, Results
from editgan.cli.progress import walking
from editgan.cli.saying import say, show_table
from editgan.cli.words import in_words
from editgan.core.errors import EditGANError, InputError
from editgan.core.files import filling
from editgan.core.images import save_picture
from editgan.editing.library import built_in_vectors, find_vector
from editgan.editing.vector import EditVector
from editgan.editing.walk import Editing
from editgan.editor import Editor
from editgan.evaluation.sheets import vector_sheet

app = typer.Typer(
    help="Edit vectors: learn one, list those of a bundle, look at what they do.", no_args_is_help=True
)
PREVIEWS = 3  # pictures under a learnt vector


@app.command()
@grouped
def learn(
    name: Annotated[str, Argument(help="What to call it; also the file's name.")],
    photos: Annotated[list[Path] | None, Argument(help="Photos to learn on, or folders of them.")] = None,
    *,
    samples: Annotated[
        int | None,
        Option(
            min=0,
            max=1000,
            help="Learn on so many of the generator's own pictures, too; 16 where no photos are given.",
        ),
    ] = None,
    seed: Annotated[int, Option(help="Of the first sample; the next ones count up.")] = 0,
    operations: Operations,
    layers: Annotated[str | None, Option(help="Only these layers of W+ may move, like 0-5 or 2,3,7.")] = None,
    steps: Annotated[int, Option(min=1, max=10_000, help="Steps on each picture, at most.")] = 40,
    networks: Networks,
    out: OutOption = Path("vectors"),
    overwrite: OverwriteOption = False,
    box: BoxOption = None,
) -> None:
    """Learn one vector that repaints parts in the same way on several photos or samples.

    One photo gives a vector that suits this photo; sixteen samples give one that suits most, and nobody has
    to provide them. Pictures in which the parts are not there are left out. Writes NAME.safetensors, and
    NAME.webp: what it does at several strengths.

    Example: editgan vectors learn brows-up --move brow:0,-2
    """
    asked = operations.asked()
    check_name(name)
    if not asked:
        raise InputError("a vector needs part operations to learn (--grow, --move, ...), got none")
    count = samples if samples is not None else 0 if photos else 16
    if not photos and not count:
        raise InputError("a vector needs pictures to learn on: give photos, or --samples 16")
    settings = Editing(steps=steps, layers=parse_layers(layers))
    given = find_photos(photos) if photos else []
    files = [f"{name}.safetensors", f"{name}.webp"]
    with Results(out=out, overwrite=overwrite).folder(out, files, [photo.path for photo in given]):
        editor = load_editor(networks)
        opened = _opened(editor, given, box)
        pictures = opened + [editor.sample(seed + i) for i in range(count)]
        with walking(f"learning {name} on {len(pictures)} pictures", len(pictures) * steps) as watch:
            vector = editor.learn(pictures, asked, name=name, settings=settings, watch=watch)
        with filling(out) as scratch:
            vector.save(scratch / files[0])
            save_picture(vector_sheet(editor, [vector], pictures[:PREVIEWS]), scratch / files[1])
    low, high = vector.strengths
    say(f"useful from {low:g} to {high:g}; look at {out / name}.webp")
    if len(opened) < len(given):
        raise Exit(SOME_LEFT_OUT)


@app.command("list")
def list_(bundle: BundleOption = DEFAULT_BUNDLE) -> None:
    """List the vectors that come with a bundle. Each can be had by the name of its other end, too."""
    loaded = load_bundle(bundle)
    table = Table("name", "other end", "parts", "useful strengths", "learnt on")
    for path in built_in_vectors(loaded).values():
        vector = EditVector.load(path)
        low, high = vector.strengths
        table.add_row(
            vector.name, vector.opposite, ", ".join(vector.classes), f"{low:g} to {high:g}", _sources(vector)
        )
    if table.row_count:
        show_table(table)
    else:
        say(f"{loaded.name} has no vectors of its own")


@app.command()
def show(
    vector: Annotated[str, Argument(help="NAME of one of the bundle's vectors, or a FILE.")],
    bundle: BundleOption = DEFAULT_BUNDLE,
) -> None:
    """All a vector's file says: parts, bundle, place, useful strengths, how and on what it was learnt."""
    found = find_vector(load_bundle(bundle), vector)
    typer.echo(json.dumps({**found.notes, "delta": list(found.delta.shape)}, indent=2))


@app.command()
@grouped
def sheet(
    vector: Annotated[
        list[str] | None, Argument(help="NAMEs or FILEs; all of the bundle's by default.")
    ] = None,
    *,
    photo: Annotated[list[Path] | None, Option(help="Show them on this photo, too.")] = None,
    samples: Annotated[int, Option(min=0, max=20, help="Show them on so many samples.")] = 2,
    seed: Annotated[int, Option(help="Of the first sample.")] = 1000,
    networks: Networks,
    results: Results,
) -> None:
    """A contact sheet of what vectors do, at strengths from -1 to 1.5, on photos and samples."""
    given = [given_photo(path) for path in photo or ()]
    if not given and not samples:
        raise InputError("a sheet needs something to show vectors on: --photo or --samples 2")
    with results.picture("vectors.png", [shown.path for shown in given]) as out:
        editor = load_editor(networks)
        found = [find_vector(editor.bundle, name) for name in vector or built_in_vectors(editor.bundle)]
        if not found:
            raise InputError(f"{editor.bundle.name} has no vectors of its own; name a file")
        pictures = [open_photo(editor, shown, Opening())[0] for shown in given]
        pictures += [editor.sample(seed + i) for i in range(samples)]
        save_picture(vector_sheet(editor, found, pictures), out)
    say(f"{len(found)} vectors on {len(pictures)} pictures: {out}")


def parse_layers(text: str | None) -> tuple[int, ...] | None:
    """0-5 or 2,3,7. Raises InputError for anything else."""
    if text is None:
        return None
    try:
        first, *more = (int(part) for part in text.split("-"))
        return tuple(range(first, more[0] + 1)) if more else (first,)
    except ValueError:
        pass
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"--layers takes a range like 0-5 or a list like 2,3,7, got {text!r}") from None


def _opened(editor: Editor, photos: Sequence[GivenPhoto], box: str | None) -> list[OpenPhoto]:
    """All that can be opened. Raises InputError where there is none, although some were given."""
    opened = []
    for photo in photos:
        try:
            opened.append(open_photo(editor, photo, Opening(box=box))[0])
        except EditGANError as error:
            if len(photos) == 1:
                raise
            say(f"{photo.file_name} is left out: {in_words(error)}")
    if photos and not opened:
        raise InputError(f"none of the {len(photos)} photos could be opened")
    return opened


def _sources(vector: EditVector) -> str:
    sources = vector.learnt.get("from", [])
    samples = sum(source.startswith("seed") for source in sources)
    counts = {"photos": len(sources) - samples, "samples": samples}
    return ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
