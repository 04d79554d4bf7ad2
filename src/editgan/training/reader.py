"""Train a bundle's reader: a segmenter of photos, from no more labelled photos than its branch had.

Three sources: the labelled photos, strongly varied; samples with the branch's labels, which are exactly in
place but soft; and photos without labels, which the reader labels for itself with the average of its weights
(Tarvainen and Valpola 2017, "Mean teachers"), from the untouched photo, where it is sure (Sohn et al. 2020,
"FixMatch").
"""

from dataclasses import dataclass

import torch
from accelerate import Accelerator
from jaxtyping import UInt8
from torch import Tensor

from editgan.core.errors import InputError
from editgan.core.images import from_pixels
from editgan.core.labels import IGNORED, LabelSchema
from editgan.core.types import Image, Logits, Pixels
from editgan.perception.segmenter import SegmenterConfig
from editgan.training.segmenter import SegmenterTraining, SegmenterWork


@dataclass(frozen=True, kw_only=True, slots=True)
class ReaderTraining(SegmenterTraining):
    """A reader's run."""

    total_kimg: float = 3.0
    balance: float = 0.5
    max_shift: float = 0.08
    max_log2_scale: float = 0.3
    max_angle_deg: float = 15.0
    samples: int = 256  # of the generator
    truncation_psi: float = 0.8  # of the samples
    photos: int = 1_000  # without labels, at most
    sample_share: float = 0.125  # of a batch
    photo_share: float = 0.375  # of a batch, once it labels photos for itself ...
    alone_share: float = 0.25  # ... after this share of the run
    sure: float = 0.8  # probability from which a label that no person drew counts
    held_out: int = 100  # of each set of photos, the last by name

    def __post_init__(self) -> None:
        if self.batch_size < 1 or self.total_kimg <= 0 or self.sample_share + self.photo_share >= 1:
            raise InputError(
                "a reader's run needs batch_size >= 1, total_kimg > 0 and shares below 1 together, got "
                f"{self.batch_size}, {self.total_kimg} and {self.sample_share} + {self.photo_share}"
            )


@dataclass(frozen=True, slots=True)
class LabelledPictures:
    """Pictures of the reader's side, and their parts; `IGNORED` where nobody knows."""

    pixels: Pixels
    label_maps: UInt8[Tensor, "n h w"]

    def drawn(self, count: int) -> tuple[Image, UInt8[Tensor, "m h w"]]:
        """Some at random."""
        chosen = torch.randint(len(self.pixels), (count,))
        return from_pixels(self.pixels[chosen]), self.label_maps[chosen]


class ReaderWork(SegmenterWork):
    """A segmenter's work on pictures of three sources."""

    def __init__(
        self,
        config: ReaderTraining,
        shape: SegmenterConfig,
        schema: LabelSchema,
        labelled: LabelledPictures,
        samples: LabelledPictures,
        photos: Pixels,
        accelerator: Accelerator,
    ) -> None:
        super().__init__(config, shape, schema, labelled.pixels, labelled.label_maps, accelerator)
        self.how, self.labelled, self.samples, self.unlabelled = config, labelled, samples, photos
        self.count = self.share(config.batch_size)
        self.in_place(self.decoder)

    def pictures(self, images: int) -> tuple[Image, UInt8[Tensor, "n h w"]]:
        """Of all sources, shuffled anew at each step, whose number seeds it."""
        is_alone = self.progress(images) < self.how.alone_share or not len(self.unlabelled)
        unlabelled = 0 if is_alone else round(self.count * self.how.photo_share)
        drawn = round(self.count * self.how.sample_share) if len(self.samples.pixels) else 0
        parts = [self.labelled.drawn(self.count - drawn - unlabelled)]
        if drawn:
            parts.append(self.samples.drawn(drawn))
        if unlabelled:
            chosen = torch.randint(len(self.unlabelled), (unlabelled,))
            photos = from_pixels(self.unlabelled[chosen])
            parts.append((photos, self.believed(photos)))
        seen, label_maps = zip(*parts, strict=True)
        return torch.cat(seen), torch.cat(label_maps)

    @torch.no_grad()
    def believed(self, photos: Image) -> UInt8[Tensor, "n h w"]:
        """What the average of its weights reads in them, where it is sure."""
        return sure_labels(self.averaged_logits(photos), self.how.sure).cpu()


def sure_labels(logits: Logits, sure: float) -> UInt8[Tensor, "n h w"]:
    """The likeliest class of each pixel, or `IGNORED` where it is less likely than `sure`."""
    probability, label_map = logits.softmax(1).max(1)
    return label_map.where(probability >= sure, IGNORED).to(torch.uint8)
