"""`editgan demo`: the whole story on a real portrait and on a sample."""

import time
from pathlib import Path
from typing import Annotated, Any

from PIL import Image as PilImage
from typer import Option

from editgan.batch.report import REPORT
from editgan.bundle.opened import OpenPhoto
from editgan.cli.edit import run_edit
from editgan.cli.groups import grouped
from editgan.cli.options import Networks
from editgan.cli.placing import OverwriteOption
from editgan.cli.progress import walking
from editgan.cli.results import save_edited, save_opened, write_report
from editgan.cli.saying import say
from editgan.cli.story import STORY, edit_panels, photo_panels
from editgan.core.config import known_json
from editgan.core.errors import InputError
from editgan.core.files import filling, making, read_json
from editgan.core.images import save_picture, to_pil
from editgan.core.sheets import Panel, contact_sheet
from editgan.editing.composition import NOTHING
from editgan.editing.library import built_in_vectors, find_vector
from editgan.editing.parts import all_enlarged
from editgan.editing.vector import EditVector
from editgan.editing.walk import Editing
from editgan.editor import Editor
from editgan.evaluation.tasks import LABEL_PX
from editgan.inversion.embed import Embedding

Row = tuple[str, list[Panel]]  # of a contact sheet: heading and pictures
Operations = tuple[tuple[str, str], ...]  # on parts
Edits = tuple[tuple[str, Operations], ...]  # of a picture, by name

# Chosen by looking: each is (name, part operations), in pixels of 64 px label maps
PORTRAIT_EDITS = (
    ("raise the brows", (("move", "brow:0,-2"),)),
    ("larger eyes", (("scale", "eye:1.1,1.3"),)),
    ("a broader smile", (("scale", "mouth:1.15,1"), ("bend", "mouth:1"))),
    ("a closed mouth", (("erase", "mouth_interior"),)),
)
SAMPLE_EDITS = (("raise the brows", (("move", "brow:0,-2"),)), ("larger eyes", (("grow", "eye:1"),)))
SAMPLE_SEED = 1
# A vector learnt on one sample goes to the portrait and to another sample, where a second vector joins it
TEACHER_SEED = 100
TAUGHT = ("narrower nose", (("scale", "nose:0.87,1"),))
PUPIL_SEED = 1001
SECOND_VECTOR = "brows-up"
STRENGTHS = (-1.0, 0.5, 1.0, 1.5)


@grouped
def demo(
    *,
    networks: Networks,
    out: Annotated[
        Path, Option("--out", "-o", help="Folder for the pictures; those of an earlier demo are replaced.")
    ] = Path("demo"),
    overwrite: OverwriteOption = False,
    steps: Annotated[int, Option(min=1, help="Steps of embedding, and at most of each edit.")] = 60,
) -> None:
    """The whole story in pictures: a real portrait and a generated one, their parts, six edits, and what an
    edit vector learnt on one picture does to others.

    The portrait is scikit-image's `astronaut`, so nothing is downloaded. Look at OUT/sheet.png first.
    """
    if not overwrite:
        _check_own(out)
    with making(out), filling(out) as scratch:
        say(f"{_pictures(networks, scratch, steps)}; look at {out / STORY}")


def _check_own(out: Path) -> None:
    """Raises InputError for a folder with something else in it than an earlier demo."""
    if out.is_dir() and any(out.iterdir()):
        known = read_json(out / REPORT) if (out / REPORT).is_file() else {}
        if not {"software", "photos", "vectors"} <= set(known):
            raise InputError(
                f"{out} has something else in it than an earlier demo; choose another --out, or go there all "
                "the same with --overwrite"
            )


def _pictures(networks: Networks, out: Path, steps: int) -> str:
    """All of the demo; gives what was done."""
    started, edit_steps = time.perf_counter(), min(steps, Editing().steps)
    editor = Editor.from_pretrained(networks.bundle, networks.device)
    portrait = _open_portrait(editor, out / "astronaut.png", steps)
    sample = editor.sample(SAMPLE_SEED)
    rows, photo_story = _tell(editor, "A real photo", portrait, PORTRAIT_EDITS, out, edit_steps)
    more, sample_story = _tell(editor, "A generated picture", sample, SAMPLE_EDITS, out, edit_steps)
    carried, applied = _carry_over(editor, portrait, out / "a-vector", edit_steps)
    title = f"EditGAN: repaint a part, the photo follows ({editor.bundle.name})"
    save_picture(contact_sheet(title, [*rows, *more, *carried]), out / STORY)
    seconds, stories = round(time.perf_counter() - started, 1), [photo_story, sample_story]
    about = {"bundle": editor.bundle.name, "seconds": seconds}
    write_report(out, {**about, "photos": stories, "vectors": applied})
    edits = sum(len(story["edits"]) for story in stories)
    return f"{edits} edits in {seconds:.0f} s"


