"""`editgan demo`: the whole story on a real portrait and on a sample."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from editgan.cli.options import DEFAULT_BUNDLE, BundleOption, DeviceOption
from editgan.cli.progress import console, walking

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
# The vector of the sample's first edit goes to the portrait and to another sample, where a second joins it
OTHER_SEED = 1002
SECOND_VECTOR = ("smile", 1.0)
STRENGTHS = (0.5, 1.0, 1.5)


def demo(
    bundle: BundleOption = DEFAULT_BUNDLE,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the pictures.")] = Path("demo"),
    steps: Annotated[int, typer.Option(min=1, help="Steps of embedding and of each edit.")] = 100,
    device: DeviceOption = None,
) -> None:
    """The whole story in pictures: a real portrait and a generated one, their parts, four edits, and what an
    edit vector learnt on one of them does to others.

    The portrait is scikit-image's `astronaut`, so nothing is downloaded. Look at OUT/sheet.png first.
    """
    from PIL import Image as PilImage
    from skimage.data import astronaut

    from editgan.cli.edit import write_report
    from editgan.core.images import save_picture
    from editgan.core.sheets import contact_sheet
    from editgan.editor import Editor
    from editgan.inversion.embed import Embedding

    started = time.perf_counter()
    editor = Editor.from_pretrained(bundle, device)
    portrait = out / "astronaut.png"
    pixels = astronaut()  # type: ignore[no-untyped-call]
    save_picture(PilImage.fromarray(pixels), portrait)
    with walking("embedding the astronaut", steps) as watch:
        photo = editor.open(portrait, embedding=Embedding(steps=steps), watch=watch)
    rows, stories, vectors = [], [], []
    for name, opened, edits in (
        ("A real photo", photo, PORTRAIT_EDITS),
        ("A generated picture", editor.sample(SAMPLE_SEED), SAMPLE_EDITS),
    ):
        folder = out / name.lower().replace(" ", "-")
        more_rows, story, learnt = _tell(editor, name, opened, edits, folder, steps)
        rows += more_rows
        stories.append(story)
        vectors += learnt
    more_rows, applied = _carry_over(editor, vectors[len(PORTRAIT_EDITS)], photo, out)
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
) -> tuple[list["Row"], dict[str, Any], list["EditVector"]]:
    """All edits of one picture: rows of the sheet, its part of the report, and the vectors."""
    from editgan.cli.edit import run_edit, save_edited, save_opened
    from editgan.cli.story import edit_panels, photo_panels
    from editgan.editing.parts import repaint

    save_opened(opened, folder)
    rows = [(name, photo_panels(opened))]
    reports, vectors = [], []
    for title, operations in edits:
        target = repaint(opened.label_map, editor.schema, operations)
        edited, seconds = run_edit(editor, opened, target, title.replace(" ", "-"), steps, "difference")
        save_edited(edited, editor.schema, folder / edited.vector.name)
        rows.append((title.capitalize(), edit_panels(opened, edited)))
        reports.append({"name": title, "seconds": seconds, **edited.report})
        vectors.append(edited.vector)
    return rows, {"picture": name, **opened.report, "edits": reports}, vectors


def _carry_over(
    editor: "Editor", vector: "EditVector", portrait: "OpenPhoto", out: Path
) -> tuple[list["Row"], list[dict[str, Any]]]:
    """One vector on two other pictures: a strip of strengths, then composed with a second, then refined."""
    from editgan.core.images import to_pil
    from editgan.core.sheets import Panel
    from editgan.editing.library import built_in_vectors, find_vector

    name, strength = SECOND_VECTOR
    both = {vector: 1.0}
    if name in built_in_vectors(editor.bundle):
        both[find_vector(editor.bundle, name)] = strength
    asked: list[tuple[str, dict[EditVector, float], int]] = [("before", {}, 0)]
    asked += [(f"{vector.name} {s:g}", {vector: s}, 0) for s in STRENGTHS]
    asked += [(f"and {name}", both, 0), ("the same, refined", both, 30)]
    rows, reports = [], []
    for title, opened in (("the portrait", portrait), ("another sample", editor.sample(OTHER_SEED))):
        panels = []
        for caption, strengths, refine_steps in asked:
            started = time.perf_counter()
            result = editor.apply(opened, strengths, refine_steps=refine_steps)
            seconds = time.perf_counter() - started
            panels.append(
                Panel(to_pil(result.pixels).crop(opened.surroundings), f"{caption} ({seconds:.2g} s)")
            )
            reports.append({"picture": title, "name": caption, "seconds": round(seconds, 3), **result.report})
        rows.append((f"The vector of the sample's first edit, on {title}", panels))
        result.save(out / "vectors" / f"{title.replace(' ', '-')}.png")
    return rows, reports
