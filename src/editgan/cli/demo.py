"""`editgan demo`: the whole story on a real portrait and on a sample."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from editgan.cli.options import DEFAULT_BUNDLE, BundleOption, DeviceOption
from editgan.cli.progress import console, walking
from editgan.core.config import known_json

if TYPE_CHECKING:
    from editgan.bundle.opened import OpenPhoto
    from editgan.core.sheets import Panel
    from editgan.editing.vectors import EditVector
    from editgan.editor import Editor

    Row = tuple[str, list[Panel]]  # of a contact sheet: heading and pictures

# Chosen by looking: each is (name, part operations), pixels of the 64 px bundle
PORTRAIT_EDITS = (
    ("close the smile", (("erase", "mouth_interior"),)),
    ("a broader smile", (("grow", "mouth_interior:1"),)),
)
SAMPLE_EDITS = (
    ("raise the brows", (("move", "brow:0,-2"),)),
    ("larger eyes", (("grow", "eye:1"),)),
)
SAMPLE_SEED = 1
# A vector learnt on one sample goes to the portrait and to another sample, where a second vector joins it
TEACHER_SEED = 100
TAUGHT = ("narrower nose", (("scale", "nose:0.8,1"),))
PUPIL_SEED = 1001
SECOND_VECTOR = "brows-up"
STRENGTHS = (-1.0, 0.5, 1.0, 1.5)


def demo(
    bundle: BundleOption = DEFAULT_BUNDLE,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the pictures.")] = Path("demo"),
    steps: Annotated[int, typer.Option(min=1, help="Steps of embedding, and at most of each edit.")] = 100,
    device: DeviceOption = None,
) -> None:
    """The whole story in pictures: a real portrait and a generated one, their parts, four edits, and what an
    edit vector learnt on one picture does to others.

    The portrait is scikit-image's `astronaut`, so nothing is downloaded. Look at OUT/sheet.png first.
    """
    from PIL import Image as PilImage
    from skimage.data import astronaut

    from editgan.cli.edit import write_report
    from editgan.core.images import save_picture
    from editgan.core.sheets import contact_sheet
    from editgan.editing.optimise import Editing
    from editgan.editor import Editor
    from editgan.inversion.embed import Embedding

    started, edit_steps = time.perf_counter(), min(steps, Editing().steps)
    editor = Editor.from_pretrained(bundle, device)
    portrait = out / "astronaut.png"
    pixels = astronaut()  # type: ignore[no-untyped-call]
    save_picture(PilImage.fromarray(pixels), portrait)
    with walking("embedding the astronaut", steps) as watch:
        photo = editor.open(portrait, embedding=Embedding(steps=steps), watch=watch)
    rows, stories = [], []
    for name, opened, edits in (
        ("A real photo", photo, PORTRAIT_EDITS),
        ("A generated picture", editor.sample(SAMPLE_SEED), SAMPLE_EDITS),
    ):
        folder = out / name.lower().replace(" ", "-")
        more_rows, story = _tell(editor, name, opened, edits, folder, edit_steps)
        rows += more_rows
        stories.append(story)
    more_rows, applied = _carry_over(editor, photo, out / "a-vector", edit_steps)
    rows += more_rows
    save_picture(
        contact_sheet(f"EditGAN: repaint a part, the photo follows ({editor.bundle.name})", rows),
        out / "sheet.png",
    )
    seconds = round(time.perf_counter() - started, 1)
    write_report(
        out, {"bundle": editor.bundle.name, "seconds": seconds, "photos": stories, "vectors": applied}
    )
    console.print(
        f"{sum(len(s['edits']) for s in stories)} edits in {seconds:.0f} s; look at {out / 'sheet.png'}"
    )


def _tell(
    editor: "Editor",
    name: str,
    opened: "OpenPhoto",
    edits: tuple[tuple[str, tuple[tuple[str, str], ...]], ...],
    folder: Path,
    steps: int,
) -> tuple[list["Row"], dict[str, Any]]:
    """All edits of one picture: rows of the sheet, and its part of the report."""
    from editgan.cli.edit import run_edit, save_edited, save_opened
    from editgan.cli.story import edit_panels, photo_panels
    from editgan.editing.parts import repaint

    save_opened(opened, folder)
    rows = [(name, photo_panels(opened))]
    reports = []
    for title, operations in edits:
        target = repaint(opened.label_map, editor.schema, operations)
        edited, seconds = run_edit(editor, opened, target, title.replace(" ", "-"), steps, "difference")
        save_edited(edited, editor.schema, folder / edited.vector.name)
        rows.append((title.capitalize(), edit_panels(opened, edited)))
        reports.append({"name": title, "seconds": seconds, **edited.report})
    return rows, {"picture": name, **known_json(opened.report), "edits": reports}


def _carry_over(
    editor: "Editor", portrait: "OpenPhoto", out: Path, steps: int
) -> tuple[list["Row"], list[dict[str, Any]]]:
    """One vector on two other pictures: a strip of strengths, then composed with a second, then refined."""
    from editgan.cli.edit import run_edit
    from editgan.core.images import to_pil
    from editgan.core.sheets import Panel
    from editgan.editing.library import built_in_vectors, find_vector
    from editgan.editing.parts import repaint

    (name, operations), teacher = TAUGHT, editor.sample(TEACHER_SEED)
    target = repaint(teacher.label_map, editor.schema, operations)
    edited, seconds = run_edit(editor, teacher, target, name.replace(" ", "-"), steps, "difference")
    edited.vector.save(out / f"{edited.vector.name}.safetensors")
    learnt = [
        Panel(to_pil(teacher.pixels), f"a sample, seed {TEACHER_SEED}"),
        Panel(to_pil(edited.result.pixels), f"a {name}, learnt in {seconds:.0f} s"),
    ]
    rows = [(f"One vector: a {name}", learnt)]
    both = {edited.vector: 1.0}
    if SECOND_VECTOR in built_in_vectors(editor.bundle):
        both[find_vector(editor.bundle, SECOND_VECTOR)] = 1.0
    asked: list[tuple[str, dict[EditVector, float], int]] = [
        *((f"{strength:+g}", {edited.vector: strength}, 0) for strength in STRENGTHS),
        (f"+1 and {SECOND_VECTOR}", both, 0),
        ("the same, refined", both, 30),
    ]
    reports = []
    for title, opened in (("the portrait", portrait), ("another sample", editor.sample(PUPIL_SEED))):
        panels = [Panel(to_pil(opened.pixels).crop(opened.surroundings), title)]
        for caption, strengths, refine_steps in asked:
            started = time.perf_counter()
            result = editor.apply(opened, strengths, refine_steps=refine_steps)
            took = time.perf_counter() - started
            panels.append(Panel(to_pil(result.pixels).crop(opened.surroundings), f"{caption} ({took:.2g} s)"))
            reports.append(
                {"picture": title, "name": caption, "seconds": round(took, 3), **known_json(result.report)}
            )
        result.save(out / f"{title.replace(' ', '-')}.png")
        rows.append((f"The same vector on {title}", panels))
    return rows, reports
