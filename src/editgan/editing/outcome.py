"""What comes out of an edit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool
from torch import Tensor

from editgan.bundle.bundle import Rendering
from editgan.bundle.opened import OpenPhoto
from editgan.core.config import known_json
from editgan.core.descent import Step, Watch, best
from editgan.core.images import psnr_db
from editgan.core.labels import at_side
from editgan.core.types import Image, LabelMap, Photo, Region, WPlus
from editgan.data.notes import PLAIN, FileNotes
from editgan.data.saving import noted, photo_bytes, save_photo
from editgan.data.xmp import Note
from editgan.editing.composition import Composition, PasteMode, compose, warnings_about
from editgan.editing.context import EditContext
from editgan.editing.known_motion import KnownMotion, known_motion
from editgan.editing.note import note_of
from editgan.editing.painted import about_painted, painted
from editgan.editing.pasting import Pasted, moves, pasted
from editgan.editing.region import Repainting, region_iou
from editgan.editing.seeing import Rise, Sight, about_hidden, about_seen, seen
from editgan.editing.vector import EditVector
from editgan.editing.walk import Refinement, refine

UNMOVED = 0.6  # of an edit's change: more is warned of


@dataclass(frozen=True, slots=True)
class Applied:
    """A vector, as a report names it."""

    name: str
    strength: float


@dataclass(frozen=True, kw_only=True, slots=True)
class EditReport:
    """What was done to a photo, and what the rest of it suffered."""

    region_share: float  # 0..1, of the aligned frame
    outside_psnr_db: float  # of the rendering, against the unedited one; infinite where they are equal
    pasted_outside_max_abs_diff: int  # bytes, of the photo: 0
    paste_mode: PasteMode
    judge: str
    vectors: list[Applied]
    refine_steps: int  # up to the best one
    # 0..1, of the change whose motion was sought; None where none was, or something was drawn
    unmoved_share: float | None = None
    warnings: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """How far an edit came towards its target."""

    classes: list[str]  # the parts it is about
    steps: int  # up to the best one
    useful_strengths: list[float]  # least and greatest
    target_iou_before: float  # 0..1, mean over `classes`, inside the region
    target_iou_after: float
    seen_iou_before: float | None = None  # the same of the photo itself; None in a bundle without a reader
    seen_iou_after: float | None = None
    seen_share: float | None = None  # 0..1, of the asked parts before the edit: where they can be seen
    shape_distance: float | None = None  # of the painted part least like those seen; 1: than 98 of 100
    strange_part: str | None = None  # its name, where painting made it unlike all that were seen
    terms: dict[str, float]  # of the objective, weights applied


@dataclass(frozen=True, slots=True)
class Result:
    """An edited photo."""

    pixels: Photo  # at the original's size and in its colour space, the edit pasted in
    may_change: Bool[Tensor, "photo_h photo_w"]  # every other pixel has the original's bytes
    image: Image  # the edited rendering, aligned
    label_map: LabelMap  # its parts
    region: Region  # of the aligned frame, where the rendering may change, in label map pixels
    w_plus: WPlus
    report: EditReport
    composition: Composition  # what was done: with it, `Editor.apply` gives this again
    notes: FileNotes = PLAIN  # what the original's file says
    note: Note | None = None  # what a file says of this edit; None: nothing was changed

    def save(self, path: Path | str, *, strip_metadata: bool = False) -> None:
        """The format follows the suffix; PNG, TIFF and WebP keep the untouched pixels exact.

        With the original's profile, transparency, EXIF, XMP and resolution, and a note of the edit that
        `editgan show` reads. `strip_metadata` leaves out all but profile and transparency.
        """
        save_photo(self.pixels, Path(path), self.notes, self.note, strip=strip_metadata)

    def to_bytes(self, format_: str, *, strip_metadata: bool = False) -> bytes:
        """The same as a file's bytes: "PNG", "WEBP", "TIFF", "JPEG" or "AVIF"."""
        return photo_bytes(self.pixels, format_, self.notes, self.note, strip=strip_metadata)


