"""A photo as a bundle's networks know it."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Bool
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.core.images import from_pixels, psnr_db, to_pixels
from editgan.core.labels import LabelSchema
from editgan.core.types import Image, Keep, LabelMap, Photo, Pixels, WPlus
from editgan.data.align import crop
from editgan.data.found import Found
from editgan.data.frame import Framing
from editgan.data.masks import keep_in_frame
from editgan.data.notes import PLAIN, FileNotes
from editgan.models.latent_generator import LatentGenerator

Fidelity = Literal["standard", "high"]
Verdict = Literal["ordinary", "unusual", "outside"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Domain:
    """How far a photo is from what the generator can draw. Without a verdict, `sentence` says why."""

    perceptual_distance: float  # between photo and reconstruction, by the bundle's judge of likeness
    psnr_db: float  # of the reconstruction
    latent_distance: float  # of w_plus from the mean: root mean square, in standard deviations of w
    percentile: float | None = None  # 0..100: of unseen photos, the share nearer by the worst distance
    median_ratio: float | None = None  # the perceptual distance over unseen photos' median
    verdict: Verdict | None = None
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OpeningReport:
    """How a photo was opened, and how well the generator knows it."""

    seed: int | None = None  # of a sample; None: a photo
    embedding_steps: int | None = None  # up to the best one; None: a sample
    fidelity: Fidelity | None = None
    from_cache: bool | None = None
    domain: Domain | None = None
    unfamiliar: float | None = None  # how unlike the class's photos it looks; 1: than 98 of 100
    found: tuple[Found, ...] | None = None  # all subjects, where they were looked for
    number: int | None = None  # of the one that is open
    framing: Framing | None = None  # the frame, whoever found it
    reconstruction_psnr_db: float  # of the aligned crop
    remarks: list[str] | None = None  # sentences about the file: what was converted, what is not kept


@dataclass(frozen=True, slots=True)
class OpenPhoto:
    """A photo that was found, aligned and embedded, or a picture the generator invented."""

    pixels: Photo  # the original, in its own colour space (`notes.space`)
    framing: Framing  # where in it the aligned crop lies
    aligned: Image  # the crop at the bundle's resolution, -1..1
    w_plus: WPlus
    image: Image  # the reconstruction: what the generator makes of w_plus
    label_map: LabelMap  # its parts, [1, s, s]: `ModelBundle.label_side` px
    schema: LabelSchema
    report: OpeningReport
    generator: LatentGenerator | None = None  # tuned to this very photo; None: the bundle's
    notes: FileNotes = PLAIN  # what its file says besides

    def shown(self, pixels: Photo) -> Photo:
        """The photo, or an edited copy of it, in sRGB: what networks and screens are shown."""
        return self.notes.space.to_srgb(pixels)

    def framed(self, pixels: Photo, side: int) -> Image:
        """The photo, or an edited copy of it, through the frame, as networks are shown it: -1..1, in sRGB."""
        seen = crop(pixels, self.framing, side)
        return seen if self.notes.space.is_srgb else from_pixels(self.shown(to_pixels(seen)))

    def close_up(self, pixels: Photo) -> Pixels:
        """Its `surroundings` alone, in sRGB."""
        left, top, right, bottom = self.surroundings
        return self.shown(pixels[:, top:bottom, left:right])

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

    def keeping(self, mask: Bool[Tensor, "h w"] | None) -> Keep | None:
        """Pixels of the photo that must not change, as `Composition(keep=...)` takes them.

        Raises InputError for a mask of another size than the photo's.
        """
        return None if mask is None else keep_in_frame(mask, self.framing, *self.pixels.shape[1:3])

    @property
    def warning(self) -> str | None:
        """Why its parts and edits should be looked at with care; None for a photo like others."""
        domain, unfamiliar = self.report.domain, self.report.unfamiliar
        if unfamiliar is not None and unfamiliar > 1:
            return (
                f"unlike the photos this bundle knows ({unfamiliar:.1f} times as far as 98 of 100): a wrong "
                "frame, or no such photo; look at the frame"
            )
        is_strange = domain is not None and domain.verdict in ("unusual", "outside")
        return domain.sentence if domain is not None and is_strange else None


@torch.no_grad()
def opened(
    bundle: ModelBundle,
    pixels: Photo,
    framing: Framing,
    aligned: Image,
    w_plus: WPlus,
    tuned: LatentGenerator | None = None,
    notes: FileNotes = PLAIN,
    **report: Any,
) -> OpenPhoto:
    """Renders `w_plus` and reads its parts; `report` are fields of `OpeningReport`."""
    drawn = bundle.drawing_with(tuned).render(w_plus)
    found = OpeningReport(
        **report,
        framing=framing,
        reconstruction_psnr_db=psnr_db(drawn.image, aligned),
        remarks=list(notes.remarks) or None,
    )
    return OpenPhoto(
        pixels, framing, aligned, w_plus, drawn.image, drawn.label_map, bundle.schema, found, tuned, notes
    )
