"""`editgan bench`: speed and quality."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from editgan.cli.bench_edits import edits
from editgan.cli.bench_speed import speed
from editgan.cli.groups import grouped
from editgan.cli.measuring import (
    CountOption,
    DataOption,
    Measured,
    OnAnnotated,
    OnPhotos,
    StepsOption,
    unseen_photos,
)
from editgan.cli.options import Networks, parse_numbers
from editgan.cli.placing import Results
from editgan.cli.saying import say, show_figures, waiting

if TYPE_CHECKING:
    from editgan.bundle.judges import JudgeName

app = typer.Typer(
    help="Measure speed and quality; every figure in the docs comes from here.", no_args_is_help=True
)

app.command()(speed)
app.command()(edits)


@app.command()
@grouped
def samples(
    *,
    data: Annotated[Path, Option(help="A folder or a zip of the photos the bundle learnt from.")],
    measured: Measured,
    count: Annotated[
        int, Option("--samples", min=4, help="How many samples; figures compare at equal counts only.")
    ] = 10_000,
    resolution: Annotated[
        int | None,
        Option(
            min=16,
            help="Compare at this size, so that bundles of several sizes compare; the bundle's by default.",
            show_default=False,
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        Option(
            help="Folder that keeps what was seen in the photos, for the next bundle.", show_default=False
        ),
    ] = None,
) -> None:
    """FID, KID, precision and recall of samples against photos, by two networks that taught nothing here.

    Beside them the same of photos against other photos (halves): what perfect samples would have.
    """
    from editgan.bundle.folder import load_draft
    from editgan.core.devices import pick_device
    from editgan.data.photos import load_photos
    from editgan.evaluation.samples import measure_samples

    loaded = load_draft(measured.bundle, pick_device(measured.device))
    photos = load_photos(data, resolution or loaded.resolution).pixels
    with waiting(f"{count} samples, {len(photos)} photos") as tell:
        figures = measure_samples(
            loaded, photos, samples=count, resolution=resolution, cache=cache, watch=tell
        )
    measured.tell(figures)


@app.command()
@grouped
def embedding(*, on: OnPhotos, steps: StepsOption = 60) -> None:
    """PSNR and perceptual distance of embedded held-out photos, with the encoder alone and after descent."""
    from editgan.evaluation.embedding import measure_embedding

    loaded, unseen = on.load()
    with waiting(f"embedding {len(unseen)} photos"):
        figures = measure_embedding(loaded, unseen, steps=steps)
    on.tell(figures)


@app.command()
@grouped
def judges(
    *,
    on: OnPhotos,
    steps: Annotated[int, Option(min=1, help="Steps of fitting each photo.")] = 60,
    edits: Annotated[int, Option(min=1, help="How many of them are edited, too.")] = 24,
    lpips: Annotated[bool, Option("--lpips", help="LPIPS-VGG, too, if its weights are here.")] = False,
) -> None:
    """Which perceptual judge to optimise against: embeddings and edits by each, measured by the others."""
    from editgan.evaluation.judges import as_report, measure_judges

    loaded, unseen = on.load()
    names: list[JudgeName] = ["features", "lite1"]
    if lpips:
        names.append("lpips-vgg")
    rows = []
    for row in measure_judges(loaded, unseen, names, steps=steps, edits=edits):
        rows.append(row)
        show_figures(asdict(row))
    on.write(as_report(loaded, len(unseen), steps, rows))


@dataclass(frozen=True, kw_only=True)
class OnFewPhotos(OnPhotos):
    """Where each takes long."""

    photos: CountOption = 16


@app.command()
@grouped
def fidelity(on: OnFewPhotos) -> None:
    """What `--fidelity high` buys and costs: PSNR, perceptual distance, parts kept, seconds a photo."""
    from editgan.evaluation.fidelity import measure_fidelity

    loaded, unseen = on.load()
    with waiting(f"tuning the generator to {len(unseen)} photos, one by one"):
        figures = measure_fidelity(loaded, unseen)
    on.tell(figures)


@app.command()
@grouped
def domain(*, on: OnPhotos, steps: StepsOption = 60) -> None:
    """How far unseen photos are from what the generator can draw: what other pictures are compared with."""
    from editgan.core.config import to_json
    from editgan.evaluation.domain import measure_domain

    loaded, unseen = on.load()
    with waiting(f"embedding {len(unseen)} photos"):
        figures = to_json(measure_domain(loaded, unseen, steps=steps))
    on.tell(figures)


@app.command()
@grouped
def segmentation(on: OnAnnotated) -> None:
    """mIoU and per-class IoU of the parts read from embedded photos; the sheet also has the disagreement."""
    from editgan.evaluation.segmentation import at_bundle_size, measure_segmentation

    loaded, annotated = on.load()
    with waiting(f"embedding {len(annotated)} photos"):
        figures, picture = measure_segmentation(
            loaded, *at_bundle_size(loaded, annotated, len(loaded.schema), loaded.label_side)
        )
    on.draw(picture)
    on.tell(figures)


@app.command()
@grouped
def reader(on: OnAnnotated) -> None:
    """IoU of the bundle's reader, and of its branch beside it, with people's labels; milliseconds a photo."""
    from editgan.evaluation.reading import measure_reader, reader_sheet

    loaded, annotated = on.load()
    with waiting(f"reading {len(annotated)} photos"):
        figures = measure_reader(loaded, annotated)
    if on.sheet is not None:
        on.draw(reader_sheet(loaded, annotated))
    on.tell(figures)


@app.command()
@grouped
def grader(
    *,
    data: Annotated[
        Path, Option(help="A folder or a zip with photos/NAME.jpg as published and labels/NAME.png.")
    ],
    grader: Annotated[Path, Option(help="The file that `editgan train grader` left.")] = Path(
        "runs/grader/grader.safetensors"
    ),
    measured: Measured,
    photos: CountOption = 10_000,
    branch: Annotated[bool, Option(help="Also measure the bundle's branch: embeds each photo.")] = True,
) -> None:
    """IoU of the grader, and of the bundle's branch beside it, with people's labels of unseen faces."""
    from editgan.bundle.folder import load_bundle
    from editgan.core.devices import pick_device
    from editgan.evaluation.grading import labelled_photos, measure_grader
    from editgan.perception.segmenter import load_segmenter

    loaded = load_bundle(measured.bundle, pick_device(measured.device))
    labelled = list(labelled_photos(data))[-photos:]
    with waiting(f"reading {len(labelled)} photos"):
        segmenter = load_segmenter(grader, loaded.device)
        figures = measure_grader(segmenter, loaded, labelled, with_branch=branch)
    measured.tell(figures)


@app.command()
@grouped
def pictures(
    *,
    data: DataOption,
    networks: Networks,
    show_photos: Annotated[
        bool, Option("--photos", help="Show the photos themselves, too: not for handing on.")
    ] = False,
    results: Results,
) -> None:
    """Three sheets to look at: 64 samples, eight embedded unseen photos with their parts, eight edits."""
    from editgan.core.files import filling
    from editgan.core.images import save_picture
    from editgan.editing.library import built_in_vectors, find_vector
    from editgan.editor import Editor
    from editgan.evaluation.embedding import embed_all
    from editgan.evaluation.sheets import edits_sheet, embedded_sheet, samples_sheet

    loaded, unseen = unseen_photos(networks.bundle, data, 96, networks.device)
    chosen = unseen[:: max(len(unseen) // 8, 1)][:8]  # neighbours by name may show the same subject
    own = [find_vector(loaded, name) for name in built_in_vectors(loaded)][:8]
    kinds = ["samples", "embedded", *(["edits"] if own else [])]
    files = {kind: f"{loaded.name}-{kind}.webp" for kind in kinds}
    with results.folder("sheets", list(files.values())) as out, filling(out) as scratch:
        save_picture(samples_sheet(loaded), scratch / files["samples"])
        with waiting("embedding eight photos"):
            sheet = embedded_sheet(loaded, chosen, embed_all(loaded, chosen), show_photos=show_photos)
        save_picture(sheet, scratch / files["embedded"])
        if own:
            editor = Editor(loaded)
            samples = [editor.sample(seed) for seed in range(1000, 1000 + len(own))]
            save_picture(edits_sheet(editor, own, samples), scratch / files["edits"])
    say(f"sheets in {out}")


@app.command()
@grouped
def vectors(
    *,
    on: OnPhotos,
    vector: Annotated[
        list[str] | None,
        Option("--vector", "-v", help="NAMEs or FILEs; all of the bundle's by default.", show_default=False),
    ] = None,
    strengths: Annotated[str, Option(help="Strengths to measure.")] = "0.5,0.7,1,1.3,1.5",
    refine_steps: Annotated[str, Option(help="Refinement steps to measure.")] = "0,10,30,60",
) -> None:
    """What vectors do to unseen photos: the wanted label change, what changes outside, identity kept.

    One row per vector, strength and number of refinement steps. The wanted change is what the part operations
    that the vector was learnt from would do to each photo.
    """
    from editgan.editing.library import built_in_vectors, find_vector
    from editgan.evaluation.embedding import embed_all
    from editgan.evaluation.vectors import as_report, measure_vectors

    loaded, unseen = on.load()
    found = [find_vector(loaded, name) for name in vector or built_in_vectors(loaded)]
    with waiting(f"embedding {len(unseen)} photos"):
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
        typer.echo(
            f"{row.vector} {row.strength:g} +{row.refine_steps}: change {row.label_change:.2f}, works on "
            f"{row.works:.0%} of {row.photos}, outside {row.outside_psnr_db:.1f} dB",
        )
    on.write(as_report(loaded, len(w_plus), rows))
