"""From opened photos and repainted parts to an edit vector that knows where it came from.

On one photo this is the paper's edit vector. On several it is the mean of theirs: what the edit does is
common to them, what it does to the rest differs and averages out. One common difference, sought on all photos
together, did no better (docs/vectors.md has figures).
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import torch

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.opened import OpenPhoto
from editgan.core.descent import Step, Watch, best, counting_on
from editgan.core.errors import LabelError
from editgan.core.types import LabelMap, Region
from editgan.editing.calibrate import unit_strength, useful_strengths
from editgan.editing.objective import Identity
from editgan.editing.optimise import Editing, learn_edit
from editgan.editing.parts import repaint_each
from editgan.editing.region import edit_region, edited_classes, margin_px
from editgan.editing.vectors import EditVector, Place
from editgan.perception.judge import Judge


def learn_vector(
    bundle: ModelBundle,
    photos: Sequence[OpenPhoto],
    targets: LabelMap,
    *,
    name: str,
    classes: Iterable[str] | None,
    settings: Editing,
    judge: Judge,
    identity: Identity | None,
    watch: Watch | None,
) -> tuple[EditVector, Step]:
    """The vector, calibrated and with its notes, and the step of the (last) walk it was taken from."""
    assert bundle.schema is not None
    w_plus = torch.cat([photo.w_plus for photo in photos])
    before = torch.cat([photo.image for photo in photos])
    label_map = torch.cat([photo.label_map for photo in photos])
    ids = bundle.schema.ids(*classes) if classes is not None else edited_classes(label_map, targets)
    region = edit_region(label_map, targets, ids, margin=margin_px(bundle.label_side))
    reached: list[Step] = []
    for i in range(len(photos)):  # one by one: together they take as long, and more steps
        one = slice(i, i + 1)
        walk = learn_edit(
            bundle, w_plus[one], before[one], targets[one], region[one], settings, judge, identity
        )
        reached.append(best(walk, counting_on(watch, i * settings.steps)))
    delta = torch.cat([step.value for step in reached]).mean(0, keepdim=True)
    if len(photos) > 1:
        delta = delta * unit_strength(bundle, w_plus, label_map, targets, delta)
    vector = EditVector(
        name=name,
        delta=delta[0].cpu(),
        classes=tuple(bundle.schema.names[i] for i in ids),
        bundle=bundle.name,
        fingerprint=bundle.fingerprint,
        strengths=useful_strengths(bundle, w_plus, before, label_map, delta, ids),
        place=place_of(region),
        learnt=_notes(photos, settings, judge),
    )
    return vector, reached[-1]


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


def _notes(photos: Sequence[OpenPhoto], settings: Editing, judge: Judge) -> dict[str, Any]:
    return {
        # A photo's name stays with its owner; a sample's seed makes the vector reproducible
        "from": [f"seed {p.report['seed']}" if "seed" in p.report else "a photo" for p in photos],
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
