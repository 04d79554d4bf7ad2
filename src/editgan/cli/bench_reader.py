"""`editgan bench reader`: how well photos themselves are read, and renderings of them by the branch."""

from pathlib import Path
from typing import Annotated

import typer

from editgan.cli.options import DEFAULT_BUNDLE, BundleOption, DeviceOption, ReportOption
from editgan.cli.progress import console
from editgan.cli.results import write_figures


def reader(
    annotations: Annotated[Path, typer.Option(help="A folder of annotated photos that were not trained on.")],
    bundle: BundleOption = DEFAULT_BUNDLE,
    sheet: Annotated[
        Path | None,
        typer.Option(help="Also draw them: photo, annotation, what is read.", show_default=False),
    ] = None,
    out: ReportOption = None,
    device: DeviceOption = None,
) -> None:
    """IoU of the bundle's reader, and of its branch beside it, with people's labels; milliseconds a photo."""
    from editgan.bundle.folder import load_bundle
    from editgan.core.devices import pick_device
    from editgan.core.images import save_picture
    from editgan.data.annotations import load_annotations
    from editgan.evaluation.reading import measure_reader, reader_sheet

    loaded = load_bundle(bundle, pick_device(device))
    annotated = load_annotations(annotations, loaded.schema)
    with console.status(f"reading {len(annotated)} photos"):
        figures = measure_reader(loaded, annotated)
    console.print(figures)
    if sheet is not None:
        save_picture(reader_sheet(loaded, annotated), sheet)
    write_figures(out, figures)
