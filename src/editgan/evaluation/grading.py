"""The grader: a segmenter that says what parts a finished picture shows, for benchmarks only.

It reads Lite0's features and learns from other people's labels (CelebAMask-HQ), so that nothing it grades was
made with it: no edit is optimised against it, stopped or chosen by it.
"""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch
from jaxtyping import Int, UInt8
from PIL import Image as PilImage
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import InputError, LabelError, PhotoError
from editgan.core.labels import LabelClass, LabelSchema, at_side, resize_label_map
from editgan.core.types import LabelMap, Photo, Pixels
from editgan.data.align import crop
from editgan.data.frame import Framing, centres
from editgan.data.opening import read_photo
from editgan.data.photos import PhotoSet, files_in
from editgan.evaluation.embedding import embed_all
from editgan.evaluation.segmentation import IoU
from editgan.inversion.framing import find_framing
from editgan.perception.segmenter import Segmenter

# A face's parts as the grader knows them: the bundles', but an eye is one part, as in the labels
_SCHEMA = (
    ("background", (0, 0, 0)),
    ("skin", (230, 159, 0)),
    ("brow", (120, 70, 20)),
    ("eye", (0, 114, 178)),
    ("nose", (213, 94, 0)),
    ("upper_lip", (204, 60, 90)),
    ("mouth_interior", (255, 255, 120)),
    ("lower_lip", (204, 121, 167)),
    ("hair", (86, 180, 233)),
    ("ear", (0, 158, 115)),
    ("neck", (153, 102, 51)),
    ("clothing", (153, 153, 153)),
    ("eyeglasses", (90, 90, 160)),
)
GRADED = LabelSchema(
    tuple(LabelClass(i, name, color) for i, (name, color) in enumerate(_SCHEMA)),
    {"mouth": ("upper_lip", "mouth_interior", "lower_lip"), "lips": ("upper_lip", "lower_lip")},
)
CELEBA_MASK = (  # by class id of CelebAMask-HQ; left and right as in `data/README.md`
    *("background", "skin", "nose", "eyeglasses", "eye", "eye", "brow", "brow", "ear", "ear"),
    *("mouth_interior", "upper_lip", "lower_lip", "hair"),
    *("clothing", "ear", "neck"),  # hat, earring and necklace: part of what they are worn on
    *("neck", "clothing"),
)
OF_BUNDLES = {"sclera": "eye", "iris": "eye"}  # what the bundles' branches call otherwise
OUTSIDE = -1  # of labels, where a frame reaches beyond the photo: not graded


def from_celeba_mask(label_map: UInt8[Tensor, "n h w"]) -> Int[Tensor, "n h w"]:
    """CelebAMask-HQ's 19 ids to those of `GRADED`. Raises LabelError for others."""
    if int(label_map.max()) >= len(CELEBA_MASK):
        raise LabelError(
            f"labels should be CelebAMask-HQ's, 0 to {len(CELEBA_MASK) - 1}, got {label_map.max()}"
        )
    return torch.tensor([GRADED.ids(name)[0] for name in CELEBA_MASK])[label_map.long()]


def from_bundle(label_map: LabelMap, schema: LabelSchema) -> LabelMap:
    """A bundle's parts as `GRADED` calls them. Raises LabelError for a part it does not know."""
    ids = [GRADED.ids(OF_BUNDLES.get(name, name))[0] for name in schema.names]
    return torch.tensor(ids, device=label_map.device)[label_map]


def labels_of(photos: PhotoSet, labels: Path) -> tuple[Pixels, UInt8[Tensor, "n h w"]]:
    """Those of the photos that have a label map of the same stem in a folder or a zip; ids of `GRADED`.

    Raises:
        InputError: none has, or one has another size than its photo.
    """
    files = {
        PurePosixPath(name).stem: read for name, read in files_in(labels).items() if name.endswith(".png")
    }
    some = [i for i, name in enumerate(photos.names) if PurePosixPath(name).stem in files]
    if not some:
        raise InputError(f"{labels} should have label maps named as the photos are, but none fits")
    maps = [_palette(files[PurePosixPath(photos.names[i]).stem]()) for i in some]
    if any(m.shape[1:] != photos.pixels.shape[1:3] for m in maps):
        raise InputError(f"label maps in {labels} have another size than their photos")
    return photos.pixels[some], from_celeba_mask(torch.cat(maps)).to(torch.uint8)


