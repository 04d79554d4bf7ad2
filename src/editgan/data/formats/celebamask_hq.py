"""CelebAMask-HQ: a photo of 1024 px, and for each part that shows a picture of 512 px that is white there.

    CelebA-HQ-img/12.jpg
    CelebAMask-HQ-mask-anno/0/00012_l_brow.png

Where parts overlap the later one of `PARTS` wins. That order, and the ids that go with it, is the second list
of the data set's own converter, which its authors also give in issue 9 of their repository: skin comes first,
hair covers the face, clothing covers all. `l` and `r` are kept as the files have them.
"""

import re
from functools import partial
from pathlib import Path

import numpy as np
import torch

from editgan.core.errors import InputError, LabelError
from editgan.core.pictures import decoded
from editgan.core.types import LabelMap
from editgan.data.formats.class_lists import find_schema
from editgan.data.formats.found import Finding, Found, fixed_names, paired

PHOTOS, MASKS = "CelebA-HQ-img", "CelebAMask-HQ-mask-anno"
PARTS = (  # in the order of their ids, from 1
    *("skin", "nose", "eye_g", "l_eye", "r_eye", "l_brow", "r_brow", "l_ear", "r_ear"),
    *("mouth", "u_lip", "l_lip", "hair", "hat", "ear_r", "neck_l", "neck", "cloth"),
)
MAX_SIDE = 4096  # of a part's picture


def is_celebamask_hq(folder: Path) -> bool:
    """Whether its two folders are here, or one below as the archive has them."""
    return _root(folder) is not None


def find_celebamask_hq(folder: Path, classes: str | Path | None = None) -> Finding:
    """Every photo with at least one part. Raises LabelError for parts the data set does not have."""
    fixed_names(classes, "celebamask-hq")
    root = _root(folder)
    if root is None:
        raise LabelError(f"{folder} should be CelebAMask-HQ, with {PHOTOS}/ and {MASKS}/ in it")
    photos = {int(p.stem): p for p in sorted((root / PHOTOS).glob("*.jpg")) if p.stem.isdecimal()}
    parts = _parts(root / MASKS)
    numbers, dropped = paired(photos, parts)
    found = [Found(f"{i:05}", photos[i], partial(_merged, parts[i])) for i in numbers]
    return Finding("celebamask-hq", find_schema("celebamask-hq"), found, dropped)


def _merged(paths: dict[str, Path], size: tuple[int, int]) -> LabelMap:
    return merge_parts(paths)  # at their own size, to which the photo is brought


def merge_parts(paths: dict[str, Path]) -> LabelMap:
    """[1, h, w] from one picture per part, later parts of `PARTS` over earlier ones.

    Raises:
        LabelError: no picture, or one of another size than the first.
    """
    shown = {part: _read(paths[part]) for part in PARTS if part in paths}
    if not shown:
        raise LabelError(f"a CelebAMask-HQ photo needs one of the parts {', '.join(PARTS)}, got none")
    label_map = np.zeros_like(next(iter(shown.values())), np.int64)
    for part, is_part in shown.items():
        if is_part.shape != label_map.shape:
            raise LabelError(
                f"{paths[part]} is {_size(is_part)}, but the photo's other parts are {_size(label_map)}"
            )
        label_map[is_part] = 1 + PARTS.index(part)
    return torch.from_numpy(label_map).unsqueeze(0)


def _root(folder: Path) -> Path | None:
    candidates = (folder, folder / "CelebAMask-HQ")
    return next((c for c in candidates if (c / PHOTOS).is_dir() and (c / MASKS).is_dir()), None)


def _parts(folder: Path) -> dict[int, dict[str, Path]]:
    """Each photo's parts: index -> part -> file."""
    parts: dict[int, dict[str, Path]] = {}
    for path in folder.rglob("*.png"):
        if (match := re.fullmatch(r"(\d+)_(\w+)", path.stem)) is None:
            continue
        index, part = int(match[1]), match[2]
        if part not in PARTS:
            raise LabelError(f"{path} is of a part {part!r}; CelebAMask-HQ has {', '.join(PARTS)}")
        if part in parts.setdefault(index, {}):
            raise LabelError(f"{path} and {parts[index][part]} are the same part of the same photo; keep one")
        parts[index][part] = path
    return parts


def _read(path: Path) -> np.ndarray:
    """[h, w] bool: what is not black."""
    try:
        return np.array(decoded(path, str(path), ("PNG",), max_side=MAX_SIDE).convert("L")) > 0
    except InputError as error:
        raise LabelError(f"{error}; it should be a PNG of one part") from None


def _size(x: np.ndarray) -> str:
    return f"{x.shape[1]}x{x.shape[0]}"