def onwards(photo: OpenPhoto, before: Result | None) -> OpenPhoto:
    """The photo as an edit left it, for another edit into it: its pixels, and what their file would say."""
    if before is None:
        return photo
    return replace(photo, pixels=before.pixels, notes=noted(before.notes, before.note))


@dataclass(frozen=True, slots=True)
class Edit:
    """What repainting did: a result, and how to do the same to other photos."""

    result: Result
    target: LabelMap
    vector: EditVector
    reached: Reached

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
    def composition(self) -> Composition:
        """All that was done to the photo, this edit included."""
        return self.result.composition

    @property
    def report(self) -> dict[str, Any]:
        """How well the target was reached, and what the rest suffered, ready for JSON."""
        return known_json(self.result.report) | known_json(self.reached)


def edited(
    context: EditContext,
    photo: OpenPhoto,
    asked: Repainting,
    before: LabelMap,
    vector: EditVector,
    reached: Step,
    on: Composition,
) -> Edit:
    """The photo with a vector more, which was learnt on it: where it was repainted, it may change.

    `before`: its parts when it was repainted, with all of `on` done to it.
    """
    result = applied(context, photo, on.with_edit(vector, asked.region))
    claimed = Rise(
        *(region_iou(m, asked.target, asked.class_ids, asked.region) for m in (before, result.label_map))
    )
    found, shapes = _seen(context, photo, asked, before, result, on), context.bundle.shapes
    shape = None if shapes is None else painted(shapes, asked, before)
    strange = None
    warnings = [*result.report.warnings]
    if shape is not None and shape.is_strange:
        strange = context.bundle.schema.names[shape.part]
        warnings += about_painted(strange, shape.distance)
    if found is not None:
        warnings += about_seen(claimed, found.rise) + about_hidden(found.share)
    report = replace(result.report, judge=context.judge.name, warnings=warnings)
    about = Reached(
        classes=list(vector.classes),
        steps=reached.index,
        useful_strengths=list(vector.strengths),
        target_iou_before=claimed.before,
        target_iou_after=claimed.after,
        seen_iou_before=None if found is None else found.rise.before,
        seen_iou_after=None if found is None else found.rise.after,
        seen_share=None if found is None else found.share,
        shape_distance=None if shape is None else shape.distance,
        strange_part=strange,
        terms=reached.terms,
    )
    return Edit(replace(result, report=report), asked.target, vector, about)


def _seen(
    context: EditContext,
    photo: OpenPhoto,
    asked: Repainting,
    parts: LabelMap,
    result: Result,
    on: Composition,
) -> Sight | None:
    """What the edit added to the photo, with what was done to it before; None without a reader."""
    if context.bundle.reader is None:
        return None
    before = photo.pixels
    if on.active:  # a refinement that has not been walked is left out: it would take longer than the edit
        known = on if on.refined is not None else replace(on, refine_steps=0)
        before = applied(context, photo, known).pixels
    return seen(context.bundle.reader, photo, before, result.pixels, asked, parts)


def applied(
    context: EditContext, photo: OpenPhoto, composition: Composition, watch: Watch | None = None
) -> Result:
    """The photo with known vectors; optimises only if a refinement is asked for that is not there yet.

    It may change where one of the vectors' parts is, before or after, and where a person has painted.

    Raises:
        InputError: a vector of another bundle, or a strength that is no number or absurd.
    """
    for vector in composition.strengths:
        vector.check_fit(context.bundle, insist=composition.insist)
    own = context.drawing(photo)
    with torch.no_grad():
        after = own.bundle.render(compose(photo.w_plus, composition.strengths))
    region = composition.region(photo.label_map, after.label_map, own.bundle.schema)
    warnings = warnings_about(composition.strengths, photo.label_map, after.label_map, own.bundle.schema)
    if composition.keep is not None and composition.active and not region.any():
        warnings.append("what is to be kept covers all that this would change")
    after, steps = _refined(own, photo, after, region, composition, watch)
    known = _known(own, photo, composition, after)
    return _pasted(context, photo, after, region, composition, known, refine_steps=steps, warnings=warnings)