def labelled_photos(source: Path) -> Iterator[tuple[str, Photo, LabelMap]]:
    """A folder or zip with photos/NAME.jpg as published and labels/NAME.png of their size; by name."""
    files = files_in(source)
    for name in sorted(files):
        path = PurePosixPath(name)
        label = str(path.parent.parent / "labels" / f"{path.stem}.png")
        if path.parent.name == "photos" and label in files:
            yield path.name, read_photo(files[name]()), from_celeba_mask(_palette(files[label]()))


def measure_grader(
    grader: Segmenter,
    bundle: ModelBundle,
    photos: Sequence[tuple[str, Photo, LabelMap]],
    *,
    with_branch: bool = True,
) -> dict[str, Any]:
    """IoU of grader, bundle's branch (of embedded photos) and reader with people's labels, in the frame.

    At the grader's side, and at the branch's, to which labels and reading are then brought by majority.
    """
    framed = list(_framed(bundle, photos, grader.config.side))
    side, small, n = grader.config.side, bundle.label_side, len(GRADED)
    readings = {
        "grader": [grader.read(crop(photo, f, side).to(bundle.device)).cpu() for photo, f, _ in framed]
    }
    if with_branch:
        readings["branch"] = _by_branch(bundle, framed)
    if (reader := bundle.reader) is not None:
        views = (crop(photo, f, reader.config.side).to(bundle.device) for photo, f, _ in framed)
        readings["reader"] = [from_bundle(reader.read(view), bundle.schema).cpu() for view in views]
    figures: dict[str, Any] = {"photos": len(framed), "not_found": len(photos) - len(framed)}
    for name, found in readings.items():
        fine, coarse = IoU(n), IoU(n)
        for read, (_, _, truth) in zip(found, framed, strict=True):
            seen = torch.where(truth == OUTSIDE, OUTSIDE, at_side(read, side))
            fine.add(seen, truth)
            coarse.add(*(resize_label_map(m.clamp_min(0), small, n) for m in (seen, truth)))
        for at, iou in ((side, fine), (small, coarse)):
            figures[f"{name}, {at} px"] = {"miou": round(iou.miou, 4), **iou.named(GRADED.names)}
    return figures


def _by_branch(bundle: ModelBundle, framed: Sequence[tuple[Photo, Framing, LabelMap]]) -> list[Tensor]:
    """[1, s, s] each, at the bundle's `label_side`."""
    crops = torch.cat([crop(photo, framing, bundle.resolution) for photo, framing, _ in framed])
    w_plus = embed_all(bundle, crops.to(bundle.device))
    with torch.no_grad():
        return [from_bundle(bundle.render(w).label_map, bundle.schema).cpu() for w in w_plus.split(1)]


def _framed(
    bundle: ModelBundle, photos: Sequence[tuple[str, Photo, LabelMap]], side: int
) -> Iterator[tuple[Photo, Framing, LabelMap]]:
    """As the product frames them; those in which it finds nobody are left out."""
    for _, photo, label_map in photos:
        try:
            framing = find_framing(photo, bundle.subject, bundle.aligner, None)
        except PhotoError:
            continue
        yield photo, framing, in_frame(label_map, framing, side)


def in_frame(label_map: LabelMap, framing: Framing, side: int) -> Int[Tensor, "1 side side"]:
    """A photo's labels seen through its frame, nearest pixel each; `OUTSIDE` beyond the photo."""
    at = framing.to_photo(centres(0, 0, side, side) / side).floor().long()
    height, width = label_map.shape[1:]
    inside = (at >= 0).all(2) & (at[..., 0] < width) & (at[..., 1] < height)
    found = label_map[0, at[..., 1].clamp(0, height - 1), at[..., 0].clamp(0, width - 1)]
    return torch.where(inside, found, OUTSIDE)[None]


def _palette(blob: bytes) -> UInt8[Tensor, "1 h w"]:
    with PilImage.open(BytesIO(blob), formats=("PNG",)) as picture:
        return torch.from_numpy(np.array(picture).astype(np.uint8))[None]
