"""`editgan apply` and `editgan refine`: edit vectors on one photo, several, or folders of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from editgan.cli.adding import Adding, AddingVectors, Extras, parse_vectors
from editgan.cli.groups import grouped
from editgan.cli.opening import load_editor
from editgan.cli.options import Opening, OutOption
from editgan.cli.progress import console
from editgan.cli.replay import replay
from editgan.cli.results import write_report
from editgan.core.errors import InputError
from editgan.data.photos import SUFFIXES
from editgan.editing.composition import Composition

PHOTOS = Argument(help="Photos, or folders of photos.")
VECTOR = Option(
    "--vector",
    "-v",
    help="NAME of one of the bundle's vectors (`editgan vectors list`) or a FILE; NAME=STRENGTH, like "
    "smile=-0.5. May be given several times.",
)


@grouped
def apply(
    photos: Annotated[list[Path] | None, PHOTOS] = None,
    *,
    vector: Annotated[list[str] | None, VECTOR] = None,
    recipe: Annotated[
        Path | None,
        Option(
            help="An edit recipe (.json) from the studio: does the same to the same photo, instead of "
            "--vector."
        ),
    ] = None,
    opening: Opening,
    out: OutOption = Path("applied"),
    refine_steps: Annotated[
        int, Option(min=0, max=1000, help="Clean-up steps after adding the vectors; 0: none.")
    ] = 0,
    extras: Extras,
    adding: Adding,
) -> None:
    """Add edit vectors learnt before to photos, each at its strength; their order does not matter.

    Writes the edited photos at their own size and report.json. Each photo is embedded once and kept in a
    cache, so that the next vectors need no optimisation at all.

    Example: editgan apply me.jpg -v smile -v brows-up=-0.5 --strip -1,0,1
    """
    if (recipe is None) == (not vector):
        raise InputError(
            "give either vectors (--vector NAME) or an edit recipe (--recipe FILE), one of the two"
        )
    if recipe is not None:
        replay(find_photos(photos) if photos else [], recipe, opening, out)
        return
    if not photos:
        raise InputError("which photos? Give files or folders: editgan apply me.jpg --vector smile")
    _add_vectors(photos, vector or (), opening, out, refine_steps, extras, adding)


@grouped
def refine(
    photos: Annotated[list[Path], PHOTOS],
    *,
    vector: Annotated[list[str], VECTOR],
    opening: Opening,
    out: OutOption = Path("refined"),
    steps: Annotated[int, Option(min=1, max=1000, help="Clean-up steps; beyond 30 little changes.")] = 30,
    adding: Adding,
) -> None:
    """Add edit vectors, then clean up: the parts they made stay, what they did to the rest is taken back.

    The same as `editgan apply --refine-steps 30`. Several vectors are composed first and cleaned up once.
    """
    _add_vectors(photos, vector, opening, out, steps, Extras(), adding)


def find_photos(given: Sequence[Path]) -> list[Path]:
    """Files as they are, folders as the pictures in them by name. Raises InputError for none at all."""
    found: list[Path] = []
    for path in given:
        if path.is_dir():
            found += sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
        else:
            found.append(path)
    if not found:
        raise InputError(f"there are no photos in {', '.join(map(str, given))}")
    if len({path.stem for path in found}) < len(found):
        raise InputError("two photos have the same name, so one result would replace the other; rename one")
    return found


def _add_vectors(
    photos: Sequence[Path],
    vectors: Sequence[str],
    opening: Opening,
    out: Path,
    refine_steps: int,
    extras: Extras,
    adding: Adding,
) -> None:
    """All photos with the same vectors; what cannot be done is said before any of them is opened."""
    extras.check()
    sources = find_photos(photos)
    if opening.box is not None and len(sources) > 1:
        raise InputError(f"--box is for one photo, got {len(sources)}; apply the vectors to them one by one")
    kept = adding.marked()
    editor = load_editor(opening, opening.judge)
    strengths = parse_vectors(editor, vectors, extras.factors(), insist=adding.insist)
    composition = Composition(strengths, refine_steps, adding.paste, insist=adding.insist)
    work = AddingVectors(editor, composition, opening, out, extras, kept, adding.all_faces)
    stories = [work.add(source, is_only=len(sources) == 1) for source in sources]
    write_report(out, {"bundle": editor.bundle.name, "photos": stories})
    done = sum("error" not in story for story in stories)
    what, where = _many(len(strengths), "vector"), _many(len(sources), "photo")
    console.print(f"{what} applied to {done} of {where}; look into {out}/")


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
