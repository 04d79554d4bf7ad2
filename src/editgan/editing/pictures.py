"""What comes out of an edit."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Bool
from torch import Tensor

from editgan.bundle.bundle import Rendering
from editgan.bundle.opened import OpenPhoto
from editgan.core.images import psnr_db, save_picture, to_pil
from editgan.core.labels import at_side
from editgan.core.types import Image, LabelMap, Photo, Region, WPlus
from editgan.data.align import paste
from editgan.editing.region import margin_px
from editgan.editing.vectors import EditVector

PasteMode = Literal["difference", "replace"]


@dataclass(frozen=True, slots=True)
class Result:
    """An edited photo."""

    pixels: Photo  # at the original's size, the edit pasted in
    may_change: Bool[Tensor, "photo_h photo_w"]  # every other pixel has the original's bytes
    image: Image  # the edited rendering, aligned
    label_map: LabelMap  # its parts
    region: Region  # of the aligned frame, where the edit may change things, in label map pixels
    w_plus: WPlus
    report: dict[str, Any]

    def save(self, path: Path | str) -> None:
        """The format follows the suffix; PNG and WebP-lossless keep the untouched pixels exact."""
        save_picture(to_pil(self.pixels), Path(path))


@dataclass(frozen=True, slots=True)
class Edit:
    """What repainting did: a result, and how to do the same to other photos."""

    result: Result
    target: LabelMap
    vector: EditVector

    @property
    def image(self) -> Image:
        """The edited rendering, aligned."""
        return self.result.image

    @property
    def label_map(self) -> LabelMap:
        """Its parts."""
        return self.result.label_map

    @property
    def region(self) -> Region:
        """Where the edit was allowed to change things."""
        return self.result.region

    @property
    def w_plus(self) -> WPlus:
        """The photo's latent, moved by the vector."""
        return self.result.w_plus

    @property
    def report(self) -> dict[str, Any]:
        """How well the target was reached, and what the rest suffered."""
        return self.result.report


@torch.no_grad()
def make_result(photo: OpenPhoto, w_plus: WPlus, after: Rendering, region: Region, mode: PasteMode) -> Result:
    """Pastes the region of `after`, the rendering of `w_plus`, back into the photo."""
    pixels, may_change = paste(
        photo.pixels,
        photo.framing,
        photo.image,
        after.image,
        region,
        mode=mode,
        feather_px=margin_px(after.image.shape[2]),
        changed=(photo.label_map != after.label_map).unsqueeze(1),
        seen=photo.aligned,
    )
    report = {
        "region_share": region.float().mean().item(),
        "outside_psnr_db": psnr_db(after.image, photo.image, ~at_side(region, after.image.shape[-1])),
        "pasted_outside_max_abs_diff": _largest_difference(photo.pixels, pixels, ~may_change),
        "paste_mode": mode,
    }
    return Result(pixels, may_change, after.image, after.label_map, region, w_plus, report)


def _largest_difference(original: Photo, result: Photo, where: Tensor) -> int:
    """Of bytes; measured on the pictures, not assumed."""
    larger, smaller = torch.maximum(original[0], result[0]), torch.minimum(original[0], result[0])
    difference = (larger - smaller)[where]  # in bytes: a photo of 50 megapixels as int32 takes 600 MB
    return int(difference.max()) if difference.numel() else 0
