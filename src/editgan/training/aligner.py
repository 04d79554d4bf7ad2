"""Train the aligner: aligned photos, put under random similarity transforms, say themselves what is right."""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from accelerate import Accelerator
from jaxtyping import Float
from PIL import Image as PilImage
from torch import Tensor

from editgan.core.errors import InputError
from editgan.core.images import from_pixels, grid
from editgan.core.types import Image, Terms
from editgan.data.photos import PhotoSet
from editgan.models.aligner import Aligner, AlignerConfig
from editgan.training.batches import PhotoBatches, mirrored
from editgan.training.work import Descent

Adjustment = Float[Tensor, "n 4"]  # dx, dy, log_scale, angle of `Framing.adjusted`


@dataclass(frozen=True, kw_only=True, slots=True)
class AlignerTraining:
    """An aligner run."""

    aligner: AlignerConfig = field(default_factory=AlignerConfig)
    total_kimg: float = 400.0  # thousand crops to show, over all devices and all calls
    batch_size: int = 64  # crops per step, all devices together
    lr: float = 2e-3  # at the start; falls to zero along half a cosine
    max_shift: float = 0.15  # sides of the crop
    max_log2_scale: float = 0.4
    max_angle_deg: float = 25.0
    small_share: float = 0.3  # of the crops are nearly right already, as they are after a first correction
    held_out: int = 100  # the last photos of the set, never trained on
    seed: int = 0

    def __post_init__(self) -> None:
        if self.batch_size < 1 or self.total_kimg <= 0:
            came = f"{self.batch_size}, {self.total_kimg}"
            raise InputError(f"an aligner run needs batch_size >= 1 and total_kimg > 0, got {came}")


class AlignerWork(Descent[AlignerTraining]):
    """The network, shown photos that are freshly misframed at every step."""

    saved = ("aligner", "adam")

    def __init__(self, config: AlignerTraining, photos: PhotoSet, accelerator: Accelerator) -> None:
        super().__init__(config, accelerator)
        self.share(config.batch_size)
        if len(photos) <= config.held_out:
            raise InputError(
                f"{config.held_out} photos are held out of training, but there are only {len(photos)}"
            )
        learnt = photos.pixels[: len(photos) - config.held_out]
        self.photos = PhotoBatches(learnt, config.batch_size, seed=config.seed, accelerator=accelerator)
        # The preview shows photos the network has not learnt, where there are any
        self.preview_photos = photos.pixels[len(photos) - max(config.held_out, 1) :][:16].to(self.device)
        self.aligner = Aligner(config.aligner).to(self.device)
        self.adam = torch.optim.Adam(self.aligner.parameters(), lr=config.lr)

    def lr(self, images: int) -> float:
        """Half a cosine."""
        return self.config.lr * (0.5 + 0.5 * math.cos(math.pi * self.progress(images)))

    def losses(self, images: int) -> tuple[Tensor, Terms]:
        """How far the corners of the frames it finds are from where they should be."""
        photos = mirrored(self.photos.at(images))
        wanted = random_adjustments(len(photos), self.config).to(self.device)
        crops = misframed(photos, wanted, random_insets(len(photos)).to(self.device), self._resolution)
        loss = corner_distance(self.aligner(recoloured(crops)), wanted).mean()
        return loss, {"corner_error": loss}

    @property
    def _resolution(self) -> int:
        return self.config.aligner.resolution

    @torch.no_grad()
    def preview(self) -> PilImage.Image:
        """Rows of misframed photos, each above the same photos after one correction."""
        photos = from_pixels(self.preview_photos)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.config.seed)
            wanted = random_adjustments(len(photos), self.config).to(self.device)
            insets = random_insets(len(photos)).to(self.device)
            before = misframed(photos, wanted, insets, self._resolution)
            after = misframed(photos, remaining(self.aligner(before), wanted), insets, self._resolution)
        columns = min(len(photos), 8)
        rows = [row for pair in zip(before.split(columns), after.split(columns), strict=True) for row in pair]
        return grid(torch.cat(rows), columns=columns)


def random_adjustments(count: int, config: AlignerTraining) -> Adjustment:
    """Uniform within the configured limits; a share of them a fifth as large."""
    limits = torch.tensor(
        [
            config.max_shift,
            config.max_shift,
            config.max_log2_scale * math.log(2),
            math.radians(config.max_angle_deg),
        ]
    )
    size = torch.where(torch.rand(count, 1) < config.small_share, 0.2, 1.0)
    return (torch.rand(count, 4) * 2 - 1) * limits * size


def frame_corners(adjustment: Adjustment) -> Float[Tensor, "n 4 2"]:
    """Where the adjusted frame's corners lie, from the crop's centre, in sides of the crop."""
    corners = torch.tensor([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]], device=adjustment.device)
    return corners @ _turn(adjustment[:, 2].exp(), adjustment[:, 3]) + adjustment[:, None, :2]


def corner_distance(found: Adjustment, wanted: Adjustment) -> Float[Tensor, "n"]:
    """Mean distance of the four corners, in sides of the wanted frame."""
    distance = (frame_corners(found) - frame_corners(wanted)).square().sum(2).add(1e-12).sqrt().mean(1)
    return distance / wanted[:, 2].exp()


