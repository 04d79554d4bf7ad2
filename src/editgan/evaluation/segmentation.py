"""How well the branch reads the parts of unseen annotated photos."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from PIL import Image as PilImage

from editgan.bundle.bundle import BundleDraft, ModelBundle
from editgan.core.errors import LabelError
from editgan.core.images import from_pixels, grid, resize
from editgan.core.labels import IGNORED, at_side, resize_label_map
from editgan.core.types import Image, LabelMap, WPlus
from editgan.data.annotations import AnnotatedPhoto, with_bars
from editgan.evaluation.embedding import embed_all
from editgan.models.segmentation import disagreement

ASPECT_TOLERANCE = 0.02  # of height over width


class IoU:
    """Intersections and unions per class, summed over pictures, but for pixels whose truth is `IGNORED`."""

    def __init__(self, classes: int) -> None:
        self.intersection = torch.zeros(classes)
        self.union = torch.zeros(classes)

    def add(self, found: LabelMap, truth: LabelMap) -> None:
        """One more batch of pictures."""
        counted = truth != IGNORED
        for class_id in range(len(self.union)):
            a, b = (found == class_id) & counted, truth == class_id
            self.intersection[class_id] += (a & b).sum().cpu()
            self.union[class_id] += (a | b).sum().cpu()

    @property
    def per_class(self) -> list[float]:
        """IoU of each class over all pictures; NaN for a class in neither map."""
        return [(i / u).item() if u else math.nan for i, u in zip(self.intersection, self.union, strict=True)]

    def named(self, names: Sequence[str]) -> dict[str, float]:
        """IoU of each class that is in either map, by its name, to three places."""
        pairs = zip(names, self.per_class, strict=True)
        return {name: round(value, 3) for name, value in pairs if not math.isnan(value)}

    @property
    def miou(self) -> float:
        """Mean over the classes present in either map."""
        present = [v for v in self.per_class if not math.isnan(v)]
        return sum(present) / len(present) if present else math.nan


def at_bundle_size(
    bundle: BundleDraft, annotated: Sequence[AnnotatedPhoto], classes: int, label_side: int
) -> tuple[Image, LabelMap]:
    """Aligned annotated photos at the bundle's resolution, and their label maps at `label_side`.

    Of a letter-boxed class they may come without the bars: these are black, and class 0.

    Raises:
        LabelError: a photo that is not square, nor as the class is without its bars.
    """
    squares = [squared(a, bundle.letter_box) for a in annotated]
    photos = torch.cat([resize(from_pixels(a.pixels), bundle.resolution).clamp(-1, 1) for a in squares])
    label_maps = torch.cat([resize_label_map(a.label_map, label_side, classes) for a in squares])
    return photos.to(bundle.device), label_maps.to(bundle.device)


def squared(annotated: AnnotatedPhoto, letter_box: float) -> AnnotatedPhoto:
    """With its bars, where a letter-boxed class's photo comes without them; raises as `at_bundle_size`."""
    height, width = annotated.label_map.shape[1:]
    if height == width:
        return annotated
    content = 1 - 2 * letter_box
    if abs(height / width - content) > ASPECT_TOLERANCE:
        wanted = "square" if not letter_box else f"square, or {content:.3g} times as high as wide"
        raise LabelError(
            f"{annotated.name} is {width}x{height}, but this class's pictures are {wanted}; crop it"
        )
    pixels, label_map = with_bars(annotated.pixels, annotated.label_map)
    return replace(annotated, pixels=pixels, label_map=label_map)


def measure_segmentation(
    bundle: ModelBundle, photos: Image, label_maps: LabelMap
) -> tuple[dict[str, Any], PilImage.Image]:
    """mIoU over all pictures together and per class, of embedded photos; and a sheet to look at."""
    w_plus = embed_all(bundle, photos)
    iou = IoU(len(bundle.schema))
    with torch.no_grad():
        for w, truth in zip(w_plus.split(1), label_maps.split(1), strict=True):
            iou.add(bundle.render(w).label_map, truth)
    per_class = iou.named(bundle.schema.names)
    facts = {"photos": len(photos), "miou": round(iou.miou, 4), "iou_per_class": per_class}
    return facts, segmentation_sheet(bundle, photos[:8], w_plus[:8], label_maps[:8])


@torch.no_grad()
def segmentation_sheet(
    bundle: ModelBundle, photos: Image, w_plus: WPlus, label_maps: LabelMap
) -> PilImage.Image:
    """Rows of photo, reconstruction, annotation, parts found, and where the ensemble disagrees (white)."""
    cells = []
    for photo, w, label_map in zip(photos.split(1), w_plus.split(1), label_maps.split(1), strict=True):
        out = bundle.generator.synthesis(w, taps=bundle.branch.config.taps)
        heads = bundle.branch.head_logits(out.features)
        found = heads.mean(1).argmax(1)
        doubt = disagreement(heads).unsqueeze(1).expand(-1, 3, -1, -1) * 2 - 1
        colored = [from_pixels(bundle.schema.colorize(m)) for m in (label_map, found)]
        maps = [at_side(m, bundle.resolution) for m in (*colored, doubt.cpu())]
        cells += [photo.cpu(), out.image.cpu(), *maps]
    return grid(torch.cat(cells), columns=5)
