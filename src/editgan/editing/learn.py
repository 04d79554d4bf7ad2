"""From opened photos and repainted parts to an edit vector that knows where it came from.

On one photo this is the paper's edit vector. On several it is the mean of theirs: what the edit does is
common to them, what it does to the rest differs and averages out. One common difference, sought on all photos
together, did no better (docs/vectors.md has figures).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any

import torch
from torch import Tensor

from editgan.bundle.opened import OpenPhoto
from editgan.core.descent import Step, Watch, best, counting_on
from editgan.core.errors import InputError, LabelError
from editgan.core.types import LabelMap, Region
from editgan.editing.calibrate import unit_strength, useful_strengths
from editgan.editing.context import EditContext
from editgan.editing.parts import repaint, repaint_each
from editgan.editing.region import Repainting, margin_px, repainting
from editgan.editing.vector import EditVector, Place
from editgan.editing.walk import Editing, learn_edit
from editgan.perception.judge import Judge

# What a person asks for: parts as they should be, [1, s, s] class ids, or part operations in words
Target = LabelMap | Repainting | Sequence[tuple[str, str]]


def learn_vector(
    context: EditContext,
    photos: Sequence[OpenPhoto],
    asked: Repainting,
    *,
    name: str,
    settings: Editing,
    watch: Watch | None,
) -> tuple[EditVector, Step]:
    """The vector, calibrated and with its notes, and the step of the (last) walk it was taken from."""
    context = context.drawing(photos[0])
    bundle = context.bundle
    w_plus = torch.cat([photo.w_plus for photo in photos])
    before = torch.cat([photo.image for photo in photos])
    label_map = torch.cat([photo.label_map for photo in photos])
    reached: list[Step] = []
    for i, photo in enumerate(photos):  # one by one: together they take as long, and more steps
        target, region = asked.target[i : i + 1], asked.region[i : i + 1]
        walk = learn_edit(context, photo.w_plus, photo.image, target, region, settings)
        reached.append(best(walk, counting_on(watch, i * settings.steps)))
    delta = torch.cat([step.value for step in reached]).mean(0, keepdim=True)
    if len(photos) > 1:
        delta = delta * unit_strength(bundle, w_plus, label_map, asked.target, delta)
    vector = EditVector(
        name=name,
        delta=delta[0].cpu(),
        classes=tuple(bundle.schema.names[i] for i in asked.class_ids),
        bundle=bundle.name,
        fingerprint=bundle.fingerprint,
        strengths=useful_strengths(bundle, w_plus, before, label_map, delta, asked.class_ids),
        place=place_of(asked.region),
        learnt=_notes(photos, settings, context.judge, asked.operations),
    )
    return vector, reached[-1]


def asked_of(photo: OpenPhoto, target: Target, classes: Iterable[str] | None = None) -> Repainting:
    """What repainting the photo's parts as `target` asks for; `classes` are found by default.

    Raises:
        LabelError: a target of another size, with ids outside the schema, or equal to the present parts; an
            operation that does not fit.
    """
    if isinstance(target, Repainting):
        return target
    if not isinstance(target, Tensor):
        asked = asked_of(photo, repaint(photo.label_map, photo.schema, target), classes)
        return replace(asked, operations=tuple((kind, text) for kind, text in target))
    if target.shape != photo.label_map.shape:
        side, got = photo.label_map.shape[1], "x".join(map(str, target.shape[1:]))
        raise LabelError(f"the target must be {side}x{side} like the photo's label map, got {got}")
    photo.schema.check(target)
    target = target.to(photo.label_map)
    if torch.equal(target, photo.label_map):
        raise LabelError("the target equals the present parts", "repaint something first", code="same-parts")
    ids = None if classes is None else photo.schema.ids(*classes)
    return repainting(photo.label_map, target, ids, margin=margin_px(target.shape[-1]))


def learn_on_several(
    context: EditContext,
    photos: Sequence[OpenPhoto],
    operations: Sequence[tuple[str, str]],
    *,
    name: str,
    settings: Editing,
    watch: Watch | None = None,
) -> EditVector:
    """One vector from the photos in which these part operations change something.

    Raises:
        LabelError: there is none.
        InputError: one of several has a generator of its own.
    """
    fitting, targets = repainted(photos, operations)
    if len(fitting) > 1 and any(photo.generator is not None for photo in fitting):
        raise InputError("a photo of high fidelity has a generator of its own; learn from it alone")
    before = torch.cat([photo.label_map for photo in fitting])
    asked = repainting(before, targets.to(before), margin=margin_px(before.shape[-1]))
    asked = replace(asked, operations=tuple(operations))
    return learn_vector(context, fitting, asked, name=name, settings=settings, watch=watch)[0]


def learn_both_ways(
    context: EditContext,
    photos: Sequence[OpenPhoto],
    ends: Mapping[str, Sequence[tuple[str, str]]],  # the two names, and what each end repaints
    *,
    settings: Editing | None = None,
) -> EditVector:
    """One vector with two ends, like brows up and down: half the way from the one edit to the other.

    Named after the first, which is at strength 1; the second is at -1.

    Raises:
        LabelError: there is no photo in which one of the ends can be repainted.
    """
    (_, first), (opposite, second) = ends.items()
    how = settings or Editing()
    up, down = (
        learn_on_several(context, photos, operations, name=end, settings=how)
        for end, operations in ends.items()
    )
    delta = (up.delta - down.delta)[None] / 2
    units, bundle = [], context.bundle
    for operations, sign in ((first, 1), (second, -1)):
        fitting, targets = repainted(photos, operations)
        w_plus, label_map = (
            torch.cat([getattr(p, part) for p in fitting]) for part in ("w_plus", "label_map")
        )
        units.append(unit_strength(bundle, w_plus, label_map, targets.to(label_map), sign * delta.to(w_plus)))
    delta = delta * sum(units) / 2
    image, ids = torch.cat([p.image for p in fitting]), bundle.schema.ids(*up.classes, *down.classes)
    strengths = useful_strengths(bundle, w_plus, image, label_map, delta.to(w_plus), ids)
    notes = {"operations": [list(o) for o in first], "opposite_operations": [list(o) for o in second]}
    return replace(
        up,
        delta=delta[0],
        classes=tuple(dict.fromkeys((*up.classes, *down.classes))),
        opposite=opposite,
        strengths=strengths,
        learnt=up.learnt | notes,
    )


def repainted(
    photos: Sequence[OpenPhoto], operations: Sequence[tuple[str, str]]
) -> tuple[list[OpenPhoto], LabelMap]:
    """The photos in which these part operations change something, and their label maps afterwards.

    Raises:
        LabelError: there is none; it says why the last was left out.
    """
    if not photos:
        raise LabelError("there are no pictures to repaint; give at least one")
    some, targets, reason = repaint_each([p.label_map for p in photos], photos[0].schema, operations)
    if not some:
        raise LabelError(f"in none of the {len(photos)} pictures can this be repainted: {reason}")
    return [photos[i] for i in some], torch.cat(targets)


def _notes(
    photos: Sequence[OpenPhoto], settings: Editing, judge: Judge, operations: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    said = {"operations": [list(each) for each in operations]} if operations else {}
    return said | {
        # A photo's name stays with its owner; a sample's seed makes the vector reproducible
        "from": [f"seed {seed}" if (seed := p.report.seed) is not None else "a photo" for p in photos],
        "settings": asdict(settings),
        "judge": judge.name,
        "date": date.today().isoformat(),
    }


def place_of(region: Region) -> Place:
    """The box around the pixels that are in the region of at least half the photos."""
    common = region[:, 0].float().mean(0) >= 0.5
    touched = common if common.any() else region[:, 0].any(0)
    rows, columns = (touched.any(axis).nonzero() for axis in (1, 0))
    height, width = touched.shape
    return Place(
        share=region.float().mean().item(),
        left=columns.min().item() / width,
        top=rows.min().item() / height,
        right=(columns.max().item() + 1) / width,
        bottom=(rows.max().item() + 1) / height,
    )