def _open_portrait(editor: Editor, path: Path, steps: int) -> OpenPhoto:
    from skimage.data import astronaut

    save_picture(PilImage.fromarray(astronaut()), path)  # type: ignore[no-untyped-call]
    with walking("embedding the astronaut", steps) as watch:
        return editor.open(path, embedding=Embedding(steps=steps), watch=watch)


def _tell(
    editor: Editor, name: str, opened: OpenPhoto, edits: Edits, out: Path, steps: int
) -> tuple[list[Row], dict[str, Any]]:
    """All edits of one picture: rows of the sheet, and its part of the report."""
    folder = out / name.lower().replace(" ", "-")
    save_opened(opened, folder)
    rows = [(name, photo_panels(opened))]
    reports = []
    for title, operations in edits:
        wanted = _in_its_pixels(editor, operations)
        edited, seconds = run_edit(editor, opened, wanted, title.replace(" ", "-"), steps, NOTHING)
        save_edited(edited, editor.schema, folder / edited.vector.name)
        rows.append((title.capitalize(), edit_panels(opened, edited)))
        reports.append({"name": title, "seconds": seconds, **edited.report})
    return rows, {"picture": name, **known_json(opened.report), "edits": reports}


def _in_its_pixels(editor: Editor, operations: Operations) -> Operations:
    return all_enlarged(operations, max(1, editor.bundle.label_side / LABEL_PX))


def _carry_over(
    editor: Editor, portrait: OpenPhoto, out: Path, steps: int
) -> tuple[list[Row], list[dict[str, Any]]]:
    """One vector on two other pictures: a strip of strengths, then composed with a second, then refined."""
    (name, operations), teacher = TAUGHT, editor.sample(TEACHER_SEED)
    wanted = _in_its_pixels(editor, operations)
    edited, seconds = run_edit(editor, teacher, wanted, name.replace(" ", "-"), steps, NOTHING)
    edited.vector.save(out / f"{edited.vector.name}.safetensors")
    learnt = [
        Panel(to_pil(teacher.pixels), f"a sample, seed {TEACHER_SEED}"),
        Panel(to_pil(edited.result.pixels), f"a {name}, learnt in {seconds:.0f} s"),
    ]
    rows = [(f"One vector: a {name}", learnt)]
    reports = []
    for title, opened in (("the portrait", portrait), ("another sample", editor.sample(PUPIL_SEED))):
        panels = [Panel(to_pil(opened.pixels).crop(opened.surroundings), title)]
        for caption, strengths, refine_steps in _tries(editor, edited.vector):
            started = time.perf_counter()
            result = editor.apply(opened, strengths, refine_steps=refine_steps)
            took = time.perf_counter() - started
            panels.append(Panel(to_pil(result.pixels).crop(opened.surroundings), f"{caption} ({took:.2g} s)"))
            about = {"picture": title, "name": caption, "seconds": round(took, 3)}
            reports.append(about | known_json(result.report))
        result.save(out / f"{title.replace(' ', '-')}.png")
        rows.append((f"The same vector on {title}", panels))
    return rows, reports


def _tries(editor: Editor, vector: EditVector) -> list[tuple[str, dict[EditVector, float], int]]:
    """Caption, strengths and refinement steps of every picture in a row."""
    both = {vector: 1.0}
    if SECOND_VECTOR in built_in_vectors(editor.bundle):
        both[find_vector(editor.bundle, SECOND_VECTOR)] = 1.0
    return [
        *((f"{strength:+g}", {vector: strength}, 0) for strength in STRENGTHS),
        (f"+1 and {SECOND_VECTOR}", both, 0),
        ("the same, refined", both, 30),
    ]
