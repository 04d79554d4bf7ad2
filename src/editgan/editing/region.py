"""Which pixels an edit may change: regions and margins are in the pixels of label maps.

`core.labels.at_side` brings a region to a picture's pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool
from scipy.ndimage import binary_dilation, find_objects, label
from torch import Tensor

from editgan.core.errors import LabelError
from editgan.core.labels import isin
from editgan.core.types import Keep, LabelMap, Region
from editgan.data.frame import touched
from editgan.models.windows import Window

MARGIN_PX = 5  # at 512 px, the paper's; see `margin_px`
SHARE = 0.15  # a class counts as edited if this share of its pixels changed


def margin_px(side: int) -> int:
    """The paper's 5 px buffer is meant for 512 px; others get their share, at least 2.

    In pixels of what has this `side`: of label maps for a margin, of the picture for a feather.
    """
    return max(2, round(MARGIN_PX * side / 512))


def edited_classes(before: LabelMap, target: LabelMap) -> list[int]:
    """The classes an edit is about: those of which at least `SHARE` changed hands.

    Repainting a lip turns some skin into lip, but that does not make the whole face part of the edit.

    Raises:
        LabelError: nothing was repainted.
    """
    changed = before != target
    if not changed.any():
        raise LabelError("the target equals the present parts", "repaint something first", code="same-parts")
    touched = torch.cat([before[changed], target[changed]]).unique().tolist()
    share = {}
    for class_id in touched:
        pixels = (before == class_id) | (target == class_id)
        share[class_id] = ((pixels & changed).sum() / pixels.sum()).item()
    chosen = [class_id for class_id in touched if share[class_id] >= SHARE]
    return chosen or [max(touched, key=lambda class_id: share[class_id])]


@dataclass(frozen=True, slots=True)
class Repainting:
    """What a person asks for, on one photo or several alike."""

    target: LabelMap
    class_ids: tuple[int, ...]  # the parts the edit is about
    region: Region  # where it may change things
    operations: tuple[tuple[str, str], ...] = ()  # in words; none: it was painted

    def sparing(self, keep: Keep | None) -> "Repainting":
        """The same, but for what is to be kept: [1, 1, k, k], of the frame at any side.

        Raises:
            LabelError: nothing is left that may change.
        """
        region = spared(self.region, keep)
        if keep is not None and not region.any():
            raise LabelError(
                "what is to be kept covers all that the edit would change", "keep less", code="all-kept"
            )
        return replace(self, region=region)


def repainting(
    before: LabelMap, target: LabelMap, class_ids: Sequence[int] | None = None, *, margin: int
) -> Repainting:
    """`target` instead of `before`; the parts it is about are found from the difference by default.

    Raises:
        LabelError: nothing was repainted.
    """
    ids = edited_classes(before, target) if class_ids is None else class_ids
    return Repainting(target, tuple(ids), edit_region(before, target, ids, margin=margin))


def edit_region(before: LabelMap, target: LabelMap, classes: Sequence[int], *, margin: int) -> Region:
    """Where the edited parts are, before or after, and every repainted pixel, grown by `margin` px."""
    parts = parts_region(before, target, classes, margin=margin)
    return parts | painted_region(before, target, margin=margin)


def painted_region(before: LabelMap, target: LabelMap, *, margin: int) -> Region:
    """Every pixel that `target` repaints, grown by `margin` px."""
    return dilate((before != target).unsqueeze(1), margin)


def parts_region(before: LabelMap, after: LabelMap, classes: Sequence[int], *, margin: int) -> Region:
    """Pixels of any of these classes, before or after, grown by `margin` px.

    The union, because pixels a class leaves must be free to change as well as those it enters.
    """
    touched = isin(before, classes) | isin(after, classes)  # [n, h, w]
    return dilate(touched.unsqueeze(1), margin)


def spared(region: Region, keep: Keep | None) -> Region:
    """But for every pixel that `keep`, [1, 1, k, k] of the frame at any side, touches."""
    return region if keep is None else region & ~touched(keep, region.shape[-1]).to(region.device)


def dilate(mask: Region, margin: int) -> Region:
    """Grown by `margin` pixels in every direction, diagonals included."""
    if margin <= 0:
        return mask
    grown: Tensor = F.max_pool2d(mask.float(), 2 * margin + 1, stride=1, padding=margin)
    return grown > 0.5


def region_iou(label_map: LabelMap, target: LabelMap, classes: Sequence[int], region: Region) -> float:
    """Mean over the edited classes of the IoU of `label_map` and `target`, counted inside the region only."""
    inside = region[:, 0]
    ious = []
    for class_id in classes:
        a, b = (label_map == class_id) & inside, (target == class_id) & inside
        if union := (a | b).sum().item():
            ious.append((a & b).sum().item() / union)
    return sum(ious) / len(ious) if ious else 1.0


def region_windows(region: Region) -> list[tuple[Window, Bool[Tensor, "_ _"]]]:
    """Rectangles that hold every pixel of `region` (of any picture's), and which of theirs belong to it.

    Parts are read in them. Pixels near each other share one; what lies far apart, like two eyes, does not
    have all between them read. A pixel belongs to one rectangle only, so nothing counts twice.
    """
    touched = region.any(0)[0].cpu().numpy()
    near = binary_dilation(touched, iterations=max(1, len(touched) // 32))
    pieces, _ = label(near)
    pieces[~touched] = 0
    windows = []
    for number, box in enumerate(find_objects(pieces), start=1):
        if box is not None:
            rows, columns = box
            mask = torch.from_numpy(pieces[box] == number)
            windows.append((Window(rows.start, columns.start, rows.stop, columns.stop), mask))
    return windows
