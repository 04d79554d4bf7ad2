"""`editgan embed`, `editgan edit`, `editgan apply`: a photo in, pictures and a report out."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from editgan.cli.options import (
    DEFAULT_BUNDLE,
    BendOption,
    BoxOption,
    BundleOption,
    DeviceOption,
    EmbedSteps,
    EraseOption,
    FidelityOption,
    FreshOption,
    GrowOption,
    JudgeOption,
    MoveOption,
    OpenOption,
    OutOption,
    PasteOption,
    ReplaceOption,
    ScaleOption,
    ShrinkOption,
    SlideOption,
    check_name,
    in_order,
    parse_box,
)
from editgan.cli.progress import console, stoppable, walking
from editgan.core.config import known_json
from editgan.core.errors import InputError

if TYPE_CHECKING:
    from editgan.bundle.judges import JudgeName
    from editgan.bundle.opened import Fidelity, OpenPhoto
    from editgan.core.labels import LabelSchema
    from editgan.core.types import LabelMap
    from editgan.editing.composition import PasteMode
    from editgan.editing.outcome import Edit
    from editgan.editor import Editor

PhotoArgument = Annotated[Path, typer.Argument(help="The photo: JPEG, PNG, WebP, ...; up to 50 megapixels.")]


def embed(
    photo: PhotoArgument,
    bundle: BundleOption = DEFAULT_BUNDLE,
    out: OutOption = Path("embedded"),
    box: BoxOption = None,
    steps: EmbedSteps = 100,
    fidelity: FidelityOption = "standard",
    fresh: FreshOption = False,
    judge: JudgeOption = "default",
    device: DeviceOption = None,
) -> None:
    """Find the subject in a photo, align it, fit the generator to it, and show its parts.

    Writes aligned.png, reconstruction.png, parts.png (class ids; paint on it and give it to `editgan edit
    --target`), overlay.png, w_plus.safetensors and report.json.
    """
    editor = load_editor(bundle, device, judge)
    opened, seconds = open_photo(editor, photo, box, steps, fidelity, fresh=fresh)
    save_opened(opened, out)
    write_report(
        out,
        {"photo": str(photo), "bundle": editor.bundle.name, "seconds": seconds, **known_json(opened.report)},
    )
    console.print(
        f"reconstructed at {opened.report.reconstruction_psnr_db:.1f} dB; parts in {out}/overlay.png"
    )


def edit(
    photo: PhotoArgument,
    target: Annotated[
        Path | None,
        typer.Option(help="The repainted parts: a palette PNG, made from parts.png.", show_default=False),
    ] = None,
    erase: EraseOption = None,
    replace: ReplaceOption = None,
    move: MoveOption = None,
    slide: SlideOption = None,
    scale: ScaleOption = None,
    bend: BendOption = None,
    open_: OpenOption = None,
    grow: GrowOption = None,
    shrink: ShrinkOption = None,
    bundle: BundleOption = DEFAULT_BUNDLE,
    out: OutOption = Path("edited"),
    name: Annotated[str, typer.Option(help="What to call the edit vector.")] = "edit",
    box: BoxOption = None,
    steps: Annotated[int, typer.Option(min=1, max=10_000, help="Steps of the edit, at most.")] = 40,
    embed_steps: EmbedSteps = 100,
    fidelity: FidelityOption = "standard",
    fresh: FreshOption = False,
    paste: PasteOption = "difference",
    judge: JudgeOption = "default",
    device: DeviceOption = None,
) -> None:
    """Repaint parts of a photo and let the photo follow.

    Say what should change either with --target, or in words, without painting; several operations are
    carried out in the order of the options below. Pixels are those of parts.png, not the photo's.

    Writes edited.png (your photo at its own size; outside the region every pixel is the original's), the
    steps in between as pictures, sheet.png (the story at a glance), the edit vector, and report.json.

    Ctrl-C ends the edit early and keeps its best so far.

    Operations may be given several times. Example: editgan edit me.jpg --move brow:0,-1 --grow iris:1
    """
    from editgan.core.labels import load_label_map
    from editgan.editing.parts import repaint

    asked = in_order(
        erase=erase,
        replace=replace,
        move=move,
        slide=slide,
        scale=scale,
        bend=bend,
        open=open_,
        grow=grow,
        shrink=shrink,
    )
    if (target is None) == (not asked):
        raise InputError(
            "an edit needs either --target or part operations (--grow, --move, ...), one of the two"
        )
    check_name(name)
    editor = load_editor(bundle, device, judge)
    painted = load_label_map(target, editor.schema) if target is not None else None  # before the long part
    opened, embed_seconds = open_photo(editor, photo, box, embed_steps, fidelity, fresh=fresh)
    wanted = painted if painted is not None else repaint(opened.label_map, editor.schema, asked)
    edited, seconds = run_edit(editor, opened, wanted, name, steps, paste)
    save_opened(opened, out)
    save_edited(edited, editor.schema, out)
    _sheet(photo.name, opened, edited, out)
    edits = [{"name": name, "seconds": seconds, **edited.report}]
    write_report(
        out,
        {
            "photo": str(photo),
            "bundle": editor.bundle.name,
            "embedding_seconds": embed_seconds,
            **known_json(opened.report),
            "edits": edits,
        },
    )
    console.print(
        "target reached {target_iou_before:.2f} -> {target_iou_after:.2f}; "
        "outside kept at {outside_psnr_db:.1f} dB; your photo: ".format(**edited.report)
        + f"{out}/edited.png"
    )


def open_photo(
    editor: "Editor",
    photo: Path,
    box: str | None,
    steps: int,
    fidelity: "Fidelity" = "standard",
    *,
    fresh: bool = False,
) -> tuple["OpenPhoto", float]:
    """Open with a progress bar, from the cache unless `fresh`; also the seconds it took."""
    from editgan.inversion.cache import EmbeddingCache, default_cache_folder
    from editgan.inversion.embed import Embedding
    from editgan.inversion.tuning import Tuning

    started = time.perf_counter()
    total = steps + (Tuning().steps if fidelity == "high" else 0)
    with walking(f"embedding {photo.name}", total) as watch:
        opened = editor.open(
            photo,
            box=parse_box(box),
            embedding=Embedding(steps=steps),
            fidelity=fidelity,
            cache=None if fresh else EmbeddingCache(default_cache_folder()),
            watch=watch,
        )
    if opened.warning:
        console.print(f"{photo.name} is {opened.warning}", highlight=False)
    return opened, round(time.perf_counter() - started, 2)


def run_edit(
    editor: "Editor",
    opened: "OpenPhoto",
    target: "LabelMap",
    name: str,
    steps: int,
    paste: "PasteMode",
) -> tuple["Edit", float]:
    """Edit with a progress bar; also the seconds it took. Ctrl-C keeps the best so far."""
    from editgan.editing.optimise import Editing

    started = time.perf_counter()
    with walking(f"editing: {name}", steps) as bar, stoppable(bar) as watch:
        settings = Editing(steps=steps)
        edited = editor.edit(opened, target, name=name, settings=settings, paste_mode=paste, watch=watch)
    return edited, round(time.perf_counter() - started, 2)


def save_opened(opened: "OpenPhoto", out: Path) -> None:
    """What was seen in the photo, as pictures, and its w_plus."""
    from safetensors.torch import save_file

    from editgan.core.files import replacing
    from editgan.core.images import save_picture, to_pil, to_pixels
    from editgan.core.labels import save_label_map
    from editgan.core.sheets import overlay

    save_picture(to_pil(to_pixels(opened.aligned)), out / "aligned.png")
    save_picture(to_pil(to_pixels(opened.image)), out / "reconstruction.png")
    save_label_map(opened.label_map[0], opened.schema, out / "parts.png")
    save_picture(overlay(opened.image, opened.label_map, opened.schema), out / "overlay.png")
    with replacing(out / "w_plus.safetensors") as scratch:
        save_file({"w_plus": opened.w_plus.cpu().contiguous()}, scratch)


def save_edited(edited: "Edit", schema: "LabelSchema", out: Path) -> None:
    """The edited photo, the steps in between, and the vector."""
    from editgan.core.images import save_picture, to_pil, to_pixels
    from editgan.core.labels import save_label_map

    edited.result.save(out / "edited.png")
    save_picture(to_pil(to_pixels(edited.image)), out / "edited_rendering.png")
    save_label_map(edited.target[0], schema, out / "target.png")
    save_label_map(edited.label_map[0], schema, out / "edited_parts.png")
    edited.vector.save(out / f"{edited.vector.name}.safetensors")


def write_report(out: Path, values: dict[str, Any]) -> None:
    """report.json, with what every report says."""
    from importlib.metadata import version

    import torch

    from editgan.core.files import write_json

    about = {"software": f"editgan {version('editgan')}", "torch": torch.__version__}
    write_json(out / "report.json", about | values)


def load_editor(bundle: str, device: str | None, judge: "JudgeName" = "default") -> "Editor":
    """With a spinner while the networks load."""
    from editgan.editor import Editor

    with console.status("loading the bundle"):
        return Editor.from_pretrained(bundle, device, judge)


def _sheet(title: str, opened: "OpenPhoto", edited: "Edit", out: Path) -> None:
    from editgan.cli.story import edit_panels, photo_panels
    from editgan.core.images import save_picture
    from editgan.core.sheets import contact_sheet

    rows = [
        ("The photo and its parts", photo_panels(opened)),
        (edited.vector.name, edit_panels(opened, edited)),
    ]
    save_picture(contact_sheet(title, rows), out / "sheet.png")
