"""Do two label maps agree?"""

import math

import torch

from editgan.core.types import LabelMap


class IoU:
    """Intersections and unions per class, summed over pictures."""

    def __init__(self, classes: int) -> None:
        self.intersection = torch.zeros(classes)
        self.union = torch.zeros(classes)

    def add(self, found: LabelMap, truth: LabelMap) -> None:
        """One more batch of pictures."""
        for class_id in range(len(self.union)):
            a, b = found == class_id, truth == class_id
            self.intersection[class_id] += (a & b).sum().cpu()
            self.union[class_id] += (a | b).sum().cpu()

    @property
    def per_class(self) -> list[float]:
        """IoU of each class over all pictures; NaN for a class in neither map."""
        return [(i / u).item() if u else math.nan for i, u in zip(self.intersection, self.union, strict=True)]

    @property
    def miou(self) -> float:
        """Mean over the classes present in either map."""
        present = [v for v in self.per_class if not math.isnan(v)]
        return sum(present) / len(present) if present else math.nan
