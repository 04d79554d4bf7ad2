"""`editgan embed`, `editgan edit`: a photo in, pictures and a report out."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from editgan.batch.report import REPORT
from editgan.bundle.opened import OpenPhoto
from editgan.cli.groups import grouped
from editgan.cli.opening import load_editor, open_all, open_photo
from editgan.cli.options import (
    EMBED_STEPS,
    AllFacesOption,
    KeepOption,
    Opening,
    Operations,
    PasteOption,
    StripOption,
    check_name,
)
from editgan.cli.photos import PhotoArgument, given_photo
from editgan.cli.placing import Results
from editgan.cli.progress import stoppable, walking
from editgan.cli.results import OPENED, edited_files, save_edited, save_opened, write_report
from editgan.cli.saying import say
from editgan.cli.story import STORY, save_story
from editgan.core.config import known_json
from editgan.core.errors import InputError
from editgan.core.files import filling
from editgan.core.label_pictures import load_label_map
from editgan.data.masks import read_keep
from editgan.editing.composition import Composition
from editgan.editing.learn import Target
from editgan.editing.outcome import Edit, onwards
from editgan.editing.walk import Editing
from editgan.editor import Editor


@dataclass(frozen=True, kw_only=True)
class Embedded(Opening):
    """Of `embed`, where --steps can only be those of fitting the photo."""

    embed_steps: Annotated[int, Option("--steps", min=0, max=10_000, help=EMBED_STEPS)] = 60


@grouped
def embed(photo: PhotoArgument, *, opening: Embedded, results: Results) -> None:
    """Find the subject in a photo, align it, fit the generator to it, and show its parts.

    Writes aligned.png, reconstruction.png, parts.png (class ids; paint on it and give it to `editgan edit
    --target`), overlay.png, w_plus.safetensors and report.json.
    """
    given = given_photo(photo)
    with results.folder("embedded", [*OPENED, REPORT], [given.path]) as out:
        editor = load_editor(opening, opening.judge)
        opened, seconds = open_photo(editor, given, opening)
        about = {"photo": given.name, "bundle": editor.bundle.name, "seconds": seconds}
        with filling(out) as scratch:
            save_opened(opened, scratch)
            write_report(scratch, about | known_json(opened.report))
    psnr = opened.report.reconstruction_psnr_db
    say(f"reconstructed at {psnr:.1f} dB; parts in {out}/overlay.png")


@grouped
def edit(
    photo: PhotoArgument,
    *,
    target: Annotated[
        Path | None, Option(help="The repainted parts: a palette PNG, made from parts.png.")
    ] = None,
    operations: Operations,
    opening: Opening,
    results: Results,
    name: Annotated[str, Option(help="What to call the edit vector.")] = "edit",
    edit_steps: Annotated[int, Option("--steps", min=1, max=10_000, help="Steps of the edit, at most.")] = 40,
    keep: KeepOption = None,
    paste: PasteOption = "geometry",
    strip_metadata: StripOption = False,
    all_faces: AllFacesOption = False,
) -> None:
    """Repaint parts of a photo and let the photo follow.

    Say what should change either with --target, or in words, without painting; several operations are
    carried out in the order of the options below. Pixels are those of parts.png, not the photo's.

    Writes edited.png (your photo at its own size; outside the region every pixel is the original's), the
    steps in between as pictures, sheet.png (the story at a glance), the edit vector, and report.json.

    Ctrl-C ends the edit early and keeps its best so far.

    Operations may be given several times. Example: editgan edit me.jpg --move brow:0,-2 --grow iris:1
    """
    _check_wish(target, operations, name, all_faces=all_faces)
    given, files = given_photo(photo), [*OPENED, *edited_files(name), STORY, REPORT]
    with results.folder("edited", files, [given.path, target, keep]) as out:
        editor = load_editor(opening, opening.judge)
        # Files first: what is wrong with them is said before the long part
        painted = load_label_map(target, editor.schema) if target is not None else None
        kept = read_keep(keep) if keep is not None else None
        subjects, embed_seconds = open_all(editor, given, opening, all_faces=all_faces)
        places = _places(subjects)
        for place in places:
            results.check(out / place / REPORT)
        done: list[Made] = []
        for opened in subjects:
            on = Composition({}, paste_mode=paste, keep=opened.keeping(kept))
            wanted = painted if painted is not None else operations.asked()
            # Each is edited into what the one before left
            so_far = onwards(opened, done[-1].edited.result if done else None)
            done.append(Made(so_far, *run_edit(editor, so_far, wanted, name, edit_steps, on)))
        about = {"photo": given.name, "bundle": editor.bundle.name, "embedding_seconds": embed_seconds}
        with filling(out) as scratch:
            for made, place in zip(done, places, strict=True):
                made.save(given.file_name, scratch / place, strip_metadata=strip_metadata)
            done[-1].edited.result.save(scratch / "edited.png", strip_metadata=strip_metadata)
            edits = {"edits": [made.report(name) for made in done]}
            write_report(scratch, about | known_json(subjects[0].report) | edits)
    for made in done:
        for sentence in made.edited.result.report.warnings:
            if sentence != made.opened.warning:  # which was said when it was opened
                say(f"{given.file_name}: {sentence}")
        say(_summary(made.edited))
    say(f"your photo: {out}/edited.png")


def _places(subjects: Sequence[OpenPhoto]) -> list[str]:
    """The folder below the results' own where each subject's files go."""
    return ["."] if len(subjects) == 1 else [f"face-{opened.report.number}" for opened in subjects]


@dataclass(frozen=True, slots=True)
class Made:
    """One subject's edit."""

    opened: OpenPhoto
    edited: Edit
    seconds: float

    def report(self, name: str) -> dict[str, Any]:
        """Its part of report.json."""
        number = self.opened.report.number
        of = {} if number is None else {"number": number}
        return {"name": name, **of, "seconds": self.seconds, **self.edited.report}

    def save(self, photo: str, out: Path, *, strip_metadata: bool) -> None:
        """The steps in between."""
        out.mkdir(exist_ok=True)
        save_opened(self.opened, out)
        save_edited(self.edited, self.opened.schema, out, strip_metadata=strip_metadata)
        save_story(photo, self.opened, self.edited, out / STORY)


def run_edit(
    editor: Editor, opened: OpenPhoto, target: Target, name: str, steps: int, on: Composition
) -> tuple[Edit, float]:
    """Edit with a progress bar; also the seconds it took. Ctrl-C keeps the best so far."""
    started = time.perf_counter()
    with walking(f"editing: {name}", steps) as bar, stoppable(bar) as watch:
        settings = Editing(steps=steps)
        edited = editor.edit(opened, target, name=name, settings=settings, on=on, watch=watch)
    return edited, round(time.perf_counter() - started, 2)


def _check_wish(target: Path | None, operations: Operations, name: str, *, all_faces: bool) -> None:
    check_name(name)
    if target is not None and all_faces:
        raise InputError("--target is one face's parts; choose the face with --face instead of --all-faces")
    if (target is None) == (not operations.asked()):
        raise InputError(
            "an edit needs either --target or part operations (--grow, --move, ...), one of the two"
        )


def _summary(edited: Edit) -> str:
    seen = "seen in the photo {seen_iou_before:.2f} -> {seen_iou_after:.2f}; "
    return (
        "target reached {target_iou_before:.2f} -> {target_iou_after:.2f}; "
        + (seen if edited.reached.seen_iou_after is not None else "")
        + "outside kept at {outside_psnr_db:.1f} dB"
    ).format(**edited.report)
