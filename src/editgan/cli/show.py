"""`editgan show`: what an edited picture says of its making."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from editgan.core.errors import InputError
from editgan.data.opening import read_original
from editgan.data.xmp import Note, notes_in


def show(
    picture: Annotated[Path, Argument(help="An edited picture: PNG, WebP, JPEG, TIFF, AVIF.")],
    *,
    as_json: Annotated[bool, Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Show how a picture was edited: by which software and bundle, which vectors, and where.

    The edits stand in the picture's XMP, oldest first. It is a note, not a proof: anybody can change it.
    """
    edits = notes_in(read_original(picture).notes.xmp)
    if not edits:
        raise InputError(
            f"{picture} has no note of an edit; results have one, unless they were saved with "
            "--strip-metadata, or anew by a program that drops XMP"
        )
    if as_json:
        typer.echo(json.dumps(edits, indent=2))
        return
    for edit in edits:
        for line in _lines(edit):
            typer.echo("".join(letter if letter.isprintable() else "?" for letter in line))


def _lines(edit: Note) -> Iterator[str]:
    """For people; whatever the file has in these places."""
    by = f"{edit.get('software', 'unknown software')}, bundle {edit.get('bundle', 'unknown')}"
    sample = f", a sample of seed {edit['seed']}" if "seed" in edit else ""
    yield f"edited with {by} ({edit.get('fingerprint', 'unknown')}){sample}"
    vectors = edit.get("vectors")
    if isinstance(vectors, list):
        said = [f"{v.get('name')} {v.get('strength')}" for v in vectors if isinstance(v, dict)]
        yield f"  vectors: {', '.join(said)}"
    steps = edit.get("refine_steps")
    yield f"  pasted: {edit.get('paste_mode', 'unknown')}" + (f", refined in {steps} steps" if steps else "")
    region = edit.get("region")
    if isinstance(region, list) and len(region) == 4:
        x, y, width, height = region
        yield f"  region: {width}x{height} px from {x},{y}"
