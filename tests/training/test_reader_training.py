import pytest
import torch
from accelerate import Accelerator
from torch import Tensor

from editgan.core.errors import InputError
from editgan.core.labels import IGNORED, LabelSchema
from editgan.perception.segmenter import SegmenterConfig
from editgan.training.reader import LabelledPictures, ReaderTraining, ReaderWork, sure_labels

pytestmark = pytest.mark.slow

SHAPE = SegmenterConfig(network="lite1", side=32, width=16, fine_width=16, finest_width=16)
TINY = ReaderTraining(
    total_kimg=0.16, lr=1e-2, alone_share=0.5, sample_share=0.25, photo_share=0.25, sure=0.0, max_angle_deg=0
)


def halves(count: int, dark: int) -> LabelledPictures:
    """Left half dark, right half light; classes 1 and 3."""
    label_maps = torch.ones(count, 32, 32, dtype=torch.uint8)
    label_maps[:, :, 16:] = 3
    pixels = torch.where(label_maps == 1, dark, 200).to(torch.uint8)[..., None]
    return LabelledPictures(pixels.expand(-1, -1, -1, 3).contiguous(), label_maps)


def work(schema: LabelSchema, samples: int = 3) -> ReaderWork:
    photos = halves(5, 40).pixels
    return ReaderWork(TINY, SHAPE, schema, halves(4, 70), halves(samples, 100), photos, Accelerator(cpu=True))


def darkness(images: Tensor) -> list[int]:
    """Which source each picture is of."""
    return [round(value) for value in ((images[:, 0, 0, 0] + 1) * 127.5).tolist()]


def test_a_batch_is_of_people_and_samples_first_and_then_also_of_photos_it_labels_itself(
    schema: LabelSchema,
) -> None:
    learning = work(schema)
    assert darkness(learning.pictures(0)[0]) == [70] * 6 + [100] * 2
    photos, label_maps = learning.pictures(80)
    assert darkness(photos) == [70] * 4 + [100] * 2 + [40] * 2
    assert torch.equal(label_maps[6:], learning.believed(photos[6:]))
    assert darkness(work(schema, samples=0).pictures(80)[0]) == [70] * 6 + [40] * 2


def test_it_learns_to_read(schema: LabelSchema) -> None:
    learning = work(schema)
    for images in range(0, 160, 8):
        learning.step(images)
    known = halves(1, 70)
    read = learning.best().read(known.pixels.permute(0, 3, 1, 2) / 127.5 - 1)
    assert (read == known.label_maps).float().mean() > 0.8


def test_labels_that_are_not_sure_do_not_count() -> None:
    logits = torch.tensor([[2.0, 0.0], [0.0, 0.5]]).T.reshape(1, 2, 1, 2)
    assert sure_labels(logits, 0.8).tolist() == [[[0, IGNORED]]]
    assert sure_labels(logits, 0.0).tolist() == [[[0, 1]]]


def test_a_batch_without_any_label_of_a_person_is_refused() -> None:
    with pytest.raises(InputError, match="shares below 1 together"):
        ReaderTraining(sample_share=0.5, photo_share=0.5)
