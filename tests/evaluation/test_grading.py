from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from skimage.data import astronaut

from editgan.bundle.folder import load_bundle
from editgan.core.errors import InputError, LabelError
from editgan.core.labels import LabelSchema
from editgan.data.frame import Framing
from editgan.data.photos import load_photos
from editgan.evaluation.grading import (
    CELEBA_MASK,
    GRADED,
    OUTSIDE,
    from_bundle,
    from_celeba_mask,
    in_frame,
    labelled_photos,
    labels_of,
    measure_grader,
)
from editgan.jobs.grader import FILE, train_grader
from editgan.perception.segmenter import SegmenterConfig, load_segmenter
from editgan.training.segmenter import SegmenterTraining

pytestmark = pytest.mark.slow


def palette(path: Path, ids: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True)
    PilImage.fromarray(ids.astype(np.uint8)).save(path)


def test_every_class_of_the_source_is_one_of_the_graders() -> None:
    assert len(CELEBA_MASK) == 19 and set(CELEBA_MASK) == set(GRADED.names)
    found = from_celeba_mask(torch.arange(19, dtype=torch.uint8).reshape(1, 1, 19))[0, 0].tolist()
    assert [GRADED.names[i] for i in found] == list(CELEBA_MASK)
    with pytest.raises(LabelError, match="CelebAMask"):
        from_celeba_mask(torch.full((1, 2, 2), 19, dtype=torch.uint8))


def test_a_bundles_parts_are_the_graders_and_its_eye_is_one(schema: LabelSchema) -> None:
    faces = load_bundle("faces-64").schema
    found = from_bundle(torch.arange(len(faces)).reshape(1, 1, -1), faces)[0, 0].tolist()
    called = [GRADED.names[i] for i in found]
    assert [a for a, b in zip(faces.names, called, strict=True) if a != b] == ["sclera", "iris"]
    assert called.count("eye") == 2


def test_labels_are_found_by_name_and_must_fit(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / "photos").mkdir(exist_ok=True)
        PilImage.new("RGB", (32, 32)).save(tmp_path / "photos" / f"{name}.png")
    palette(tmp_path / "labels" / "b.png", np.full((32, 32), 13))
    photos = load_photos(tmp_path / "photos", 32)
    pixels, label_maps = labels_of(photos, tmp_path / "labels")
    assert pixels.shape == (1, 32, 32, 3) and set(label_maps.unique().tolist()) == set(GRADED.ids("hair"))
    palette(tmp_path / "labels" / "b.png", np.zeros((16, 16)))
    with pytest.raises(InputError, match="another size"):
        labels_of(photos, tmp_path / "labels")
    palette(tmp_path / "others" / "c.png", np.zeros((32, 32)))
    with pytest.raises(InputError, match="none fits"):
        labels_of(photos, tmp_path / "others")


def test_labels_are_seen_through_the_frame() -> None:
    label_map = torch.arange(16).reshape(1, 4, 4)
    assert torch.equal(in_frame(label_map, Framing(centre_x=2, centre_y=2, side=4), 4), label_map)
    shifted = in_frame(label_map, Framing(centre_x=3, centre_y=2, side=4), 4)
    assert torch.equal(shifted[..., :3], label_map[..., 1:]) and (shifted[..., 3] == OUTSIDE).all()


def test_a_grader_is_trained_and_measured(tmp_path: Path) -> None:
    whole = PilImage.fromarray(astronaut())
    (tmp_path / "aligned").mkdir()
    for i in range(4):
        whole.crop((164 + i, 60, 284 + i, 180)).resize((32, 32)).save(tmp_path / "aligned" / f"{i}.png")
        palette(tmp_path / "maps" / f"{i}.png", np.full((32, 32), 1))
    shape = SegmenterConfig(network="lite0", side=32, width=16, fine_width=16, finest_width=16)
    how = SegmenterTraining(total_kimg=0.04, batch_size=4, lr=0.02)
    list(train_grader(tmp_path / "aligned", tmp_path / "maps", tmp_path / "run", how, shape, cpu=True))
    grader = load_segmenter(tmp_path / "run" / FILE)
    assert grader.facts["data"]["learnt"] == 4 and grader.schema == GRADED
    (tmp_path / "set" / "photos").mkdir(parents=True)
    whole.save(tmp_path / "set" / "photos" / "a.jpg")
    palette(tmp_path / "set" / "labels" / "a.png", np.full((512, 512), 1))
    figures = measure_grader(grader, load_bundle("faces-64"), list(labelled_photos(tmp_path / "set")))
    assert figures["photos"] == 1 and figures["not_found"] == 0
    assert figures["grader, 32 px"]["skin"] > 0.9 and 0 < figures["branch, 64 px"]["skin"] < 0.9
