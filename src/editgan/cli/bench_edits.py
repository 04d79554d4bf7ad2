"""`editgan bench edits`: methods of editing, compared on the same photos and tasks."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from editgan.cli.options import DEFAULT_BUNDLE, BundleOption, DeviceOption
from editgan.cli.saying import say
from editgan.editing.composition import PasteMode

if TYPE_CHECKING:
    from editgan.bundle.bundle import ModelBundle
    from editgan.core.types import Photo
    from editgan.evaluation.asked import Asker
    from editgan.evaluation.groups import Groups
    from editgan.evaluation.run import Row
    from editgan.evaluation.tasks import EditTask

SHOWN = 8  # photos of a sheet
ROW = '{"method": '  # how a row of a run begins
MODES: tuple[PasteMode, ...] = ("geometry", "motion", "difference", "replace")


def edits(
    data: Annotated[
        Path,
        typer.Option(
            help="A folder or a zip of photos as published, in `photos` if there is one; the last ones are "
            "edited."
        ),
    ],
    bundle: BundleOption = DEFAULT_BUNDLE,
    photos: Annotated[int, typer.Option(min=1, help="How many of the last photos.")] = 16,
    task: Annotated[
        list[str] | None,
        typer.Option(
            help="Of faces: brows-up, wider-eyes, broader-mouth, smile, narrower-nose, higher-hairline; of "
            "cats: bigger-eyes, smaller-ears, wider-muzzle. Again for more; all by default.",
            show_default=False,
        ),
    ] = None,
    vector: Annotated[
        list[str] | None,
        typer.Option("--vector", "-v", help="NAME of a vector of the bundle; again for more."),
    ] = None,
    paste: Annotated[
        list[str] | None,
        typer.Option(help="motion, difference or replace; again for more, all by default."),
    ] = None,
    grader: Annotated[
        Path | None,
        typer.Option(
            help="What reads the edited parts: the file that `editgan train grader` left. Without it only "
            "seconds and changes are measured."
        ),
    ] = None,
    attributes: Annotated[
        Path | None,
        typer.Option(
            help="A table (CSV) with the column file and others, like CelebA's attributes: figures by group, "
            "beside those by skin tone and glasses, which need a grader and labels."
        ),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(help="A column of --attributes; again for more, all by default.", show_default=False),
    ] = None,
    framed: Annotated[
        bool, typer.Option("--framed", help="The photos are framed already: none is searched for a face.")
    ] = False,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="A line of JSON for each edit; pictures beside it.")
    ] = Path("runs/edits.jsonl"),
    device: DeviceOption = None,
) -> None:
    """Edit photos as tasks ask (brows up, wider eyes, ...), pasted in every way; and see what came of it.

    With a grader: the wanted change seen by it, landmarks, whether fine detail moved along, identity, and how
    well a probe tells edits from untouched photos; beside them the same geometry without any generator.
    Both by group, to see whom edits fail. Started again with the same file, it goes on where it was stopped.
    """
    from editgan.bundle.folder import load_bundle
    from editgan.core.devices import pick_device
    from editgan.core.errors import InputError
    from editgan.data.photos import last_photos
    from editgan.editor import Editor
    from editgan.evaluation.asked import Asker
    from editgan.evaluation.examining import Examiner
    from editgan.evaluation.methods import KnownGeometry, Ours, Pasted
    from editgan.evaluation.run import run_edits
    from editgan.perception.segmenter import load_segmenter

    if out.suffix != ".jsonl":
        raise InputError(f"--out takes a file that ends in .jsonl, got {out.name!r}")
    _check_own(out)
    loaded = load_bundle(bundle, pick_device(device))
    tasks = _tasks(loaded, task, vector)
    if unknown := set(paste or ()) - set(MODES):
        raise InputError(f"no way of pasting {sorted(unknown)[0]!r}; there are {', '.join(MODES)}")
    chosen = list(last_photos(data, photos))
    if not chosen:
        raise InputError(f"{data} should hold photos, but none of the last {photos} could be read")
    asker = None
    if grader is not None:
        asker = Asker(loaded, load_segmenter(grader, loaded.device), is_framed=framed)
    ours = Ours(Editor(loaded), is_framed=framed)
    plan: list[tuple[Pasted | KnownGeometry, Sequence[EditTask]]]
    plan = [(Pasted(ours, mode), tasks) for mode in MODES if mode in (paste or MODES)]
    if asker is not None:  # which needs a grader, to know where the parts are
        plan.append((KnownGeometry(asker), [one for one in tasks if one.vector is None]))
    for row in run_edits(plan, chosen, out, Examiner(loaded, asker)):
        told = row.get("refused") or f"{row['seconds']:.1f} s"
        say(f"{row['photo']}, {row['task']}, {row['method']}: {told}")
    groups = _groups(asker, data, chosen, attributes, group or ())
    _report(out, dict(chosen), [one.name for one in tasks], [method.name for method, _ in plan], groups)


def _check_own(out: Path) -> None:
    """Raises InputError if what this writes would replace, or be added to, something else than a run's."""
    from editgan.core.errors import InputError

    if out.exists():
        with out.open(errors="replace") as file:
            if not ROW.startswith(file.readline(len(ROW))):  # which may be torn
                raise InputError(f"{out} has something else in it than a run's rows; choose another --out")
        return
    for path in (out.with_suffix(".md"), out.with_suffix("")):
        if path.exists():
            raise InputError(f"{path} is there, but no {out.name}; remove it, or choose another --out")