def remaining(found: Adjustment, wanted: Adjustment) -> Adjustment:
    """What is still to be adjusted once `found` has been."""
    back = _turn((-found[:, 2]).exp(), -found[:, 3])
    shift = ((wanted - found)[:, None, :2] @ back).squeeze(1)
    return torch.cat([shift, (wanted - found)[:, 2:]], dim=1)


def _turn(scale: Float[Tensor, "n"], angle: Float[Tensor, "n"]) -> Float[Tensor, "n 2 2"]:
    """For row vectors: scaled, and turned clockwise as seen."""
    cos, sin = scale * angle.cos(), scale * angle.sin()
    return torch.stack([torch.stack([cos, sin], 1), torch.stack([-sin, cos], 1)], 1)


def random_insets(count: int) -> Float[Tensor, "n 4"]:
    """How much of each photo to hide at the left, top, right and bottom, as fractions of its side.

    Aligned photos end at the frame, real ones go on: were the seam always at the frame, the network would
    look for the seam and fail on real photos.
    """
    return torch.rand(count, 4) * 0.18 * (torch.rand(count, 1) < 0.8)


def misframed(
    photos: Float[Tensor, "n 3 s s"], wanted: Adjustment, insets: Float[Tensor, "n 4"], resolution: int
) -> Float[Tensor, "n 3 r r"]:
    """Crops of which `wanted` is the adjustment that gives the aligned photo.

    Beyond the insets lies, at random: the edge repeated, a reflection, another photo, a plain colour.
    """
    n = len(photos)
    fine = 2 * resolution  # then averaged: sharpness must not tell the scale
    axis = (torch.arange(fine, device=photos.device) + 0.5) / fine - 0.5
    seen = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=2).reshape(1, -1, 2)
    back = _turn((-wanted[:, 2]).exp(), -wanted[:, 3])
    positions = (seen - wanted[:, None, :2]) @ back + 0.5  # [n, fine * fine, 2], in the aligned frame
    low, high = insets[:, None, :2], 1 - insets[:, None, 2:]
    kind = torch.rand(n, 1, 1).to(photos.device)
    within = (positions - low) / (high - low)
    filled = torch.where(kind < 0.3, within.clamp(0, 1), _reflected(within))
    crops = _look(photos, low + filled * (high - low))
    composited = torch.lerp(_backgrounds(photos, positions), crops, _coverage(within))
    return F.avg_pool2d(torch.where(kind[..., None] < 0.6, crops, composited), 2)


def _reflected(within: Float[Tensor, "n p 2"]) -> Float[Tensor, "n p 2"]:
    """Folded back into 0..1, as between two mirrors."""
    return 1 - (within % 2 - 1).abs()


def _look(photos: Float[Tensor, "n 3 s s"], positions: Float[Tensor, "n p 2"]) -> Float[Tensor, "n 3 f f"]:
    """Photos at the positions of a square grid, row by row."""
    fine = math.isqrt(positions.shape[1])
    grid_ = (positions * 2 - 1).reshape(len(photos), fine, fine, 2)
    return F.grid_sample(photos, grid_, padding_mode="border", align_corners=False)


def _backgrounds(
    photos: Float[Tensor, "n 3 s s"], positions: Float[Tensor, "n p 2"]
) -> Float[Tensor, "n 3 f f"]:
    """Another photo of the batch, enlarged past recognition, or a plain colour."""
    n, device = len(photos), photos.device
    zoom, start = 0.15 + 0.35 * torch.rand(n, 1, 1), torch.rand(n, 1, 2)
    textures = _look(photos.roll(1, 0), _reflected(start.to(device) + positions * zoom.to(device)))
    colours = (torch.rand(n, 3, 1, 1) * 2 - 1).to(device)
    return torch.where((torch.rand(n, 1, 1, 1) < 0.3).to(device), colours, textures)


def _coverage(within: Float[Tensor, "n p 2"]) -> Float[Tensor, "n 1 f f"]:
    """1 inside, 0 outside, with a border of random softness."""
    softness = (0.01 + 0.09 * torch.rand(len(within), 1)).to(within.device)
    depth = torch.minimum(within, 1 - within).amin(2)  # from the nearest edge, negative outside
    fine = math.isqrt(within.shape[1])
    return (depth / softness + 0.5).clamp(0, 1).reshape(len(within), 1, fine, fine)


def recoloured(crops: Image) -> Image:
    """Random contrast, tint, saturation and sharpness: what differs between cameras, not between frames."""

    def uniform(low: float, high: float, channels: int = 1) -> Tensor:
        return (low + (high - low) * torch.rand(len(crops), channels, 1, 1)).to(crops.device)

    grey = crops.mean(1, keepdim=True)
    x = torch.lerp(grey, crops, uniform(-0.3, 1.3).clamp(min=0))
    blurred = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    x = torch.lerp(x, blurred, uniform(-1, 1).clamp(min=0))
    return x * uniform(0.6, 1.3) + uniform(-0.25, 0.25, channels=3)
