"""Train a finder: aligned photos pasted on others, at every angle and size, and much that is no subject."""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from accelerate import Accelerator
from jaxtyping import Float
from PIL import Image as PilImage
from torch import Tensor

from editgan.core.errors import InputError
from editgan.core.images import grid
from editgan.core.types import Pixels, Terms
from editgan.perception.blazeface import STRIDES
from editgan.perception.finder import SIDE_PX, FinderConfig, middles, new_finder, placed
from editgan.perception.frames import Frames
from editgan.training.batches import PhotoBatches, mirrored
from editgan.training.ema import averaged
from editgan.training.scenes import Scenes, drawn
from editgan.training.work import Descent

SEEN_PX = ((12.0, 44.0), (30.0, 150.0))  # sides of the frames that the fine map and the coarse one answer for
SURELY, PERHAPS = 0.2, 0.4  # of the side: nearer places see the subject; farther ones do not
FOCUS = 2.0  # gamma of Lin et al. 2017, "Focal Loss for Dense Object Detection"


@dataclass(frozen=True, kw_only=True, slots=True)
class FinderTraining:
    """A finder run."""

    finder: FinderConfig = field(default_factory=FinderConfig)
    total_kimg: float = 24.0  # thousand pictures to show
    batch_size: int = 16
    frozen_blocks: int = 3  # of the trunk, and what is before them: edges and colours, as faces taught it
    lr: float = 1.5e-3  # peak; falls to zero along half a cosine
    place_weight: float = 1.0  # of how far frames are off, beside whether they are there
    least_px: float = 16.0  # sides of the frames shown, in pictures of 96 px
    most_px: float = 96.0
    mirror: bool = True  # half of the subjects are seen in a mirror; not where all photos face one way
    held_out: int = 100  # the last photos of each set, never trained on
    seed: int = 0

    def __post_init__(self) -> None:
        if self.batch_size < 3 or self.total_kimg <= 0:  # each picture borrows from two others
            came = f"{self.batch_size}, {self.total_kimg}"
            raise InputError(f"a finder run needs batch_size >= 3 and total_kimg > 0, got {came}")


class FinderWork(Descent[FinderTraining]):
    """The finder, its average, and pictures that are freshly pasted at every step."""

    saved = ("finder", "ema", "adam")
    clip = 5.0

    def __init__(
        self, config: FinderTraining, subject: str, subjects: Pixels, others: Pixels, accelerator: Accelerator
    ) -> None:
        super().__init__(config, accelerator)
        self.share(config.batch_size)
        self.photos, self.others = (
            PhotoBatches(some, config.batch_size, seed=config.seed + i, accelerator=accelerator)
            for i, some in enumerate((subjects, others))
        )
        self.finder = self.in_place(new_finder(config.finder, subject))
        self.ema = self.in_place(averaged(self.finder))
        for part in (self.finder.stem, *self.finder.blocks[: config.frozen_blocks]):
            part.requires_grad_(False)
        learnt = [weights for weights in self.finder.parameters() if weights.requires_grad]
        self.adam = torch.optim.AdamW(learnt, lr=config.lr, weight_decay=0.01)

    def lr(self, images: int) -> float:
        """Up for a moment, then down along half a cosine."""
        progress = self.progress(images)
        return self.config.lr * min(1.0, progress / 0.03 + 0.02) * math.cos(math.pi / 2 * progress) ** 2

    def losses(self, images: int) -> tuple[Tensor, Terms]:
        """Is a subject's middle here, and where is its frame?"""
        scenes = self.scenes(images)
        maps = self.finder(scenes.image.to(self.device, memory_format=torch.channels_last))
        told = [level_losses(x, scenes, i) for i, x in enumerate(maps)]
        there, place = (torch.stack(terms).mean() for terms in zip(*told, strict=True))
        return there + self.config.place_weight * place, {"there": there, "corner_error": place}

    def scenes(self, images: int) -> Scenes:
        """What is shown once `images` were."""
        subjects, others = (source.at(images).cpu() for source in (self.photos, self.others))
        subjects = mirrored(subjects) if self.config.mirror else subjects
        return drawn(subjects, mirrored(others), SIDE_PX, self.config.least_px, self.config.most_px)

    @torch.no_grad()
    def preview(self) -> PilImage.Image:
        """Pictures with the middles that the average of the weights is sure of."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.config.seed)
            image = self.scenes(0).image[:16].to(self.device)
        marked = image.clone()
        for picture, found in zip(marked, self.ema.eval().frames(image, 0.0), strict=True):
            _mark(picture, found)
        return grid(marked, columns=8)


def level_losses(raw: Float[Tensor, "n 5 rows columns"], scenes: Scenes, level: int) -> tuple[Tensor, Tensor]:
    """Of one map: whether subjects are seen where they are alone, and how far their corners are off."""
    wanted = scenes.places.to(raw)  # [n, most, 4]
    sides = wanted[..., 2:].norm(dim=2)
    there = scenes.is_there.to(raw.device)
    mine = there & (sides >= SEEN_PX[level][0]) & (sides <= SEEN_PX[level][1])
    here = middles(raw.shape[2], raw.shape[3], level).to(raw)
    distance = (here[None, None] - wanted[..., :2, None, None]).norm(dim=2)  # [n, most, rows, columns]
    stride, wide = STRIDES[level], sides[..., None, None]
    surely = (distance < (SURELY * wide).clamp(min=0.75 * stride)) & mine[..., None, None]
    perhaps = (distance < (PERHAPS * wide).clamp(min=1.5 * stride)) & there[..., None, None]
    is_there = surely.any(1)
    counts = (is_there | ~perhaps.any(1)).to(raw)
    focal = _focal(raw[:, 0], is_there.to(raw)) * counts
    total = is_there.sum().clamp(min=1)
    off = _corner_error(placed(raw[:, 1:], level)[:, None], wanted[..., None, None])
    return focal.sum() / total, (off * surely).sum() / surely.sum().clamp(min=1)


def _focal(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy, little of it where the answer is right already."""
    loss = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    return (1 - (-loss).exp()) ** FOCUS * loss


def _corner_error(found: Float[Tensor, "*m 4 r c"], wanted: Float[Tensor, "*n 4 1 1"]) -> Tensor:
    """Root mean square over the four corners, in sides of the wanted frame."""
    apart = (found - wanted).square()
    squares = apart[..., :2, :, :].sum(-3) + apart[..., 2:, :, :].sum(-3) / 2
    error: Tensor = (squares + 1e-6).sqrt() / wanted[..., 2:, :, :].norm(dim=-3)
    return error


def _mark(picture: Float[Tensor, "3 h w"], found: Frames) -> None:
    """Dots at the four corners of each frame, green at the top."""
    for x, y, dx, dy in found.places.tolist():
        for across, down in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
            column, row = int(x + across * dx - down * dy), int(y + across * dy + down * dx)
            if 0 <= row < picture.shape[1] and 0 <= column < picture.shape[2]:
                colour = (-1.0, 1.0, -1.0) if down < 0 else (1.0, -1.0, -1.0)
                picture[:, row, column] = torch.tensor(colour).to(picture)
