"""`editgan bench edits`: methods of editing, compared on the same photos and tasks."""

from pathlib import Path
from typing import Annotated

import typer

from editgan.cli.options import DEFAULT_BUNDLE, BundleOption, DeviceOption
from editgan.cli.progress import console

SHOWN = 8  # photos of a sheet


def edits(
    data: Annotated[
        Path, typer.Option(help="A folder or a zip of aligned photos; the last ones are edited.")
    ],
    bundle: BundleOption = DEFAULT_BUNDLE,
    photos: Annotated[int, typer.Option(min=1, help="How many of the last photos.")] = 16,
    task: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME of a task; again for more, all of the subject's by default.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="A line of JSON for each edit; pictures beside it.")
    ] = Path("runs/edits.jsonl"),
    device: DeviceOption = None,
) -> None:
    """Edit photos as tasks ask (brows up, wider eyes, ...): seconds, changes, refusals, sheets.

    Started again with the same file, it goes on where it was stopped.
    """
    from editgan.bundle.folder import load_bundle
    from editgan.core.devices import pick_device
    from editgan.core.errors import InputError
    from editgan.core.files import replacing
    from editgan.core.images import save_picture
    from editgan.data.photos import last_photos
    from editgan.editor import Editor
    from editgan.evaluation.methods import ByRepainting
    from editgan.evaluation.report import as_markdown, task_sheet
    from editgan.evaluation.run import read_rows, run_edits, usual_measures
    from editgan.evaluation.tasks import tasks_of

    if out.suffix != ".jsonl":
        raise InputError(f"--out takes a file that ends in .jsonl, got {out.name!r}")
    loaded = load_bundle(bundle, pick_device(device))
    known = {one.name: one for one in tasks_of(loaded.subject)}
    if unknown := set(task or ()) - known.keys():
        raise InputError(f"no task {sorted(unknown)[0]!r}; there are {', '.join(known)}")
    tasks, method = [known[name] for name in task or known], ByRepainting(Editor(loaded))
    chosen = list(last_photos(data, photos))
    if not chosen:
        raise InputError(f"{data} should hold photos, but none of the last {photos} could be read")
    for row in run_edits([method], tasks, chosen, out, usual_measures(loaded)):
        told = row.get("refused") or f"{row['edit_seconds']:.1f} s"
        console.print(f"{row['photo']}, {row['task']}: {told}", highlight=False)
    table = as_markdown(read_rows(out))
    with replacing(out.with_suffix(".md")) as scratch:
        scratch.write_text(table)
    for one in tasks:
        sheet = task_sheet(one.name, chosen[:SHOWN], [method.name], out)
        save_picture(sheet, out.with_suffix("") / f"{one.name}.png")
    console.print(table, highlight=False, soft_wrap=True, markup=False)
    console.print(f"sheets in {out.with_suffix('')}", highlight=False)
