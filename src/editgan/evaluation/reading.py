"""How well a bundle's reader, and its branch beside it, read the parts of unseen annotated photos."""

import time
from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image as PilImage

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.reading import read_parts
from editgan.core.images import from_pixels, grid, resize
from editgan.core.labels import LabelSchema, resize_label_map
from editgan.core.types import Image, LabelMap
from editgan.data.annotations import AnnotatedPhoto
from editgan.evaluation.embedding import embed_all
from editgan.evaluation.segmentation import IoU, squared

TIMED = 10  # photos, one by one


def measure_reader(bundle: ModelBundle, annotated: Sequence[AnnotatedPhoto]) -> dict[str, Any]:
    """IoU over all photos together and per class; milliseconds a photo, one by one, embedding included.

    Both at the reader's side, to which the branch's logits are enlarged, and at the branch's, to which the
    labels and the reader's parts are brought by majority.
    """
    reader = bundle.need("reader").reader
    assert reader is not None
    side, small, classes = reader.config.side, bundle.label_side, len(bundle.schema)
    photos, truth = _at_side(bundle, annotated, side)
    started = time.perf_counter()
    found = {"reader": torch.cat([reader.read(photo) for photo in photos.split(1)])}
    seconds = {"reader": time.perf_counter() - started}
    started = time.perf_counter()
    w_plus = torch.cat(
        [embed_all(bundle, resize(p, bundle.resolution).clamp(-1, 1)) for p in photos[:TIMED].split(1)]
    )
    seconds["branch"] = time.perf_counter() - started
    w_plus = torch.cat([w_plus, *_embedded(bundle, photos[TIMED:])])
    found["branch"] = torch.cat([read_parts(bundle, w, side).label_map for w in w_plus.split(1)])
    with torch.no_grad():
        coarse = torch.cat([bundle.render(w).label_map for w in w_plus.split(1)])
    coarse_truth = resize_label_map(truth, small, classes)
    at_small = {"reader": resize_label_map(found["reader"], small, classes), "branch": coarse}
    figures: dict[str, Any] = {"photos": len(photos)}
    for name, count in (("reader", len(photos)), ("branch", min(TIMED, len(photos)))):
        figures[name] = {
            **iou_figures(found[name], truth, bundle.schema),
            f"miou_at_{small}_px": iou_figures(at_small[name], coarse_truth, bundle.schema)["miou"],
            "ms": round(1000 * seconds[name] / count, 1),
        }
    return figures


def iou_figures(found: LabelMap, truth: LabelMap, schema: LabelSchema) -> dict[str, Any]:
    """Mean and per class, of those that are there; negative labels are not counted."""
    iou = IoU(len(schema))
    iou.add(torch.where(truth < 0, truth, found), truth)
    return {"miou": round(iou.miou, 4), "iou_per_class": iou.named(schema.names)}


def reader_sheet(bundle: ModelBundle, annotated: Sequence[AnnotatedPhoto]) -> PilImage.Image:
    """Rows of photo, annotation and what the reader reads."""
    reader = bundle.need("reader").reader
    assert reader is not None
    photos, truth = _at_side(bundle, annotated, reader.config.side)
    cells = []
    for photo, label_map in zip(photos.split(1), truth.split(1), strict=True):
        colours = [from_pixels(bundle.schema.colorize(m)) for m in (label_map, reader.read(photo))]
        cells += [photo.cpu(), *colours]
    return grid(torch.cat(cells), columns=6)


def _at_side(bundle: ModelBundle, annotated: Sequence[AnnotatedPhoto], side: int) -> tuple[Image, LabelMap]:
    squares = [squared(photo, bundle.letter_box) for photo in annotated]
    photos = torch.cat([resize(from_pixels(photo.pixels), side).clamp(-1, 1) for photo in squares])
    maps = torch.cat([resize_label_map(photo.label_map, side, len(bundle.schema)) for photo in squares])
    return photos.to(bundle.device), maps.to(bundle.device)


def _embedded(bundle: ModelBundle, photos: Image) -> list[torch.Tensor]:
    if not len(photos):
        return []
    return [embed_all(bundle, resize(photos, bundle.resolution).clamp(-1, 1))]