def _tasks(
    bundle: "ModelBundle", names: Sequence[str] | None, vectors: Sequence[str] | None
) -> list["EditTask"]:
    from editgan.core.errors import InputError
    from editgan.editing.library import find_vector
    from editgan.evaluation.tasks import tasks_of, vector_task

    known = {one.name: one for one in tasks_of(bundle.subject)}
    if unknown := set(names or ()) - known.keys():
        raise InputError(f"no task {sorted(unknown)[0]!r}; there are {', '.join(known)}")
    by_vector = [vector_task(find_vector(bundle, name), bundle.label_side) for name in vectors or ()]
    return [known[name] for name in names or known] + by_vector


def _groups(
    asker: "Asker | None",
    data: Path,
    photos: Sequence[tuple[str, "Photo"]],
    attributes: Path | None,
    columns: Sequence[str],
) -> "Groups":
    """All that is known of the photos."""
    from editgan.evaluation.groups import GLASSES, SKIN_TONE, glasses_by_labels, read_attributes, skin_tones

    found, names = {}, [name for name, _ in photos]
    if asker is not None and asker.bundle.subject == "face":
        found[SKIN_TONE] = skin_tones(asker.seen, photos)
        found[GLASSES] = glasses_by_labels(data, names)
    if attributes is not None:
        found |= read_attributes(attributes, columns, names)
    return {kind: groups for kind, groups in found.items() if groups}


def _report(
    out: Path,
    photos: dict[str, "Photo"],
    tasks: Sequence[str],
    methods: Sequence[str],
    groups: "Groups",
) -> None:
    """Tables of all rows in the file; sheets of the tasks, and of what the probe tells best and least."""
    from editgan.core.files import replacing
    from editgan.core.images import save_picture
    from editgan.evaluation.groups import as_groups_table
    from editgan.evaluation.report import as_markdown, probe_rows, ranked_sheet, task_sheet
    from editgan.evaluation.run import read_rows

    rows: list[Row] = [row for row in read_rows(out) if row["photo"] in photos]
    probe, ranked = probe_rows(rows, out)
    table = as_markdown(rows) + ("\n" + probe if ranked else "")
    table += "\n" + as_groups_table(rows, groups) if groups else ""
    with replacing(out.with_suffix(".md")) as scratch:
        scratch.write_text(table)
    folder = out.with_suffix("")
    for name in tasks:
        sheet = task_sheet(name, list(photos.items())[:SHOWN], methods, out)
        save_picture(sheet, folder / f"{name.replace(' ', '_')}.png")
    for method, some in ranked.items():
        save_picture(
            ranked_sheet(method, some, photos, out), folder / f"probe-{method.replace(' ', '_')}.png"
        )
    typer.echo(table)
    say(f"sheets in {folder}")
