"""A bundle's reader, from its labelled photos, its samples and photos without labels."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.facts import ReaderFacts, ReaderTest
from editgan.bundle.folder import load_bundle
from editgan.core.errors import LabelError
from editgan.core.images import from_pixels, resize, to_pixels
from editgan.core.labels import resize_label_map
from editgan.core.rng import sample_z
from editgan.data.annotations import AnnotatedPhoto, load_annotations, load_schema
from editgan.data.formats.class_files import classes_file
from editgan.data.setting_aside import learnable, load_learnable
from editgan.evaluation.reading import measure_reader, reader_sheet
from editgan.evaluation.segmentation import squared
from editgan.jobs.facts import as_sources, data_digest, device_name, today
from editgan.perception.segmenter import SegmenterConfig
from editgan.recipes.recipe import TrainingRecipe
from editgan.training.loop import Status
from editgan.training.reader import LabelledPictures, ReaderTraining, ReaderWork, sure_labels
from editgan.training.runner import Training, leave_bundle, run

SHAPE = SegmenterConfig(network="lite1", width=64, fine_width=48, finest_width=24)
AT_ONCE = 32  # samples drawn


def train_reader(
    recipe: TrainingRecipe,
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
    bundle = load_bundle(where)
    annotated = learnable(annotations, _annotated(annotations, bundle))
    photos, _ = load_learnable(as_sources(data), side, config.held_out)
    some = photos.some(config.photos, config.seed)
    labelled = labelled_by_people(annotated, bundle, side)
    samples = labelled_by_branch(bundle, config, side)

    def leave(work: ReaderWork, kimg: float) -> None:
        reading = bundle.having(reader=work.best())
        shown = annotated[:8] if test is None else _annotated(test, bundle)
        made = ReaderFacts(
            annotated_photos=len(annotated),
            samples=len(samples.pixels),
            photos_without_labels=len(some),
            kimg=kimg,
            device=device_name(work.device),
            date=today(),
            test=ReaderTest() if test is None else ReaderTest.from_json(measure_reader(reading, shown)),
        )
        better = reading.having(facts=replace(bundle.facts, reader=made))
        leave_bundle(better, where, reader=reader_sheet(reading, shown[:8]))

    training = Training(
        config=config,
        begin=lambda accelerator: ReaderWork(
            config, shape, bundle.schema, labelled, samples, some.pixels, accelerator
        ),
        leave=leave,
        photos=data_digest(some),
        made_for=lambda work: f"{bundle.fingerprint}, {len(labelled.pixels)} labelled photos",
    )
    yield from run(training, out, minutes=minutes, cpu=cpu)


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
    w_plus = bundle.generator.sample(z, config.truncation_psi)
    pixels, maps = [], []
    for some in w_plus.contiguous().split(AT_ONCE):
        drawn = bundle.render(some)
        logits = F.interpolate(drawn.logits.float(), (side, side), mode="bilinear", align_corners=False)
        pixels.append(to_pixels(resize(drawn.image, side)))
        maps.append(sure_labels(logits, config.sure).cpu())
    return LabelledPictures(torch.cat(pixels), torch.cat(maps))


def _annotated(folder: Path, bundle: ModelBundle) -> list[AnnotatedPhoto]:
    """Raises LabelError where they name other parts than the bundle."""
    found = load_schema(folder) if classes_file(folder) is not None else bundle.schema
    if found.names != bundle.schema.names:
        raise LabelError(
            f"a reader knows the parts of its bundle, {', '.join(bundle.schema.names)}, but {folder} has "
            f"{', '.join(found.names)}; train the branch with these labels first"
        )
    return load_annotations(folder, bundle.schema)
