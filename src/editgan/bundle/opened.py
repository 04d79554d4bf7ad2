"""A photo as a bundle's networks know it."""

from dataclasses import dataclass
from typing import Any

import torch

from editgan.bundle.bundle import ModelBundle
from editgan.core.images import psnr_db
from editgan.core.labels import LabelSchema
from editgan.core.types import Image, LabelMap, Photo, WPlus
from editgan.data.align import Framing
from editgan.models.generator import Generator


@dataclass(frozen=True, slots=True)
class OpenPhoto:
    """A photo that was found, aligned and embedded, or a picture the generator invented."""

    pixels: Photo  # the original
    framing: Framing  # where in it the aligned crop lies
    aligned: Image  # the crop at the bundle's resolution, -1..1
    w_plus: WPlus
    image: Image  # the reconstruction: what the generator makes of w_plus
    label_map: LabelMap  # its parts, [1, s, s]: `ModelBundle.label_side` px
    schema: LabelSchema
    report: dict[str, Any]
    generator: Generator | None = None  # tuned to this very photo; None: the bundle's

    @property
    def surroundings(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of a square of the photo a little larger than the frame."""
        framing, (height, width) = self.framing, self.pixels.shape[1:3]
        half = framing.side * 0.6
        left, top = max(0, round(framing.centre_x - half)), max(0, round(framing.centre_y - half))
        right, bottom = (
            min(width, round(framing.centre_x + half)),
            min(height, round(framing.centre_y + half)),
        )
        return left, top, max(right, left + 1), max(bottom, top + 1)

    @property
    def warning(self) -> str | None:
        """Why its parts and edits should be looked at with care; None for a photo like others."""
        domain = self.report.get("domain", {})
        return domain["sentence"] if domain.get("verdict") in ("unusual", "outside") else None

    def bundle(self, of: ModelBundle) -> ModelBundle:
        """The bundle with the generator that draws this photo; what it learns still fits the bundle's own."""
        return of.drawing_with(self.generator)


@torch.no_grad()
def opened(
    bundle: ModelBundle,
    pixels: Photo,
    framing: Framing,
    aligned: Image,
    w_plus: WPlus,
    report: dict[str, Any],
    tuned: Generator | None = None,
) -> OpenPhoto:
    """Renders `w_plus` and reads its parts."""
    assert bundle.schema is not None
    rendering = bundle.drawing_with(tuned).render(w_plus)
    report = report | {"reconstruction_psnr_db": psnr_db(rendering.image, aligned)}
    return OpenPhoto(
        pixels, framing, aligned, w_plus, rendering.image, rendering.label_map, bundle.schema, report, tuned
    )
