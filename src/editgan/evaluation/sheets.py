"""What a bundle does, to look at: samples, embedded photos, edits."""

from collections.abc import Sequence

import torch
from PIL import Image as PilImage

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.opened import OpenPhoto
from editgan.core.images import grid, psnr_db, to_pil, to_pixels
from editgan.core.sheets import Panel, contact_sheet, overlay
from editgan.core.types import Image, WPlus
from editgan.editing.composition import Composition
from editgan.editing.vector import EditVector
from editgan.editor import Editor
from editgan.models.latent_generator import samples

STRENGTHS = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5)


def vector_sheet(
    editor: Editor, vectors: Sequence[EditVector], pictures: Sequence[OpenPhoto]
) -> PilImage.Image:
    """What each vector makes of each picture, pasted back: a row for each, a column per strength."""
    rows = []
    for vector in vectors:
        for number, opened in enumerate(pictures):
            panels = []
            for strength in STRENGTHS:
                result = editor.apply(opened, Composition({vector: strength}, insist=True))
                caption = f"{strength:+g}" if strength else "the picture"
                panels.append(Panel(to_pil(opened.close_up(result.pixels)), caption))
            low, high = vector.strengths
            name = vector.name if vector.opposite is None else f"{vector.opposite} to {vector.name}"
            heading = f"{name}: {', '.join(vector.classes)}; useful {low:g} to {high:g}"
            rows.append(("" if number else heading, panels))
    return contact_sheet(f"Edit vectors of {editor.bundle.name}", rows, panel_px=128)


@torch.no_grad()
def samples_sheet(bundle: ModelBundle, count: int = 64) -> PilImage.Image:
    """Seeds 0, 1, ... without truncation, eight to a row: none left out."""
    return grid(torch.cat(list(samples(bundle.generator, count))), columns=8)


@torch.no_grad()
def embedded_sheet(bundle: ModelBundle, photos: Image, w_plus: WPlus, *, show_photos: bool) -> PilImage.Image:
    """Embedded photos as the generator draws them, and their parts; a column each.

    The photos themselves only with `show_photos`: data sets may be used, not handed on.
    """
    shown, drawn, parts = [], [], []
    for photo, w in zip(photos.split(1), w_plus.split(1), strict=True):
        rendering = bundle.render(w)
        shown.append(Panel(to_pil(to_pixels(photo)), ""))
        drawn.append(Panel(to_pil(to_pixels(rendering.image)), f"{psnr_db(rendering.image, photo):.1f} dB"))
        parts.append(Panel(overlay(rendering.image, rendering.label_map, bundle.schema, opacity=0.8), ""))
    rows = [("Unseen photos", shown)] if show_photos else []
    rows += [("Unseen photos, embedded", drawn), ("and their parts", parts)]
    return contact_sheet(f"{bundle.name}: photos the trainings never saw", rows, panel_px=128)


def edits_sheet(
    editor: Editor, vectors: Sequence[EditVector], pictures: Sequence[OpenPhoto]
) -> PilImage.Image:
    """One vector for each picture, at its largest useful strength: before and after, with the parts."""
    columns: list[list[Panel]] = [[], [], [], []]
    schema = editor.schema
    for vector, opened in zip(vectors, pictures, strict=True):
        strength = vector.strengths[1]
        after = editor.apply(opened, {vector: strength})
        pair = (
            (to_pil(opened.pixels), opened.image, opened.label_map, ""),
            (to_pil(after.pixels), after.image, after.label_map, f"{vector.name} {strength:+g}"),
        )
        for place, (picture, image, label_map, caption) in enumerate(pair):
            columns[2 * place].append(Panel(picture, caption))
            columns[2 * place + 1].append(Panel(overlay(image, label_map, schema, opacity=0.8), ""))
    rows = list(zip(("Before", "", "After", ""), columns, strict=True))
    return contact_sheet(f"{editor.bundle.name}: edits of generated pictures", rows, panel_px=128)
