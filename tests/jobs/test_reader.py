import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage

from editgan.bundle.folder import load_bundle
from editgan.core.errors import LabelError
from editgan.core.label_pictures import save_label_map
from editgan.core.labels import LabelSchema
from editgan.jobs.reader import train_reader
from editgan.perception.segmenter import SegmenterConfig
from editgan.recipes import TrainingRecipe, find_recipe
from editgan.training.reader import ReaderTraining

pytestmark = pytest.mark.slow

SHAPE = SegmenterConfig(network="lite1", side=32, width=16, fine_width=16, finest_width=16)


def tiny() -> TrainingRecipe:
    how = ReaderTraining(total_kimg=0.256, batch_size=8, lr=0.005, samples=4, held_out=1, sure=0.9)
    return replace(find_recipe("smoke"), reader=how)


@pytest.fixture
def annotations(tmp_path: Path, schema: LabelSchema) -> Path:
    """Photos whose lower half is light and of class 3."""
    folder = tmp_path / "annotations"
    folder.mkdir()
    schema.save(folder / "classes.json")
    label_map = torch.zeros(32, 32, dtype=torch.int64)
    label_map[16:] = 3
    for i in range(4):
        pixels = (60 + 30 * label_map.numpy() + random.Random(i).randrange(20)).astype(np.uint8)
        PilImage.fromarray(pixels).convert("RGB").save(folder / f"{i}.jpg", quality=95)
        save_label_map(label_map, schema, folder / f"{i}.png")
    return folder


def test_a_reader_is_trained_into_its_bundle_and_measured(
    annotations: Path, own_bundle: Path, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for path in annotations.glob("*.jpg"):
        PilImage.open(path).save(photos / path.name)
    before = load_bundle(own_bundle)
    *_, last = train_reader(
        tiny(), own_bundle, annotations, [photos], tmp_path / "run", annotations, shape=SHAPE, cpu=True
    )
    assert last.images == 256
    bundle = load_bundle(own_bundle)
    assert bundle.reader is not None and bundle.reader.config == SHAPE
    assert bundle.fingerprint == before.fingerprint
    facts = bundle.facts.reader
    assert facts.annotated_photos == 4 and facts.photos_without_labels == 3
    assert facts.test.photos == 4 and facts.test.reader.iou_per_class["brow"] > 0.6
    assert facts.test.reader.ms > 0 and facts.test.branch.others["miou_at_32_px"] < 1
    assert (own_bundle / "reader.webp").exists()


def test_labels_of_other_parts_are_refused(annotations: Path, own_bundle: Path, tmp_path: Path) -> None:
    schema = LabelSchema.load(annotations / "classes.json")
    LabelSchema(schema.classes[:4]).save(annotations / "classes.json")
    with pytest.raises(LabelError, match="train the branch with these labels first"):
        next(train_reader(tiny(), own_bundle, annotations, annotations, tmp_path / "run", cpu=True))
