from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from torch import Tensor

from editgan.core.labels import IGNORED, LabelSchema
from editgan.core.runs import RunFolder
from editgan.perception.segmenter import SegmenterConfig
from editgan.training.loop import Schedule, train
from editgan.training.segmenter import (
    SegmenterTraining,
    SegmenterWork,
    compressed,
    placed,
    softened,
)

pytestmark = pytest.mark.slow

TINY = SegmenterTraining(total_kimg=0.16, batch_size=8, lr=1e-2)
SHAPE = SegmenterConfig(network="lite0", side=32, width=16, fine_width=16, finest_width=16)


def pictures(count: int = 6) -> tuple[Tensor, Tensor]:
    """Left half dark, right half light; classes 1 and 3."""
    label_maps = torch.ones(count, 32, 32, dtype=torch.uint8)
    label_maps[:, :, 16:] = 3
    pixels = (label_maps * 70)[..., None].expand(-1, -1, -1, 3).contiguous()
    return pixels, label_maps


def work(schema: LabelSchema) -> SegmenterWork:
    return SegmenterWork(TINY, SHAPE, schema, *pictures(), Accelerator(cpu=True))


def test_it_learns_to_read_what_it_is_shown(schema: LabelSchema, tmp_path: Path) -> None:
    learning = work(schema)
    *_, last = train(learning, RunFolder(tmp_path, TINY), Schedule(total_images=160, log_images=80))
    assert last.terms["right"] > 0.8
    pixels, label_maps = pictures(1)
    read = learning.best().read(pixels.permute(0, 3, 1, 2) / 127.5 - 1)
    assert (read == label_maps).float().mean() > 0.8
    assert learning.preview().size == (6 * 32, 3 * 32)


def test_pixels_that_a_person_wants_ignored_teach_nothing(schema: LabelSchema) -> None:
    pixels, label_maps = pictures()
    label_maps[:, :, 16:] = IGNORED
    learning = SegmenterWork(TINY, SHAPE, schema, pixels, label_maps, Accelerator(cpu=True))
    assert learning.weights.shape == (len(schema),)
    loss, _ = learning.losses(0)
    assert loss.isfinite()
    assert learning.preview().size == (6 * 32, 3 * 32)  # and they are shown


def test_a_resumed_run_ends_as_an_uninterrupted_one(schema: LabelSchema, tmp_path: Path) -> None:
    def after(images: int, folder: Path) -> dict[str, Tensor]:
        learning = work(schema)
        list(train(learning, RunFolder(folder, TINY), Schedule(total_images=images, log_images=16)))
        return learning.decoder.state_dict()

    whole = after(48, tmp_path / "whole")
    after(24, tmp_path / "halves")
    for name, value in after(48, tmp_path / "halves").items():
        assert torch.equal(value, whole[name]), name


def test_labels_move_with_their_pictures() -> None:
    pixels, label_maps = pictures(16)
    photos, found = placed(pixels.permute(0, 3, 1, 2) / 127.5 - 1, label_maps, TINY)
    value = (photos[:, 0] + 1) * 127.5 / 70
    is_inside = found != IGNORED
    assert 0.5 < is_inside.float().mean() < 1 and set(found.unique().tolist()) == {1, 3, IGNORED}
    assert ((value - found).abs()[is_inside] < 0.6).float().mean() > 0.98  # but for the border between them
    assert {bool(m[16, 4] == 3) for m in found} == {True, False}  # some are seen in a mirror


def test_softening_and_compressing_change_a_share_of_the_pictures() -> None:
    image = torch.rand(4, 3, 32, 32) * 2 - 1
    assert torch.equal(softened(image, 0.0), image)
    assert (compressed(image, 0.0) - image).abs().max() < 0.01
    for change in (softened, compressed):
        assert 0.02 < (change(image, 1.0) - image).abs().mean() < 1
