"""`editgan apply` and `editgan refine`: edit vectors on one photo, several, or folders of them."""

from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Annotated

from typer import Exit, Option

from editgan.batch.naming import result_stems
from editgan.batch.report import REPORT, TABLE, Report
from editgan.batch.run import one_by_one
from editgan.cli.adding import Adding, AddingVectors, Extras, parse_vectors
from editgan.cli.groups import grouped
from editgan.cli.opening import load_editor
from editgan.cli.options import Opening
from editgan.cli.photos import PHOTOS, GivenPhoto, find_photos
from editgan.cli.placing import Results
from editgan.cli.replay import replay
from editgan.cli.results import about_software
from editgan.cli.saying import say
from editgan.cli.words import in_words
from editgan.core.errors import InputError
from editgan.editing.composition import Composition

SOME_LEFT_OUT, ALL_LEFT_OUT = 3, 2  # exit codes
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
    results: Results,
    refine_steps: Annotated[
        int, Option(min=0, max=1000, help="Clean-up steps after adding the vectors; 0: none.")
    ] = 0,
    extras: Extras,
    adding: Adding,
) -> None:
    """Add edit vectors learnt before to photos, each at its strength; their order does not matter.

    Writes the edited photos at their own size, and what became of each into report.json and report.csv. Each
    is embedded once and kept in a cache, so that the next vectors need no optimisation at all.

    A photo that cannot be edited does not end a run: exit code 3 says that some were left out, 2 that all
    were.

    Example: editgan apply me.jpg -v smile -v brows-up=-0.5 --strip -1,0,1
    """
    if (recipe is None) == (not vector):
        raise InputError(
            "give either vectors (--vector NAME) or an edit recipe (--recipe FILE), one of the two"
        )
    if recipe is not None:
        given = find_photos(photos) if photos else []
        replay(given, recipe, opening, results, strip_metadata=adding.strip_metadata)
        return
    if not photos:
        raise InputError("which photos? Give files or folders: editgan apply me.jpg --vector smile")
    _add_vectors("applied", photos, vector or (), opening, results, refine_steps, extras, adding)


@grouped
def refine(
    photos: Annotated[list[Path], PHOTOS],
    *,
    vector: Annotated[list[str], VECTOR],
    opening: Opening,
    results: Results,
    steps: Annotated[int, Option(min=1, max=1000, help="Clean-up steps; beyond 30 little changes.")] = 30,
    adding: Adding,
) -> None:
    """Add edit vectors, then clean up: the parts they made stay, what they did to the rest is taken back.

    The same as `editgan apply --refine-steps 30`. Several vectors are composed first and cleaned up once.
    """
    _add_vectors("refined", photos, vector, opening, results, steps, Extras(), adding)


def _add_vectors(
    default: str,
    photos: Sequence[Path],
    vectors: Sequence[str],
    opening: Opening,
    results: Results,
    refine_steps: int,
    extras: Extras,
    adding: Adding,
) -> None:
    """All photos with the same vectors; what cannot be done is said before any of them is opened."""
    extras.check()
    given = find_photos(photos)
    if opening.box is not None and len(given) > 1:
        raise InputError(f"--box is for one photo, got {len(given)}; apply the vectors to them one by one")
    if adding.all_faces and len(extras.endings) > 1:
        raise InputError("--strip and --animate show one face; choose it with --face instead of --all-faces")
    stems = result_stems([photo.file_name for photo in given], extras.endings)
    files = [stem + ending for stem in stems for ending in extras.endings]
    inputs = [*(photo.path for photo in given), adding.keep, *map(Path, vectors)]
    with results.folder(default, [*files, REPORT, TABLE], inputs) as out:
        kept = adding.marked()
        editor = load_editor(opening, opening.judge)
        strengths = parse_vectors(editor, vectors, extras.factors(), insist=adding.insist)
        composition = Composition(strengths, refine_steps, adding.paste, insist=adding.insist)
        work = AddingVectors(
            editor, composition, opening, out, extras, kept, adding.strip_metadata, adding.all_faces
        )
        done = _all(work, list(zip(given, stems, strict=True)))
    what, where = _many(len(strengths), "vector"), _many(len(given), "photo")
    say(f"{what} applied to {done} of {where}; look into {out}/")
    if done < len(given):
        raise Exit(SOME_LEFT_OUT if done else ALL_LEFT_OUT)


def _all(work: AddingVectors, photos: Sequence[tuple[GivenPhoto, str]]) -> int:
    """Edits one after another, and reports as it goes; how many were edited."""
    names = [photo.name for photo, _ in photos]
    about = about_software() | {"bundle": work.editor.bundle.name}
    jobs = [(photo.name, (photo, stem)) for photo, stem in photos]
    report = Report(work.out, about, names)
    try:
        with report:
            for row in one_by_one(jobs, lambda job: work.add(*job), report, in_words):
                if row.error is not None:
                    say(f"{PurePath(row.photo).name} is left out: {row.error}")
    except KeyboardInterrupt:
        say(f"stopped; {report.done} of {_many(len(photos), 'photo')} done")
        raise
    return report.done


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
