"""`editgan import annotations`: other people's labelled photos as `editgan train branch` takes them."""

from pathlib import Path
from typing import Annotated, Literal

from typer import Argument, Option

from editgan.cli.saying import bar, say
from editgan.data.formats.convert import convert_annotations

ImportedKind = Literal["celebamask-hq", "coco", "datasetgan", "folder", "voc"]


def annotations(
    source: Annotated[
        Path,
        Argument(
            metavar="FOLDER",
            help="LabelMe files, an export for COCO or VOC (CVAT: segmentation mask), CelebAMask-HQ, "
            "DatasetGAN, EditGAN.",
        ),
    ],
    out: Annotated[Path, Option("--out", "-o", help="The new folder to write.")],
    kind: Annotated[ImportedKind | None, Option(help="What FOLDER is, where it is not recognised.")] = None,
    classes: Annotated[
        str | None,
        Option(
            help="What numbers in label maps mean that come without names: car-32 (EditGAN's cars), car-20, "
            "car-12, face-34, cat-16, voc-21, or the path of a classes.json, labelmap.txt or "
            "class_names.txt. Otherwise parts are called part_1, part_2, ..."
        ),
    ] = None,
    limit: Annotated[int | None, Option(min=1, help="At most so many photos, the first.")] = None,
) -> None:
    """Labelled photos of other projects as `editgan train branch --annotations` takes them.

    CelebAMask-HQ: the folder with CelebA-HQ-img and CelebAMask-HQ-mask-anno. DatasetGAN and EditGAN: a
    folder with image_0.jpg, image_mask0.npy, ... and, in it or below, latents_image_0.npy, ...: with these
    the photos need not be embedded again. COCO: one JSON with polygons or run lengths, the photos anywhere
    below. VOC: SegmentationClass and JPEGImages, with CVAT's labelmap.txt or LabelMe's class_names.txt.
    LabelMe files and our own layout are taken as they are.

    Writes photos, label maps, classes.json and sheet.png: look at that, whether names and places agree.

    Example: editgan import annotations annotation_car_32_clean --classes car-32 --out cars-labelled
    """
    with bar() as progress:
        task = progress.add_task("reading annotations", total=None)
        converted = convert_annotations(
            source,
            out,
            kind=kind,
            classes=classes,
            limit=limit,
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    with_latents = f", {converted.with_latents} with latents" if converted.with_latents else ""
    say(
        f"{converted.kind}: {converted.photos} photos{with_latents}, {len(converted.schema)} classes in {out}"
    )
    if converted.remark is not None:
        say(converted.remark)
    if converted.ignored:
        say(f"ignored, as the annotations want it: {converted.ignored:.1%} of the pixels")
    for what, count in converted.dropped.items():
        say(f"left out: {count} x {what}")
    say(f"look at {out / 'sheet.png'} before training on them")
