"""Edit vectors on one photo after another, with strips and animations over their strengths."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from jaxtyping import Bool
from PIL import Image as PilImage
from torch import Tensor
from typer import Option

from editgan.batch.outcome import outcomes
from editgan.batch.report import Row, row_of
from editgan.bundle.opened import OpenPhoto
from editgan.cli.opening import open_all
from editgan.cli.options import AllFacesOption, KeepOption, Opening, PasteOption, StripOption, parse_numbers
from editgan.cli.photos import GivenPhoto
from editgan.cli.progress import walking
from editgan.cli.saying import say
from editgan.core.animation import check_animation, save_animation, strip
from editgan.core.errors import InputError
from editgan.core.files import filling
from editgan.core.images import save_picture, to_pil
from editgan.data.masks import read_keep
from editgan.editing.composition import Composition, compose
from editgan.editing.library import find_vector
from editgan.editing.vector import EditVector
from editgan.editor import Editor

NUM_FRAMES = 16
STRIP = "-strip.png"


@dataclass(frozen=True, kw_only=True)
class Adding:
    """How vectors are added; a group of options."""

    insist: Annotated[bool, Option("--insist", help="Try vectors of another bundle all the same.")] = False
    paste: PasteOption = "geometry"
    keep: KeepOption = None
    strip_metadata: StripOption = False
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

    @property
    def endings(self) -> list[str]:
        """What is added to a photo's stem for each of its results."""
        asked = {STRIP: self.strip is not None, f".{self.animate}": self.animate is not None}
        return [".png", *(ending for ending, is_asked in asked.items() if is_asked)]

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
    strip_metadata: bool = False
    all_faces: bool = False

    def add(self, photo: GivenPhoto, stem: str) -> Row:
        """Edits one photo; its results are called after the stem, and are written all or none.

        Raises:
            EditGANError: it cannot be opened.
        """
        started = time.perf_counter()
        subjects, embedding_seconds = open_all(self.editor, photo, self.opening, all_faces=self.all_faces)
        with walking(f"refining {photo.file_name}", self.composition.refine_steps) as watch:
            made = outcomes(self.editor, subjects, self.composition, keep=self.keep, watch=watch)
        with filling(self.out) as scratch:
            made[-1].result.save(scratch / f"{stem}.png", strip_metadata=self.strip_metadata)
            self._save_extras(subjects[0], made[0].result.composition, scratch, stem)
        for sentence in dict.fromkeys(sentence for one in made for sentence in one.warnings):
            say(f"{photo.file_name}: {sentence}")
        faces = {"faces": [one.report for one in made]} if self.all_faces else {}
        return replace(
            row_of(made, photo.name),
            output=f"{stem}.png",
            seconds=round(time.perf_counter() - started, 3),
            details=made[0].report | {"embedding_seconds": embedding_seconds} | faces,
        )

    def _save_extras(self, opened: OpenPhoto, composition: Composition, out: Path, stem: str) -> None:
        if factors := self.extras.factors():
            captions = [f"{factor:+g}" if factor else "the photo" for factor in factors]
            pictures = self._edits(opened, composition, factors)
            save_picture(strip(pictures, captions), out / f"{stem}{STRIP}")
        if self.extras.animate is not None:
            rising = [i / (NUM_FRAMES - 1) for i in range(NUM_FRAMES)]
            frames = self._edits(opened, composition, rising)
            save_animation(frames, out / f"{stem}.{self.extras.animate}")

    def _edits(
        self, opened: OpenPhoto, composition: Composition, factors: Sequence[float]
    ) -> list[PilImage.Image]:
        """The photo around its subject, with all strengths times each factor."""
        pictures = []
        for factor in factors:
            plain = replace(composition.scaled(factor), refine_steps=0, insist=True)
            result = self.editor.apply(opened, plain)
            pictures.append(to_pil(opened.close_up(result.pixels)))
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
    anywhere = generator.broadcast(generator.w_avg[None])
    for factor in (1.0, *factors):
        compose(anywhere, Composition(strengths).scaled(factor).strengths)
    return strengths
