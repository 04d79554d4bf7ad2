"""How well the branch reads the parts of unseen annotated photos."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image as PilImage

from editgan.benchmark.embedding import embed_all
from editgan.bundle.bundle import ModelBundle
from editgan.core.images import from_pixels, grid, resize
from editgan.core.labels import resize_label_map
from editgan.core.types import Image, LabelMap, WPlus
from editgan.data.annotations import AnnotatedPhoto
from editgan.metrics.miou import IoU
from editgan.models.segmentation import disagreement


def at_bundle_size(
    bundle: ModelBundle, annotated: Sequence[AnnotatedPhoto], classes: int
) -> tuple[Image, LabelMap]:
    """Aligned annotated photos and their label maps at the bundle's resolution."""
    side = bundle.resolution
    photos = torch.cat([resize(from_pixels(a.pixels), side).clamp(-1, 1) for a in annotated])
    label_maps = torch.cat([resize_label_map(a.label_map, side, classes) for a in annotated])
    return photos.to(bundle.device), label_maps.to(bundle.device)


def measure_segmentation(
    bundle: ModelBundle, photos: Image, label_maps: LabelMap
) -> tuple[dict[str, Any], PilImage.Image]:
    """mIoU over all pictures together and per class, of embedded photos; and a sheet to look at."""
    bundle.need("branch", "schema")
    assert bundle.branch is not None and bundle.schema is not None
    w_plus = embed_all(bundle, photos)
    iou = IoU(len(bundle.schema))
    with torch.no_grad():
        for w, truth in zip(w_plus.split(1), label_maps.split(1), strict=True):
            iou.add(bundle.render(w).label_map, truth)
    per_class = {
        name: round(value, 3)
        for name, value in zip(bundle.schema.names, iou.per_class, strict=True)
        if not math.isnan(value)
    }
    facts = {"photos": len(photos), "miou": round(iou.miou, 4), "iou_per_class": per_class}
    return facts, segmentation_sheet(bundle, photos[:8], w_plus[:8], label_maps[:8])


@torch.no_grad()
def segmentation_sheet(
    bundle: ModelBundle, photos: Image, w_plus: WPlus, label_maps: LabelMap
) -> PilImage.Image:
    """Rows of photo, reconstruction, annotation, parts found, and where the ensemble disagrees (white)."""
    assert bundle.branch is not None and bundle.schema is not None
    cells = []
    for photo, w, label_map in zip(photos.split(1), w_plus.split(1), label_maps.split(1), strict=True):
        out = bundle.generator.synthesis(w, taps=bundle.branch.config.taps)
        heads = bundle.branch.head_logits(out.features)
        found = heads.mean(1).argmax(1)
        doubt = disagreement(heads).unsqueeze(1).expand(-1, 3, -1, -1) * 2 - 1
        colored = [from_pixels(bundle.schema.colorize(m)) for m in (label_map, found)]
        cells += [photo.cpu(), out.image.cpu(), *colored, doubt.cpu()]
    return grid(torch.cat(cells), columns=5)
