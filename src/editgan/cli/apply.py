"""`editgan apply` and `editgan refine`: edit vectors on one photo, several, or folders of them."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from editgan.cli.edit import load_editor, open_photo, write_report
from editgan.cli.options import (
    DEFAULT_BUNDLE,
    BoxOption,
    BundleOption,
    DeviceOption,
    EmbedSteps,
    FidelityOption,
    FreshOption,
    JudgeOption,
    OutOption,
    PasteOption,
    parse_numbers,
)
from editgan.cli.progress import console, walking
from editgan.cli.words import in_words
from editgan.core.config import known_json
from editgan.core.errors import EditGANError, InputError

if TYPE_CHECKING:
    from PIL import Image as PilImage

    from editgan.bundle.opened import OpenPhoto
    from editgan.editing.composition import PasteMode
    from editgan.editing.vectors import EditVector
    from editgan.editor import Editor

PhotosArgument = Annotated[list[Path], typer.Argument(help="Photos, or folders of photos.")]
MaybePhotosArgument = Annotated[
    list[Path] | None, typer.Argument(help="Photos, or folders of photos.", show_default=False)
]
_VECTOR = typer.Option(
    "--vector",
    "-v",
    help="NAME of one of the bundle's vectors (`editgan vectors list`) or a FILE; NAME=STRENGTH, like "
    "smile=-0.5. May be given several times.",
)
VectorOption = Annotated[list[str], _VECTOR]
MaybeVectorOption = Annotated[list[str] | None, _VECTOR]
RecipeOption = Annotated[
    Path | None,
    typer.Option(
        help="An edit recipe (.json) from the studio: does the same to the same photo, instead of --vector.",
        show_default=False,
    ),
]
StripOption = Annotated[
    str | None,
    typer.Option(
        help="Also a strip of pictures, all strengths times each of these factors, like -1,0,0.5,1,1.5.",
        show_default=False,
    ),
]
AnimateOption = Annotated[
    str | None,
    typer.Option(help="Also an animation from strength 0 up and back: gif, webp or mp4.", show_default=False),
]
InsistOption = Annotated[bool, typer.Option("--insist", help="Try vectors of another bundle all the same.")]
NUM_FRAMES = 16


def apply(
    photos: MaybePhotosArgument = None,
    vector: MaybeVectorOption = None,
    recipe: RecipeOption = None,
    bundle: BundleOption = DEFAULT_BUNDLE,
    out: OutOption = Path("applied"),
    refine_steps: Annotated[
        int, typer.Option(min=0, max=1000, help="Clean-up steps after adding the vectors; 0: none.")
    ] = 0,
    strip: StripOption = None,
    animate: AnimateOption = None,
    insist: InsistOption = False,
    box: BoxOption = None,
    embed_steps: EmbedSteps = 100,
    fidelity: FidelityOption = "standard",
    fresh: FreshOption = False,
    paste: PasteOption = "difference",
    judge: JudgeOption = "default",
    device: DeviceOption = None,
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
        from editgan.cli.replay import replay

        replay(find_photos(photos) if photos else [], recipe, bundle, out, device)
        return
    assert vector is not None
    if not photos:
        raise InputError("which photos? Give files or folders: editgan apply me.jpg --vector smile")
    from editgan.editing.composition import Composition

    factors = None if strip is None else parse_numbers(strip, "--strip takes factors like -1,0,0.5,1")
    sources = find_photos(photos)
    if box is not None and len(sources) > 1:
        raise InputError(f"--box is for one photo, got {len(sources)}; apply the vectors to them one by one")
    if animate is not None:
        from editgan.core.animation import check_animation

        check_animation(Path(f"animation.{animate}"))
    editor = load_editor(bundle, device, judge)
    strengths = parse_vectors(editor, vector, factors or (), insist=insist)
    stories: list[dict[str, Any]] = []
    for source in sources:
        try:
            opened, seconds = open_photo(editor, source, box, embed_steps, fidelity, fresh=fresh)
        except EditGANError as error:
            if len(sources) == 1:
                raise
            console.print(f"{source.name} is left out: {in_words(error)}", highlight=False)
            stories.append({"photo": str(source), "error": str(error)})
            continue
        started = time.perf_counter()
        with walking(f"refining {source.name}", refine_steps) as watch:
            composition = Composition(strengths, refine_steps, paste, insist=insist)
            result = editor.apply(opened, composition, watch=watch)
        times = {"embedding_seconds": seconds, "apply_seconds": round(time.perf_counter() - started, 3)}
        result.save(out / f"{source.stem}.png")
        if factors is not None:
            _strip(editor, opened, strengths, factors, paste, out / f"{source.stem}-strip.png")
        if animate is not None:
            _animation(editor, opened, strengths, paste, out / f"{source.stem}.{animate}")
        for sentence in result.report.warnings:
            if sentence != opened.warning:  # which was said on opening
                console.print(f"{source.name}: {sentence}", highlight=False)
        stories.append(
            {"photo": str(source), **times, **known_json(opened.report), **known_json(result.report)}
        )
    write_report(out, {"bundle": editor.bundle.name, "photos": stories})
    done = sum("error" not in story for story in stories)
    console.print(f"{len(strengths)} vectors applied to {done} of {len(sources)} photos; look into {out}/")


def refine(
    photos: PhotosArgument,
    vector: VectorOption,
    bundle: BundleOption = DEFAULT_BUNDLE,
    out: OutOption = Path("refined"),
    steps: Annotated[
        int, typer.Option(min=1, max=1000, help="Clean-up steps; beyond 30 little changes.")
    ] = 30,
    insist: InsistOption = False,
    box: BoxOption = None,
    embed_steps: EmbedSteps = 100,
    fidelity: FidelityOption = "standard",
    fresh: FreshOption = False,
    paste: PasteOption = "difference",
    judge: JudgeOption = "default",
    device: DeviceOption = None,
) -> None:
    """Add edit vectors, then clean up: the parts they made stay, what they did to the rest is taken back.

    The same as `editgan apply --refine-steps 30`. Several vectors are composed first and cleaned up once.
    """
    apply(
        photos,
        vector,
        bundle=bundle,
        out=out,
        refine_steps=steps,
        insist=insist,
        box=box,
        embed_steps=embed_steps,
        fidelity=fidelity,
        fresh=fresh,
        paste=paste,
        judge=judge,
        device=device,
    )


def find_photos(given: Sequence[Path]) -> list[Path]:
    """Files as they are, folders as the pictures in them by name. Raises InputError for none at all."""
    from editgan.data.photos import SUFFIXES

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


def parse_vectors(
    editor: "Editor", texts: Sequence[str], factors: Sequence[float] = (), *, insist: bool = False
) -> dict["EditVector", float]:
    """NAME, FILE, NAME=STRENGTH, FILE=STRENGTH.

    Raises InputError, before any photo is touched, also for what a strip's `factors` would make of them.
    """
    from editgan.editing.composition import compose
    from editgan.editing.library import find_vector

    strengths = {}
    for text in texts:
        name, _, number = text.rpartition("=") if "=" in text else (text, "", "1")
        try:
            strength = float(number)
        except ValueError:
            raise InputError(f"--vector takes NAME=STRENGTH with a number, got {text!r}") from None
        vector = find_vector(editor.bundle, name)
        vector.check_fit(editor.bundle, insist=insist)
        strengths[vector] = strength
    generator = editor.bundle.generator
    anywhere = generator.broadcast(generator.mapping.w_avg[None])
    for factor in (1.0, *factors):
        compose(anywhere, scaled(strengths, factor))
    return strengths


def scaled(strengths: dict["EditVector", float], factor: float) -> dict["EditVector", float]:
    """All strengths times the same factor."""
    return {vector: factor * strength for vector, strength in strengths.items()}


def around_edits(
    editor: "Editor",
    opened: "OpenPhoto",
    strengths: dict["EditVector", float],
    factors: Sequence[float],
    paste: "PasteMode" = "difference",
) -> list["PilImage.Image"]:
    """The photo around its subject, with all strengths times each factor."""
    from editgan.core.images import to_pil
    from editgan.editing.composition import Composition

    pictures = []
    for factor in factors:
        composition = Composition(scaled(strengths, factor), paste_mode=paste, insist=True)
        result = editor.apply(opened, composition)
        pictures.append(to_pil(result.pixels).crop(opened.surroundings))
    return pictures


def _strip(
    editor: "Editor",
    opened: "OpenPhoto",
    strengths: dict["EditVector", float],
    factors: Sequence[float],
    paste: "PasteMode",
    path: Path,
) -> None:
    from editgan.core.animation import strip
    from editgan.core.images import save_picture

    captions = [f"{factor:+g}" if factor else "the photo" for factor in factors]
    save_picture(strip(around_edits(editor, opened, strengths, factors, paste), captions), path)


def _animation(
    editor: "Editor",
    opened: "OpenPhoto",
    strengths: dict["EditVector", float],
    paste: "PasteMode",
    path: Path,
) -> None:
    from editgan.core.animation import save_animation

    factors = [i / (NUM_FRAMES - 1) for i in range(NUM_FRAMES)]
    save_animation(around_edits(editor, opened, strengths, factors, paste), path)