def previewed(context: EditContext, photo: OpenPhoto, strengths: Mapping[EditVector, float]) -> Image:
    """The edited rendering alone, in one generator pass and fast arithmetic."""
    with torch.no_grad(), context.bundle.fast():
        generator = photo.generator or context.bundle.generator
        image: Image = generator.synthesis(compose(photo.w_plus, strengths)).image
    return image


def moved(context: EditContext, photo: OpenPhoto, composition: Composition) -> OpenPhoto:
    """The photo as if its embedding had always been where the composition, refined or not, leads.

    Its parts are what is repainted next.
    """
    w_plus = composition.refined
    if w_plus is None:
        w_plus = compose(photo.w_plus, composition.strengths)
    w_plus = w_plus.to(photo.w_plus)
    with torch.no_grad():
        drawn = context.drawing(photo).bundle.render(w_plus)
    return replace(photo, w_plus=w_plus, image=drawn.image, label_map=drawn.label_map)


def _refined(
    own: EditContext,
    photo: OpenPhoto,
    after: Rendering,
    region: Region,
    composition: Composition,
    watch: Watch | None,
) -> tuple[Rendering, int]:
    """The rendering cleaned up, if that was asked for, and the steps it took."""
    if composition.refined is not None:
        w_plus, steps = composition.refined.to(after.w_plus), composition.refine_steps
    elif composition.refine_steps and region.any():
        settings = Refinement(steps=composition.refine_steps)
        walk = refine(own, after.w_plus, photo.image, after.label_map, region, settings)
        reached = best(walk, watch)
        w_plus, steps = reached.w_plus, reached.index
    else:
        return after, 0
    with torch.no_grad():
        return own.bundle.render(w_plus), steps


@torch.no_grad()
def _pasted(
    context: EditContext,
    photo: OpenPhoto,
    after: Rendering,
    region: Region,
    composition: Composition,
    known: KnownMotion | None,
    *,
    refine_steps: int,
    warnings: list[str],
) -> Result:
    """Pastes the region of `after` back into the photo."""
    made = pasted(photo, after, region, composition.paste_mode, composition.keep, known)
    warnings = warnings + list(known.idle if known is not None else ())
    report = EditReport(
        region_share=region.float().mean().item(),
        outside_psnr_db=psnr_db(after.image, photo.image, ~at_side(region, after.image.shape[-1])),
        pasted_outside_max_abs_diff=_largest_difference(photo.pixels, made.pixels, ~made.may_change),
        paste_mode=composition.paste_mode,
        judge=context.likeness.name,
        vectors=[Applied(vector.name, strength) for vector, strength in composition.strengths.items()],
        refine_steps=refine_steps,
        unmoved_share=made.unmoved_share,
        warnings=[*([photo.warning] if photo.warning else []), *warnings, *_about(made)],
    )
    walked = composition.refine_steps > 0 and bool(region.any())
    done = replace(composition, refined=after.w_plus) if walked else composition
    return Result(
        pixels=made.pixels,
        may_change=made.may_change,
        image=after.image,
        label_map=after.label_map,
        region=region,
        w_plus=after.w_plus,
        report=report,
        composition=done,
        notes=photo.notes,
        note=note_of(context.bundle, photo, made.may_change, done),
    )


def _known(
    own: EditContext, photo: OpenPhoto, composition: Composition, after: Rendering
) -> KnownMotion | None:
    if composition.paste_mode != "geometry" or not moves(photo, "geometry"):
        return None
    return known_motion(own.bundle, photo, composition, after)


def _about(made: Pasted) -> list[str]:
    if made.unmoved_share is None or made.unmoved_share < UNMOVED:
        return []
    return [
        f"{made.unmoved_share:.0%} of this edit is not brought about by moving what is in the photo: "
        "it wants something drawn; see whether pasting it as difference looks better"
    ]


def _largest_difference(original: Photo, result: Photo, where: Tensor) -> int:
    """Of bytes; measured on the pictures, not assumed."""
    larger, smaller = torch.maximum(original[0], result[0]), torch.minimum(original[0], result[0])
    difference = (larger - smaller)[where]  # in bytes: a photo of 50 megapixels as int32 takes 600 MB
    return int(difference.max()) if difference.numel() else 0
