"""Edit vectors on one photo after another, with strips and animations over their strengths."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from jaxtyping import Bool
from PIL import Image as PilImage
from torch import Tensor
from typer import Option

from editgan.batch.outcome import Outcome, outcomes
from editgan.bundle.opened import OpenPhoto
from editgan.cli.opening import open_all
from editgan.cli.options import AllFacesOption, KeepOption, Opening, PasteOption, parse_numbers
from editgan.cli.progress import console, walking
from editgan.cli.words import in_words
from editgan.core.animation import check_animation, save_animation, strip
from editgan.core.errors import EditGANError, InputError
from editgan.core.images import save_picture, to_pil
from editgan.data.masks import read_keep
from editgan.editing.composition import Composition, compose
from editgan.editing.library import find_vector
from editgan.editing.vector import EditVector
from editgan.editor import Editor

NUM_FRAMES = 16


@dataclass(frozen=True, kw_only=True)
class Adding:
    """How vectors are added; a group of options."""

    insist: Annotated[bool, Option("--insist", help="Try vectors of another bundle all the same.")] = False
    paste: PasteOption = "motion"
    keep: KeepOption = None
    all_faces: AllFacesOption = False

    def marked(self) -> Bool[Tensor, "h w"] | None:
        """Pixels of the photo that must not change."""
        return None if self.keep is None else read_keep(self.keep)


@dataclass(frozen=True, kw_only=True)
class Extras:
    """What else is made of each photo; a group of options."""

    strip: Annotated[
        str | None,
        Option(
            help="Also a strip of pictures, all strengths times each of these factors, like -1,0,0.5,1,1.5."
        ),
    ] = None
    animate: Annotated[
        str | None, Option(help="Also an animation from strength 0 up and back: gif, webp or mp4.")
    ] = None

    def factors(self) -> list[float]:
        """Of the strip; none without one."""
        if self.strip is None:
            return []
        return parse_numbers(self.strip, "--strip takes factors like -1,0,0.5,1")

    def check(self) -> None:
        """Raises InputError or UnavailableError for what could not be made."""
        self.factors()
        if self.animate is not None:
            check_animation(Path(f"animation.{self.animate}"))


@dataclass(frozen=True)
class AddingVectors:
    """The same vectors for several photos."""

    editor: Editor
    composition: Composition
    opening: Opening
    out: Path
    extras: Extras
    keep: Bool[Tensor, "h w"] | None = None  # pixels of every photo
    all_faces: bool = False

    def add(self, source: Path, *, is_only: bool) -> dict[str, Any]:
        """Edits one photo and gives its part of the report. One that cannot be opened is left out.

        Raises:
            EditGANError: it cannot be opened, and is the only one.
        """
        try:
            subjects, seconds = open_all(self.editor, source, self.opening, all_faces=self.all_faces)
            subjects[0].keeping(self.keep)  # its size is wrong before anything is made
        except EditGANError as error:
            if is_only:
                raise
            console.print(f"{source.name} is left out: {in_words(error)}", highlight=False)
            return {"photo": str(source), "error": str(error)}
        with walking(f"refining {source.name}", self.composition.refine_steps) as watch:
            made = outcomes(self.editor, subjects, self.composition, keep=self.keep, watch=watch)
        made[-1].result.save(self.out / f"{source.stem}.png")
        for one in made:
            self._save_extras(one, source.stem, is_only=len(made) == 1)
            for sentence in one.warnings:
                console.print(f"{source.name}: {sentence}", highlight=False)
        story = {"photo": str(source), **made[0].report, "embedding_seconds": seconds}
        return story if len(made) == 1 else story | {"faces": [one.report for one in made]}

    def _save_extras(self, made: Outcome, stem: str, *, is_only: bool) -> None:
        opened, composition = made.photo, made.result.composition
        stem = stem if is_only else f"{stem}-{opened.report.number}"
        if factors := self.extras.factors():
            captions = [f"{factor:+g}" if factor else "the photo" for factor in factors]
            pictures = self._edits(opened, composition, factors)
            save_picture(strip(pictures, captions), self.out / f"{stem}-strip.png")
        if self.extras.animate is not None:
            rising = [i / (NUM_FRAMES - 1) for i in range(NUM_FRAMES)]
            frames = self._edits(opened, composition, rising)
            save_animation(frames, self.out / f"{stem}.{self.extras.animate}")

    def _edits(
        self, opened: OpenPhoto, composition: Composition, factors: Sequence[float]
    ) -> list[PilImage.Image]:
        """The photo around its subject, with all strengths times each factor."""
        pictures = []
        for factor in factors:
            plain = replace(composition.scaled(factor), refine_steps=0, insist=True)
            result = self.editor.apply(opened, plain)
            pictures.append(to_pil(result.pixels).crop(opened.surroundings))
        return pictures


def parse_vectors(
    editor: Editor, texts: Sequence[str], factors: Sequence[float], *, insist: bool
) -> dict[EditVector, float]:
    """NAME, FILE, NAME=STRENGTH, FILE=STRENGTH.

    Raises InputError, before any photo is touched, also for what a strip's `factors` would make of them.
    """
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
        compose(anywhere, Composition(strengths).scaled(factor).strengths)
    return strengths
