"""`editgan bench`: speed and quality."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from editgan.cli.bench_edits import edits
from editgan.cli.bench_grader import grader
from editgan.cli.bench_reader import reader
from editgan.cli.bench_speed import speed
from editgan.cli.options import DEFAULT_BUNDLE, BundleOption, DeviceOption, ReportOption, parse_numbers
from editgan.cli.progress import console
from editgan.cli.results import write_figures

if TYPE_CHECKING:
    from editgan.bundle.bundle import ModelBundle
    from editgan.bundle.judges import JudgeName
    from editgan.core.types import Image

app = typer.Typer(
    help="Measure speed and quality; every figure in the docs comes from here.", no_args_is_help=True
)

app.command()(speed)
app.command()(edits)
app.command()(grader)
app.command()(reader)

DataOption = Annotated[
    Path, typer.Option(help="A folder or a zip of aligned photos; the last ones are measured.")
]


@app.command()
def samples(
    data: Annotated[Path, typer.Option(help="A folder or a zip of the photos the bundle learnt from.")],
    bundle: BundleOption = DEFAULT_BUNDLE,
    count: Annotated[
        int, typer.Option("--samples", min=4, help="How many samples; figures compare at equal counts only.")
    ] = 10_000,
    resolution: Annotated[
        int | None,
        typer.Option(
            min=16,
            help="Compare at this size, so that bundles of several sizes compare; the bundle's by default.",
            show_default=False,
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            help="Folder that keeps what was seen in the photos, for the next bundle.", show_default=False
        ),
    ] = None,
    out: ReportOption = None,
    device: DeviceOption = None,
) -> None:
    """FID, KID, precision and recall of samples against photos, by two networks that taught nothing here.

    Beside them the same of photos against other photos (halves): what perfect samples would have.
    """
    from editgan.bundle.folder import load_draft
    from editgan.core.devices import pick_device
    from editgan.data.photos import load_photos
    from editgan.evaluation.samples import measure_samples

    loaded = load_draft(bundle, pick_device(device))
    photos = load_photos(data, resolution or loaded.resolution).pixels
    with console.status(f"{count} samples, {len(photos)} photos") as status:
        figures = measure_samples(
            loaded, photos, samples=count, resolution=resolution, cache=cache, watch=status.update
        )
    console.print(figures)
    write_figures(out, figures)


@app.command()
def embedding(
    data: DataOption,
    bundle: BundleOption = DEFAULT_BUNDLE,
    photos: Annotated[int, typer.Option(min=1, help="How many of the last photos.")] = 100,
    steps: Annotated[int, typer.Option(min=0, help="Steps of fitting each photo.")] = 100,
    out: ReportOption = None,
    device: DeviceOption = None,
) -> None:
    """PSNR and perceptual distance of embedded held-out photos, with the encoder alone and after descent."""
    from editgan.evaluation.embedding import measure_embedding

    loaded, unseen = unseen_photos(bundle, data, photos, device)
    with console.status(f"embedding {len(unseen)} photos"):
        figures = measure_embedding(loaded, unseen, steps=steps)
    console.print(figures)
    write_figures(out, figures)


@app.command()
def judges(
    data: DataOption,
    bundle: BundleOption = DEFAULT_BUNDLE,
    photos: Annotated[int, typer.Option(min=1, help="How many of the last photos.")] = 100,
    steps: Annotated[int, typer.Option(min=1, help="Steps of fitting each photo.")] = 100,
    edits: Annotated[int, typer.Option(min=1, help="How many of them are edited, too.")] = 24,
    lpips: Annotated[bool, typer.Option("--lpips", help="LPIPS-VGG, too, if its weights are here.")] = False,
    out: ReportOption = None,
    device: DeviceOption = None,
) -> None:
    """Which perceptual judge to optimise against: embeddings and edits by each, measured by the others."""
    from editgan.evaluation.judges import as_report, measure_judges

    loaded, unseen = unseen_photos(bundle, data, photos, device)
    names: list[JudgeName] = ["features", "lite1"]
    rows = []
    for row in measure_judges(
        loaded, unseen, [*names, "lpips-vgg"] if lpips else names, steps=steps, edits=edits
    ):
        rows.append(row)
        console.print(row)
    write_figures(out, as_report(loaded, len(unseen), steps, rows))


@app.command()
def fidelity(
    data: DataOption,
    bundle: BundleOption = DEFAULT_BUNDLE,
    photos: Annotated[int, typer.Option(min=1, help="How many of the last photos.")] = 16,
    out: ReportOption = None,
    device: DeviceOption = None,
) -> None:
    """What `--fidelity high` buys and costs: PSNR, perceptual distance, parts kept, seconds a photo."""
    from editgan.evaluation.fidelity import measure_fidelity

    loaded, unseen = unseen_photos(bundle, data, photos, device)
    with console.status(f"tuning the generator to {len(unseen)} photos, one by one"):
        figures = measure_fidelity(loaded, unseen)
    console.print(figures)
    write_figures(out, figures)


@app.command()
def domain(
    data: DataOption,
    bundle: BundleOption = DEFAULT_BUNDLE,
    photos: Annotated[int, typer.Option(min=1, help="How many of the last photos.")] = 100,
    steps: Annotated[int, typer.Option(min=0, help="Steps of fitting each photo.")] = 100,
    out: ReportOption = None,
    device: DeviceOption = None,
) -> None:
    """How far unseen photos are from what the generator can draw: what other pictures are compared with."""
    from editgan.core.config import to_json
    from editgan.evaluation.domain import measure_domain

    loaded, unseen = unseen_photos(bundle, data, photos, device)
    with console.status(f"embedding {len(unseen)} photos"):
        figures = to_json(measure_domain(loaded, unseen, steps=steps))
    console.print(figures)
    write_figures(out, figures)


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
    from editgan.bundle.folder import load_bundle
    from editgan.core.devices import pick_device
    from editgan.core.images import save_picture
    from editgan.data.annotations import load_annotations
    from editgan.evaluation.segmentation import at_bundle_size, measure_segmentation

    loaded = load_bundle(bundle, pick_device(device))
    annotated = load_annotations(annotations, loaded.schema)
    with console.status(f"embedding {len(annotated)} photos"):
        figures, picture = measure_segmentation(
            loaded, *at_bundle_size(loaded, annotated, len(loaded.schema), loaded.label_side)
        )
    console.print(figures)
    if sheet is not None:
        save_picture(picture, sheet)
    write_figures(out, figures)


@app.command()
def pictures(
    data: DataOption,
    bundle: BundleOption = DEFAULT_BUNDLE,
    show_photos: Annotated[
        bool, typer.Option("--photos", help="Show the photos themselves, too: not for handing on.")
    ] = False,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the sheets.")] = Path("sheets"),
    device: DeviceOption = None,
) -> None:
    """Three sheets to look at: 64 samples, eight embedded unseen photos with their parts, eight edits."""
    from editgan.core.images import save_picture
    from editgan.editing.library import built_in_vectors, find_vector
    from editgan.editor import Editor
    from editgan.evaluation.embedding import embed_all
    from editgan.evaluation.sheets import edits_sheet, embedded_sheet, samples_sheet

    loaded, unseen = unseen_photos(bundle, data, 96, device)
    chosen = unseen[:: max(len(unseen) // 8, 1)][:8]  # neighbours by name may show the same subject
    save_picture(samples_sheet(loaded), out / f"{loaded.name}-samples.webp")
    with console.status("embedding eight photos"):
        sheet = embedded_sheet(loaded, chosen, embed_all(loaded, chosen), show_photos=show_photos)
    save_picture(sheet, out / f"{loaded.name}-embedded.webp")
    editor = Editor(loaded)
    own = [find_vector(loaded, name) for name in built_in_vectors(loaded)][:8]
    if own:
        samples = [editor.sample(seed) for seed in range(1000, 1000 + len(own))]
        save_picture(edits_sheet(editor, own, samples), out / f"{loaded.name}-edits.webp")
    console.print(f"sheets in {out}")


@app.command()
def vectors(
    data: DataOption,
    vector: Annotated[
        list[str] | None,
        typer.Option(
            "--vector", "-v", help="NAMEs or FILEs; all of the bundle's by default.", show_default=False
        ),
    ] = None,
    bundle: BundleOption = DEFAULT_BUNDLE,
    photos: Annotated[int, typer.Option(min=1, help="How many of the last photos.")] = 100,
    strengths: Annotated[str, typer.Option(help="Strengths to measure.")] = "0.5,0.7,1,1.3,1.5",
    refine_steps: Annotated[str, typer.Option(help="Refinement steps to measure.")] = "0,10,30,60",
    out: ReportOption = None,
    device: DeviceOption = None,
) -> None:
    """What vectors do to unseen photos: the wanted label change, what changes outside, identity kept.

    One row per vector, strength and number of refinement steps. The wanted change is what the part operations
    that the vector was learnt from would do to each photo.
    """
    from editgan.editing.library import built_in_vectors, find_vector
    from editgan.evaluation.embedding import embed_all
    from editgan.evaluation.vectors import as_report, measure_vectors

    loaded, unseen = unseen_photos(bundle, data, photos, device)
    found = [find_vector(loaded, name) for name in vector or built_in_vectors(loaded)]
    with console.status(f"embedding {len(unseen)} photos"):
        w_plus = embed_all(loaded, unseen)
    rows = []
    counts = parse_numbers(refine_steps, "--refine-steps takes numbers with commas between")
    measured = measure_vectors(
        loaded,
        w_plus,
        found,
        strengths=parse_numbers(strengths, "--strengths takes numbers with commas between"),
        refine_steps=[round(count) for count in counts],
    )
    for row in measured:
        rows.append(row)
        console.print(
            f"{row.vector} {row.strength:g} +{row.refine_steps}: change {row.label_change:.2f}, works on "
            f"{row.works:.0%} of {row.photos}, outside {row.outside_psnr_db:.1f} dB",
            highlight=False,
        )
    write_figures(out, as_report(loaded, len(w_plus), rows))


def unseen_photos(bundle: str, data: Path, photos: int, device: str | None) -> tuple["ModelBundle", "Image"]:
    """The bundle, and the last of the photos at its resolution."""
    from editgan.bundle.folder import load_bundle
    from editgan.core.devices import pick_device
    from editgan.core.images import from_pixels
    from editgan.data.photos import load_photos

    loaded = load_bundle(bundle, pick_device(device))
    pixels = load_photos(data, loaded.resolution).pixels[-photos:]
    return loaded, from_pixels(pixels).to(loaded.device)
