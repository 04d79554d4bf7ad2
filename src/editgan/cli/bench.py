"""`editgan bench speed | embedding | segmentation`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from editgan.cli.options import DEFAULT_BUNDLE, BundleOption, DeviceOption
from editgan.cli.progress import console

app = typer.Typer(
    help="Measure speed and quality; every figure in the docs comes from here.", no_args_is_help=True
)

ReportOption = Annotated[
    Path | None, typer.Option("--out", "-o", help="Also write the figures as JSON.", show_default=False)
]


@app.command()
def speed(
    bundle: BundleOption = DEFAULT_BUNDLE,
    random: Annotated[
        int | None,
        typer.Option(
            help="Instead of a bundle: random weights at this resolution, recipe-sized.", show_default=False
        ),
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Runs of each operation.")] = 15,
    region: Annotated[
        float, typer.Option(min=0.001, max=1, help="Share of the picture being edited.")
    ] = 0.06,
    out: ReportOption = None,
    device: DeviceOption = None,
) -> None:
    """What an edit step and reading the parts cost, as ratios to the bare generator and judge passes."""
    from editgan.benchmark.speed import measure_speed, random_bundle
    from editgan.bundle.bundle import ModelBundle
    from editgan.core.devices import pick_device

    where = pick_device(device)
    loaded = random_bundle(random).to(where) if random else ModelBundle.from_pretrained(bundle, where)
    with console.status("measuring"):
        rows, about = measure_speed(loaded, repeats=repeats, region_share=region)
    table = Table("operation", "median ms", "ratio to bare", title=f"{loaded.name}, region {region:.0%}")
    for row in rows:
        table.add_row(row.name, f"{row.milliseconds:.1f}", f"{row.ratio:.2f}")
    console.print(table)
    _write(out, about)


@app.command()
def embedding(
    data: Annotated[
        Path, typer.Option(help="A folder or a zip of aligned photos; the last ones are measured.")
    ],
    bundle: BundleOption = DEFAULT_BUNDLE,
    photos: Annotated[int, typer.Option(min=1, help="How many of the last photos.")] = 100,
    steps: Annotated[int, typer.Option(min=0, help="Steps of fitting each photo.")] = 100,
    out: ReportOption = None,
    device: DeviceOption = None,
) -> None:
    """PSNR and perceptual distance of embedded held-out photos, with the encoder alone and after descent."""
    from editgan.benchmark.embedding import measure_embedding
    from editgan.bundle.bundle import ModelBundle
    from editgan.core.devices import pick_device
    from editgan.core.images import from_pixels
    from editgan.data.photos import load_photos

    loaded = ModelBundle.from_pretrained(bundle, pick_device(device))
    unseen = load_photos(data, loaded.resolution).pixels[-photos:]
    with console.status(f"embedding {len(unseen)} photos"):
        figures = measure_embedding(loaded, from_pixels(unseen).to(loaded.device), steps=steps)
    console.print(figures)
    _write(out, figures)


@app.command()
def segmentation(
    annotations: Annotated[Path, typer.Option(help="A folder of annotated photos that were not trained on.")],
    bundle: BundleOption = DEFAULT_BUNDLE,
    sheet: Annotated[
        Path | None,
        typer.Option(help="Also draw eight of them: photo, parts, disagreement.", show_default=False),
    ] = None,
    out: ReportOption = None,
    device: DeviceOption = None,
) -> None:
    """mIoU and per-class IoU of the parts read from embedded photos."""
    from editgan.benchmark.segmentation import at_bundle_size, measure_segmentation
    from editgan.bundle.bundle import ModelBundle
    from editgan.core.devices import pick_device
    from editgan.core.images import save_picture
    from editgan.data.annotations import load_annotations

    loaded = ModelBundle.from_pretrained(bundle, pick_device(device)).need("schema", "branch")
    assert loaded.schema is not None
    annotated = load_annotations(annotations, loaded.schema)
    with console.status(f"embedding {len(annotated)} photos"):
        figures, picture = measure_segmentation(
            loaded, *at_bundle_size(loaded, annotated, len(loaded.schema))
        )
    console.print(figures)
    if sheet is not None:
        save_picture(picture, sheet)
    _write(out, figures)


def _write(out: Path | None, figures: dict[str, Any]) -> None:
    from editgan.core.files import write_json

    if out is not None:
        write_json(out, figures)
