"""EditGAN's released segmentation ensemble and edit vectors, made part of a bundle."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image as PilImage

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.facts import BranchFacts
from editgan.bundle.folder import load_bundle, load_draft, save_bundle
from editgan.bundle.opened import OpenPhoto
from editgan.checkpoints.editgan_release import load_ensemble, load_vector
from editgan.core.errors import CheckpointError, InputError, LabelError
from editgan.core.files import filling
from editgan.core.images import save_picture, to_pil
from editgan.core.labels import LabelSchema
from editgan.core.sheets import Panel, contact_sheet, overlay
from editgan.data.formats.class_lists import find_schema, numbered_schema
from editgan.editing.calibrate import useful_strengths
from editgan.editing.learn import place_of
from editgan.editing.library import FOLDER
from editgan.editing.region import margin_px, parts_region
from editgan.editing.vector import EditVector
from editgan.editor import Editor
from editgan.evaluation.sheets import vector_sheet
from editgan.inversion.opening import sample_photo
from editgan.jobs.facts import today
from editgan.jobs.vectors import FIRST_SEED, SHOWN
from editgan.models.segmentation import check_label_side

SHOWN_PARTS = (0, 1, 2, 3)  # seeds of the branch's
TRUNCATION = 0.7


def import_branch(
    files: Sequence[Path], where: Path, *, side: int, classes: str | Path | None, device: torch.device
) -> ModelBundle:
    """The bundle with the released ensemble as its branch, saved; and parts.webp beside it to look at.

    `classes` is a list of `class_lists.CLASS_LISTS` or a classes.json; parts are numbered by default.

    Raises:
        CheckpointError: files that are none of the ensemble, or of another generator's.
        LabelError: another number of classes than the ensemble has.
    """
    bundle = load_draft(where, device)
    check_label_side(side, bundle.resolution)
    branch = load_ensemble(files, bundle.generator.config.tap_channels, side)
    made = BranchFacts(
        imported_from=f"EditGAN's release: {', '.join(file.name for file in files)}",
        members=branch.config.heads,
        date=today(),
    )
    reading = bundle.reading(branch.to(device), _schema(branch.config.classes, classes))
    reading = reading.having(facts=replace(reading.facts, branch=made))
    save_bundle(reading, where)
    pictures = [sample_photo(reading, seed, TRUNCATION) for seed in SHOWN_PARTS]
    drawn = [
        (f"seed {seed}", [Panel(to_pil(p.pixels), "a sample"), Panel(_parts(p), "its parts")])
        for seed, p in zip(SHOWN_PARTS, pictures, strict=True)
    ]
    save_picture(contact_sheet(f"{bundle.name}: the imported branch", drawn), where / "parts.webp")
    return reading


def import_vector(
    file: Path,
    where: Path,
    *,
    name: str,
    classes: Sequence[str] | None,
    samples: int,
    device: torch.device,
) -> EditVector:
    """An edit vector of EditGAN's, calibrated on this bundle's samples; OUT/vectors/NAME and its preview.

    `classes` are the parts it edits; not needed for a file of the web interface, which has them.

    Raises:
        CheckpointError: another file, or a vector for another generator.
        LabelError: no such parts, or none of the samples shows one.
    """
    editor = Editor(load_bundle(where, device))
    bundle, config = editor.bundle, editor.bundle.generator.config
    found = load_vector(file, config.num_ws, config.w_dim)
    ids = _class_ids(file, found.class_ids, classes, editor.schema)
    pictures = [editor.sample(FIRST_SEED + i) for i in range(samples)]
    showing = [p for p in pictures if torch.isin(p.label_map, torch.tensor(ids, device=device)).any()]
    if not showing:
        raise LabelError(f"none of {samples} samples shows {' or '.join(classes or map(str, ids))}; try more")
    delta = found.delta.to(device)[None]
    w_plus, before, label_map = (
        torch.cat([getattr(p, part) for p in showing]) for part in ("w_plus", "image", "label_map")
    )
    with torch.no_grad():
        after = torch.cat([bundle.render(w + delta).label_map for w in w_plus.split(1)])
    vector = EditVector(
        name=name,
        delta=found.delta,
        classes=tuple(editor.schema.names[i] for i in ids),
        bundle=bundle.name,
        fingerprint=bundle.fingerprint,
        strengths=useful_strengths(bundle, w_plus, before, label_map, delta, ids),
        place=place_of(parts_region(label_map, after, ids, margin=margin_px(bundle.label_side))),
        learnt={
            "imported_from": f"EditGAN's release: {file.name}",
            "tried_on": [f"seed {p.report.seed}" for p in showing],
            "date": today(),
        },
    )
    shown = [editor.sample(seed) for seed in SHOWN]
    with filling(where / FOLDER) as scratch:
        vector.save(scratch / f"{name}.safetensors")
        save_picture(vector_sheet(editor, [vector], shown), scratch / f"{name}.webp")
    return vector


def _schema(count: int, classes: str | Path | None) -> LabelSchema:
    schema = numbered_schema(count) if classes is None else find_schema(classes)
    if len(schema) != count:
        raise LabelError(f"the ensemble tells {count} classes apart, but {classes} has {len(schema)}")
    return schema


def _class_ids(
    file: Path, ids: tuple[int, ...], classes: Sequence[str] | None, schema: LabelSchema
) -> list[int]:
    if classes:
        return schema.ids(*classes)
    if not ids:
        raise InputError(f"{file} does not say which parts it edits", "name them", code="parts-unknown")
    if max(ids) >= len(schema) or min(ids) < 0:
        raise CheckpointError(f"{file} edits class {max(ids)}, but this bundle has 0 to {len(schema) - 1}")
    return list(ids)


def _parts(photo: OpenPhoto) -> PilImage.Image:
    return overlay(photo.image, photo.label_map, photo.schema, opacity=0.8)
