"""`editgan bench grader`: how well finished pictures can be graded at all."""

from pathlib import Path
from typing import Annotated

import typer

from editgan.cli.options import DEFAULT_BUNDLE, BundleOption, DeviceOption, ReportOption
from editgan.cli.progress import console
from editgan.cli.results import write_figures


def grader(
    data: Annotated[
        Path, typer.Option(help="A folder or a zip with photos/NAME.jpg as published and labels/NAME.png.")
    ],
    grader: Annotated[Path, typer.Option(help="The file that `editgan train grader` left.")] = Path(
        "runs/grader/grader.safetensors"
    ),
    bundle: BundleOption = DEFAULT_BUNDLE,
    photos: Annotated[int, typer.Option(min=1, help="How many of the last photos.")] = 10_000,
    branch: Annotated[bool, typer.Option(help="Also measure the bundle's branch: embeds each photo.")] = True,
    out: ReportOption = None,
    device: DeviceOption = None,
) -> None:
    """IoU of the grader, and of the bundle's branch beside it, with people's labels of unseen faces."""
    from editgan.bundle.folder import load_bundle
    from editgan.core.devices import pick_device
    from editgan.evaluation.grading import labelled_photos, measure_grader
    from editgan.perception.segmenter import load_segmenter

    loaded = load_bundle(bundle, pick_device(device))
    labelled = list(labelled_photos(data))[-photos:]
    with console.status(f"reading {len(labelled)} photos"):
        segmenter = load_segmenter(grader, loaded.device)
        figures = measure_grader(segmenter, loaded, labelled, with_branch=branch)
    console.print(figures)
    write_figures(out, figures)
