"""Train the identity network: which of these photos shows the same person as this one?

A cosine softmax with a margin, as in CosFace (Wang et al. 2018), but among the photos of a batch, not among
learnt directions of all people: those would see each person a few times only, where most have few photos.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from accelerate import Accelerator
from jaxtyping import Float, Int
from PIL import Image as PilImage
from torch import Tensor

from editgan.core.errors import InputError
from editgan.core.images import from_pixels, grid, resize
from editgan.core.types import Image, Pixels, Terms
from editgan.data.people import People
from editgan.evaluation.identity import Verification, verification
from editgan.models.identity import IdentityConfig, IdentityNetwork
from editgan.training.aligner import recoloured
from editgan.training.batches import PhotoOrder, mirrored
from editgan.training.ema import averaged
from editgan.training.work import Descent


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityTraining:
    """An identity run."""

    total_kimg: float = 60.0  # thousand photos to show
    batch_size: int = 64  # photos, two of each person; all devices together
    lr: float = 2e-3  # peak; falls to zero along half a cosine
    weight_decay: float = 0.05
    channel_base: int = 1024  # of the network; see `IdentityConfig`
    margin: float = 0.1  # of the cosine; grows from zero over the first third
    scale: float = 16.0  # of the cosines, before the softmax
    held_out_people: int = 40  # the last ones of the first data set, never trained on
    seed: int = 0

    def __post_init__(self) -> None:
        if self.batch_size < 4 or self.batch_size % 2 or self.total_kimg <= 0:
            came = f"{self.batch_size}, {self.total_kimg}"
            raise InputError(f"an identity run needs an even batch_size >= 4 and total_kimg > 0, got {came}")
        if self.held_out_people < 2:
            raise InputError(f"verification needs two held-out people or more, got {self.held_out_people}")


class PairBatches:
    """Photos, each with another one of the same person; shared out among the processes."""

    def __init__(self, people: People, pairs: int, *, seed: int, accelerator: Accelerator) -> None:
        order = people.numbers.argsort(stable=True)  # each person's photos side by side
        self.pixels, self.numbers = people.pixels[order], people.numbers[order]
        self.counts = self.numbers.bincount()
        self.starts = self.counts.cumsum(0) - self.counts
        self.order = PhotoOrder(len(order), pairs, seed=seed, accelerator=accelerator)
        self.device = accelerator.device

    def at(self, position: int) -> tuple[Image, Int[Tensor, "n"]]:
        """First photos, then their partners, and who they are.

        The first depend on the position alone, the partners on torch's generator, too.
        """
        first = self.order.at(position)
        numbers = self.numbers[first]
        start, count = self.starts[numbers], self.counts[numbers]
        onwards = 1 + (torch.rand(len(first)) * (count - 1)).long()
        second = start + (first - start + onwards) % count
        photos = from_pixels(self.pixels[torch.cat([first, second])].to(self.device))
        return photos, numbers.repeat(2).to(self.device)


class IdentityWork(Descent[IdentityTraining]):
    """The network, its average, and people to try it on."""

    saved = ("network", "ema", "adam")
    clip = 5.0

    def __init__(
        self,
        config: IdentityTraining,
        resolution: int,
        learnt: People,
        unseen: People,
        accelerator: Accelerator,
    ) -> None:
        super().__init__(config, accelerator)
        self.share(config.batch_size // 2, "half of batch_size")
        self.learnt, self.unseen = learnt, unseen
        self.pairs = PairBatches(learnt, config.batch_size // 2, seed=config.seed, accelerator=accelerator)
        network = IdentityNetwork(IdentityConfig(resolution=resolution, channel_base=config.channel_base))
        self.ema = averaged(network).to(self.device)
        self.network = self.in_place(network)
        self.adam = torch.optim.AdamW(
            self.network.parameters(), lr=config.lr, weight_decay=config.weight_decay
        )

    def lr(self, images: int) -> float:
        """Up for a moment, then down along half a cosine."""
        progress = self.progress(images)
        return self.config.lr * min(1.0, progress / 0.03 + 0.02) * math.cos(math.pi / 2 * progress) ** 2

    def losses(self, images: int) -> tuple[Tensor, Terms]:
        """Who belongs to whom?"""
        config = self.config
        photos, numbers = self.pairs.at(images // 2)
        with self.fast():
            found = self.network(varied(photos).contiguous(memory_format=torch.channels_last))
        margin = min(1.0, 3 * self.progress(images)) * config.margin
        loss, recognised = pair_loss(found, numbers, margin, config.scale)
        return loss, {"loss": loss, "recognised": recognised}

    @torch.no_grad()
    def finished(self) -> IdentityNetwork:
        """The averaged network, centred so that unrelated people have a cosine of about zero.

        The softmax compares cosines with each other, so it leaves open where zero is.
        """
        some = self.learnt.pixels[:: -(-len(self.learnt.pixels) // 2048)]
        self.ema.centre.zero_()
        self.ema.centre.copy_(self._each(self.ema.from_centre, some).mean(0))
        return self.ema

    def _each(self, network: Callable[[Image], Tensor], pixels: Pixels) -> Float[Tensor, "n dim"]:
        return torch.cat([network(from_pixels(some).to(self.device)) for some in pixels.split(256)])

    @torch.no_grad()
    def verified(self) -> Verification:
        """How well it tells apart people it has never seen."""
        return verification(self._each(self.finished(), self.unseen.pixels), self.unseen.numbers)

    @torch.no_grad()
    def preview(self) -> PilImage.Image:
        """Rows of people it has never seen: a photo, then the photos it takes to be most like it."""
        found = self._each(self.finished(), self.unseen.pixels)
        asked = torch.linspace(0, len(found) - 1, min(8, len(found))).long()
        likest = (found[asked] @ found.t()).topk(min(8, len(found))).indices.cpu()
        return grid(from_pixels(self.unseen.pixels[likest.flatten()]), columns=likest.shape[1])


def pair_loss(
    embeddings: Float[Tensor, "n d"], numbers: Int[Tensor, "n"], margin: float, scale: float
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Cross-entropy of scale * (cosine - margin for the partner) among all others of the batch, and how
    often the partner's cosine is the highest.

    The second half are the first half's partners. Further photos of the same person do not count.
    """
    cosines = embeddings @ embeddings.t()
    partner = torch.arange(len(numbers), device=numbers.device).roll(len(numbers) // 2)
    right = F.one_hot(partner, len(numbers)).bool()
    ignored = (numbers[:, None] == numbers) & ~right  # a photo itself, too
    logits = (scale * (cosines - margin * right)).masked_fill(ignored, -math.inf)
    recognised = cosines.masked_fill(ignored, -math.inf).argmax(1) == partner
    return F.cross_entropy(logits, partner), recognised.float().mean()


def varied(photos: Image) -> Image:
    """As another camera, or the generator, would show them: mirrored, moved, recoloured, softer."""
    moved = _moved(mirrored(photos))
    recolour = torch.rand(len(photos), 1, 1, 1).to(photos.device) < 0.4
    return _softened(torch.where(recolour, recoloured(moved), moved))


def _moved(photos: Image) -> Image:
    """Turned by up to 4 degrees, scaled by up to 5 %, shifted by up to 3 % of the side."""

    def uniform(limit: float) -> Float[Tensor, "n"]:
        return ((torch.rand(len(photos)) * 2 - 1) * limit).to(photos.device)

    scale, angle = torch.exp(uniform(0.05)), uniform(math.radians(4))
    cos, sin = scale * angle.cos(), scale * angle.sin()
    rows = [torch.stack([cos, -sin, uniform(0.06)], 1), torch.stack([sin, cos, uniform(0.06)], 1)]
    positions = F.affine_grid(torch.stack(rows, 1), list(photos.shape), align_corners=False)
    return F.grid_sample(photos, positions, padding_mode="reflection", align_corners=False)


def _softened(photos: Image) -> Image:
    """Half of them without some of their finest detail, which the generator does not draw."""
    soft = resize(resize(photos, photos.shape[2] // 2), photos.shape[2])
    amount = (torch.rand(len(photos), 1, 1, 1) * 2 - 1).clamp(min=0)
    return torch.lerp(photos, soft, amount.to(photos.device))
