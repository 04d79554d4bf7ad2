"""Which perceptual judge is best to optimise against, by what the others say of its outcome.

Each judge embeds the same held-out photos and walks the same edits, at equal steps; all judges, and networks
that none of them is kin to, then measure the results. A judge's figure about its own work counts for nothing.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.judges import JudgeName, named_judge
from editgan.core.descent import best
from editgan.core.errors import UnavailableError
from editgan.core.images import psnr_db
from editgan.core.labels import at_side
from editgan.core.types import Image, WPlus
from editgan.editing.context import EditContext
from editgan.editing.parts import repaint_each
from editgan.editing.region import edit_region, margin_px, region_iou
from editgan.editing.walk import Editing, learn_edit
from editgan.evaluation.embedding import embed_all
from editgan.evaluation.identity import identity_similarity
from editgan.evaluation.tasks import BROADER_MOUTH, BROWS_UP, WIDER_EYES
from editgan.inversion.embed import Embedding
from editgan.perception.dlib_identity import DlibIdentity
from editgan.perception.judge import Judge, perceptual_distance
from editgan.perception.pretrained_judge import PretrainedJudge

EDITS = (BROWS_UP, WIDER_EYES, BROADER_MOUTH)  # of faces; each on every photo that shows the part


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgeRow:
    """What came of optimising against one judge; means over the photos."""

    judge: str
    seconds_per_photo: float  # of embedding
    psnr_db: float  # of the reconstruction
    distances: dict[str, float]  # of the reconstruction, by every judge
    identity: float | None  # cosine of dlib's embeddings of photo and reconstruction
    edits: int  # how many were walked
    edit_iou: float  # of the edited parts with the target, inside the region
    edit_outside_psnr_db: float
    edit_outside: dict[str, float]  # distance to the unedited rendering outside the region, by every judge


def measure_judges(
    bundle: ModelBundle, photos: Image, names: Sequence[JudgeName], *, steps: int = 60, edits: int = 24
) -> Iterator[JudgeRow]:
    """A row for each of `names`, on unseen aligned photos [n, 3, r, r]; the first `edits` of them edited.

    Lite0 measures in every row, and is never optimised against.
    """
    judges: dict[str, Judge] = {}
    for name in names:
        judge = named_judge(bundle, name)
        judges[judge.name] = judge
    measuring = judges | {"EfficientNet-Lite0 features": PretrainedJudge(bundle.device, network="lite0")}
    identity = _identity()
    # All are edited from the same embeddings, so that edits compare
    start = embed_all(bundle, photos[:edits], Embedding(steps=steps))
    for called, judge in judges.items():
        began = time.perf_counter()
        w_plus = embed_all(bundle, photos, Embedding(steps=steps), judge=judge)
        seconds = (time.perf_counter() - began) / len(photos)
        with torch.no_grad():
            images = torch.cat([bundle.generator.synthesis(w).image for w in w_plus.split(25)])
        pairs = list(zip(images.split(1), photos.split(1), strict=True))
        yield JudgeRow(
            judge=called,
            seconds_per_photo=seconds,
            psnr_db=_mean([psnr_db(a, b) for a, b in pairs]),
            distances=_distances(measuring, images, photos),
            identity=None if identity is None else _mean(identity_similarity(identity, images, photos)),
            **_edited(bundle, start, judge, measuring),
        )


def as_report(bundle: ModelBundle, photos: int, steps: int, rows: Sequence[JudgeRow]) -> dict[str, Any]:
    """JSON-able."""
    return {"bundle": bundle.name, "photos": photos, "steps": steps, "rows": [asdict(row) for row in rows]}


def _edited(
    bundle: ModelBundle, w_plus: WPlus, judge: Judge, measuring: Mapping[str, Judge]
) -> dict[str, Any]:
    ious: list[float] = []
    outside_db: list[float] = []
    outside: dict[str, list[float]] = {name: [] for name in measuring}
    with torch.no_grad():
        before = [bundle.render(w) for w in w_plus.split(1)]
    for task in EDITS:
        maps = [rendering.label_map for rendering in before]
        some, targets, _ = repaint_each(maps, bundle.schema, task.operations, at_least_px=4)
        ids = bundle.schema.ids(task.operations[0][1].partition(":")[0])
        for i, target in zip(some, targets, strict=True):
            region = edit_region(maps[i], target, ids, margin=margin_px(bundle.label_side))
            w, image = w_plus[i : i + 1], before[i].image
            walk = learn_edit(EditContext.of(bundle, judge), w, image, target, region, Editing())
            delta = best(walk).value
            with torch.no_grad():
                after = bundle.render(w + delta)
            kept = ~at_side(region, image.shape[-1])
            ious.append(region_iou(after.label_map, target, ids, region))
            outside_db.append(psnr_db(after.image, image, kept))
            for name, distance in _distances(measuring, after.image * kept, image * kept).items():
                outside[name].append(distance)
    return {
        "edits": len(ious),
        "edit_iou": _mean(ious),
        "edit_outside_psnr_db": _mean(outside_db),
        "edit_outside": {name: _mean(values) for name, values in outside.items()},
    }


@torch.no_grad()
def _distances(judges: Mapping[str, Judge], a: Image, b: Image) -> dict[str, float]:
    pairs = list(zip(a.split(25), b.split(25), strict=True))
    return {
        name: _mean(torch.cat([perceptual_distance(judge.features(x), judge.features(y)) for x, y in pairs]))
        for name, judge in judges.items()
    }


def _identity() -> DlibIdentity | None:
    try:
        return DlibIdentity()
    except UnavailableError:
        return None


def _mean(values: torch.Tensor | Sequence[float]) -> float:
    return torch.as_tensor(values).float().mean().item()
