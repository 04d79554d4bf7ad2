"""Train a segmenter's decoder: labelled pictures, placed, coloured, softened, compressed anew each time."""

import io
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from accelerate import Accelerator
from jaxtyping import UInt8
from PIL import Image as PilImage
from torch import Tensor

from editgan.core.errors import InputError
from editgan.core.images import from_pil, from_pixels, grid, resize, to_pil, to_pixels
from editgan.core.labels import IGNORED, LabelSchema
from editgan.core.types import Image, LabelMap, Pixels, Terms
from editgan.perception.segmenter import Segmenter, SegmenterConfig
from editgan.training.aligner import recoloured
from editgan.training.batches import PhotoOrder
from editgan.training.branch import class_weights
from editgan.training.ema import averaged
from editgan.training.work import Descent


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmenterTraining:
    """A segmenter run."""

    total_kimg: float = 10.0  # thousand pictures to show
    batch_size: int = 8
    lr: float = 2e-3  # peak; falls to zero along half a cosine
    weight_decay: float = 0.02
    balance: float = 0.3  # 0 weighs pixels as they come, 1 every class alike
    max_shift: float = 0.06  # sides of the picture
    max_log2_scale: float = 0.25
    max_angle_deg: float = 12.0
    soft_share: float = 0.4  # of the pictures are shrunk and enlarged again: renderings are soft
    jpeg_share: float = 0.5  # are compressed, at quality 30 to 95
    seed: int = 0

    def __post_init__(self) -> None:
        if self.batch_size < 1 or self.total_kimg <= 0:
            came = f"{self.batch_size}, {self.total_kimg}"
            raise InputError(f"a segmenter run needs batch_size >= 1 and total_kimg > 0, got {came}")


class SegmenterWork(Descent[SegmenterTraining]):
    """The decoder, its average, and labelled pictures whose parts have no left and right."""

    saved = ("decoder", "ema", "adam")
    clip = 5.0

    def __init__(
        self,
        config: SegmenterTraining,
        shape: SegmenterConfig,
        schema: LabelSchema,
        photos: Pixels,
        label_maps: UInt8[Tensor, "n h w"],
        accelerator: Accelerator,
    ) -> None:
        super().__init__(config, accelerator)
        self.share(config.batch_size)
        self.photos, self.label_maps = photos, label_maps
        self.order = PhotoOrder(len(photos), config.batch_size, seed=config.seed, accelerator=accelerator)
        self.segmenter = Segmenter(shape, schema, self.device)
        self.decoder = self.segmenter.decoder
        self.ema = averaged(self.decoder).to(self.device)
        self.weights = class_weights(label_maps.flatten().long(), len(schema), config.balance)
        self.weights = self.weights.to(self.device)
        self.adam = torch.optim.AdamW(
            self.decoder.parameters(), lr=config.lr, weight_decay=config.weight_decay
        )

    def lr(self, images: int) -> float:
        """Up for a moment, then down along half a cosine."""
        progress = self.progress(images)
        return self.config.lr * min(1.0, progress / 0.03 + 0.02) * math.cos(math.pi / 2 * progress) ** 2

    def losses(self, images: int) -> tuple[Tensor, Terms]:
        """Which part is each pixel of?"""
        photos, label_maps = placed(*self.pictures(images), self.config)
        photos = torch.lerp(photos, recoloured(photos), torch.rand(len(photos), 1, 1, 1))
        seen = compressed(softened(photos, self.config.soft_share), self.config.jpeg_share)
        logits = self.segmenter(seen.to(self.device))
        truth = label_maps.to(self.device)
        loss = F.cross_entropy(logits, truth, weight=self.weights, ignore_index=IGNORED)
        right = (logits.argmax(1) == truth)[truth != IGNORED].float().mean()
        return loss, {"loss": loss, "right": right}

    def pictures(self, images: int) -> tuple[Image, UInt8[Tensor, "n h w"]]:
        """What is shown once `images` were, before it is placed and disguised."""
        chosen = self.order.at(images)
        return from_pixels(self.photos[chosen]), self.label_maps[chosen]

    def best(self) -> Segmenter:
        """The segmenter with the average of its weights."""
        self.segmenter.decoder.load_state_dict(self.ema.state_dict())
        return self.segmenter.eval()

    @torch.no_grad()
    def preview(self) -> PilImage.Image:
        """Rows of pictures, their labels and what is read; of the last ones learnt."""
        photos, label_maps = from_pixels(self.photos[-6:]), self.label_maps[-6:].long()
        read = self.averaged_logits(photos).argmax(1).cpu()
        colours = [from_pixels(self.segmenter.schema.colorize(m)) for m in (label_maps, read)]
        return grid(torch.cat([photos, *colours]), columns=len(photos))

    def averaged_logits(self, photos: Image) -> Tensor:
        """What the average of the weights makes of them: [n, classes, h, w], of the photos' side."""
        image = resize(photos, self.segmenter.config.side).to(self.device)
        return resize_logits(self.ema(self.segmenter.network.maps(image), image), photos.shape[2])


def resize_logits(logits: Tensor, side: int) -> Tensor:
    """[n, classes, side, side]."""
    return F.interpolate(logits, (side, side), mode="bilinear", align_corners=False)


def placed(
    photos: Image, label_maps: UInt8[Tensor, "n h w"], config: SegmenterTraining
) -> tuple[Image, LabelMap]:
    """Mirrored at random, turned, scaled and shifted; labels from beyond the picture are `IGNORED`, too."""
    n = len(photos)
    limits = torch.tensor([config.max_log2_scale * math.log(2), math.radians(config.max_angle_deg)])
    log_scale, angle = ((torch.rand(n, 2) * 2 - 1) * limits).unbind(1)
    shift = (torch.rand(n, 2) * 2 - 1) * 2 * config.max_shift  # affine_grid's picture is 2 wide
    flip = torch.where(torch.rand(n) < 0.5, -1.0, 1.0)
    cos, sin = log_scale.exp() * angle.cos(), log_scale.exp() * angle.sin()
    rows = [torch.stack([cos * flip, -sin, shift[:, 0]], 1), torch.stack([sin * flip, cos, shift[:, 1]], 1)]
    at = F.affine_grid(torch.stack(rows, 1), list(photos.shape), align_corners=False)
    seen = F.grid_sample(photos, at, mode="bilinear", padding_mode="reflection", align_corners=False)
    # Nearest, counted down from IGNORED: what is outside is 0 there
    inverse = IGNORED - label_maps[:, None].float()
    found = F.grid_sample(inverse, at, mode="nearest", padding_mode="zeros", align_corners=False)
    return seen, (IGNORED - found[:, 0]).round().long()


def softened(image: Image, share: float) -> Image:
    """A share of them as if drawn at a sixth to two thirds of their side."""
    out = image.clone()
    for i in range(len(image)):
        if torch.rand(()) < share:
            small = round(image.shape[2] * (0.17 + 0.5 * torch.rand(()).item()))
            out[i : i + 1] = resize(resize(image[i : i + 1], small), image.shape[2])
    return out


def compressed(image: Image, share: float) -> Image:
    """In bytes; a share of them through JPEG."""
    pixels = to_pixels(image)
    for i in range(len(pixels)):
        if torch.rand(()) < share:
            file = io.BytesIO()
            to_pil(pixels[i : i + 1]).save(file, format="JPEG", quality=int(torch.randint(30, 96, ())))
            with PilImage.open(file) as picture:
                pixels[i] = from_pil(picture)[0]
    return from_pixels(pixels)
