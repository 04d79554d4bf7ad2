"""`editgan demo`: the whole story on a real portrait and on a sample."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from editgan.cli.options import DEFAULT_BUNDLE, BundleOption, DeviceOption
from editgan.cli.progress import console, walking

if TYPE_CHECKING:
    from editgan.core.sheets import Panel
    from editgan.editor import Editor, OpenPhoto

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


def demo(
    bundle: BundleOption = DEFAULT_BUNDLE,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the pictures.")] = Path("demo"),
    steps: Annotated[int, typer.Option(min=1, help="Steps of embedding and of each edit.")] = 100,
    device: DeviceOption = None,
) -> None:
    """The whole story in pictures: a real portrait and a generated one, their parts, and four edits.

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
    rows, stories = [], []
    for name, opened, edits in (
        ("A real photo", photo, PORTRAIT_EDITS),
        ("A generated picture", editor.sample(SAMPLE_SEED), SAMPLE_EDITS),
    ):
        folder = out / name.lower().replace(" ", "-")
        more_rows, story = _tell(editor, name, opened, edits, folder, steps)
        rows += more_rows
        stories.append(story)
    save_picture(
        contact_sheet(f"EditGAN: repaint a part, the photo follows ({editor.bundle.name})", rows),
        out / "sheet.png",
    )
    seconds = round(time.perf_counter() - started, 1)
    write_report(out, {"bundle": editor.bundle.name, "seconds": seconds, "photos": stories})
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
) -> tuple[list[tuple[str, list["Panel"]]], dict[str, Any]]:
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
    return rows, {"picture": name, **opened.report, "edits": reports}
