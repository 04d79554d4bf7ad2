"""A bundle's reader, from its labelled photos, its samples and photos without labels."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F

from editgan.bundle.bundle import BundleDraft, ModelBundle
from editgan.bundle.folder import load_draft
from editgan.core.errors import LabelError
from editgan.core.images import from_pixels, resize, to_pixels
from editgan.core.labels import resize_label_map
from editgan.core.rng import sample_z
from editgan.data.annotations import AnnotatedPhoto, load_annotations, load_schema
from editgan.data.formats.class_files import classes_file
from editgan.data.setting_aside import learnable, load_learnable
from editgan.evaluation.reading import measure_reader, reader_sheet
from editgan.evaluation.segmentation import squared
from editgan.jobs.facts import as_sources, data_digest, made_with
from editgan.perception.segmenter import SegmenterConfig
from editgan.recipes.recipe import Recipe
from editgan.training.loop import Status
from editgan.training.reader import LabelledPictures, ReaderTraining, ReaderWork, sure_labels
from editgan.training.runner import Result, Training, run

SHAPE = SegmenterConfig(network="lite1", width=64, fine_width=48, finest_width=24)
AT_ONCE = 32  # samples drawn


def train_reader(
    recipe: Recipe,
    where: Path,
    annotations: Path,
    data: Path | Sequence[Path],
    out: Path,
    test: Path | None = None,
    *,
    shape: SegmenterConfig = SHAPE,
    minutes: float | None = None,
    cpu: bool = False,
) -> Iterator[Status]:
    """The bundle's reader of photos, from the photos its branch was taught with and others without labels.

    With `test`, how well it and the branch read annotated photos that neither has seen goes into the bundle.
    """
    config, side = recipe.reader, shape.side
    bundle = load_draft(where).need("branch", "schema")
    assert isinstance(bundle, ModelBundle)
    annotated = learnable(annotations, _annotated(annotations, bundle))
    photos, _ = load_learnable(as_sources(data), side, config.held_out)
    some = photos.some(config.photos, config.seed)
    labelled = labelled_by_people(annotated, bundle, side)
    samples = labelled_by_branch(bundle, config, side)

    def result(work: ReaderWork, kimg: float) -> Result:
        reading = bundle.having(reader=work.best())
        assert isinstance(reading, ModelBundle)
        made = {
            "annotated_photos": len(annotated),
            "samples": len(samples.pixels),
            "photos_without_labels": len(some),
            "kimg": kimg,
            **made_with(work.device),
        }
        shown = annotated[:8]
        if test is not None:
            shown = _annotated(test, bundle)
            made["test"] = measure_reader(reading, shown)
        return Result(
            reading.having(facts={"reader": made}), {"reader.webp": reader_sheet(reading, shown[:8])}
        )

    training = Training(
        config=config,
        begin=lambda accelerator: ReaderWork(
            config, shape, bundle.schema, labelled, samples, some.pixels, accelerator
        ),
        result=result,
        photos=data_digest(some),
        made_for=lambda work: f"{bundle.fingerprint}, {len(labelled.pixels)} labelled photos",
    )
    yield from run(training, out, where, minutes=minutes, cpu=cpu)


def labelled_by_people(
    annotated: Sequence[AnnotatedPhoto], bundle: ModelBundle, side: int
) -> LabelledPictures:
    """At the reader's side."""
    squares = [squared(photo, bundle.letter_box) for photo in annotated]
    pixels = torch.cat([to_pixels(resize(from_pixels(photo.pixels), side)) for photo in squares])
    maps = torch.cat([resize_label_map(photo.label_map, side, len(bundle.schema)) for photo in squares])
    return LabelledPictures(pixels, maps.to(torch.uint8))


@torch.no_grad()
def labelled_by_branch(bundle: ModelBundle, config: ReaderTraining, side: int) -> LabelledPictures:
    """Samples at the reader's side, soft as renderings are, with the labels of which the branch is sure."""
    z = sample_z(range(config.samples), bundle.generator.config.z_dim, bundle.device)
    w_plus = bundle.generator.broadcast(bundle.generator.mapping(z, config.truncation_psi))
    pixels, maps = [], []
    for some in w_plus.contiguous().split(AT_ONCE):
        drawn = bundle.render(some)
        logits = F.interpolate(drawn.logits.float(), (side, side), mode="bilinear", align_corners=False)
        pixels.append(to_pixels(resize(drawn.image, side)))
        maps.append(sure_labels(logits, config.sure).cpu())
    return LabelledPictures(torch.cat(pixels), torch.cat(maps))


def _annotated(folder: Path, bundle: BundleDraft) -> list[AnnotatedPhoto]:
    """Raises LabelError where they name other parts than the bundle."""
    assert bundle.schema is not None
    found = load_schema(folder) if classes_file(folder) is not None else bundle.schema
    if found.names != bundle.schema.names:
        raise LabelError(
            f"a reader knows the parts of its bundle, {', '.join(bundle.schema.names)}, but {folder} has "
            f"{', '.join(found.names)}; train the branch with these labels first"
        )
    return load_annotations(folder, bundle.schema)
