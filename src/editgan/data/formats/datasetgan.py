"""DatasetGAN's and EditGAN's annotations: NumPy label maps beside photos, and latents where there are any.

    image_3.jpg             or .png
    image_mask3.npy         [h, w] class ids
    latents_image_3.npy     [num_ws, 512], EditGAN's embedding; or one latents.npy [n, num_ws, 512] for all

Labels and latents may lie in different folders below the one that is given. Cars are 512x384 pictures that
their generators draw with black bars above and below: they get these bars here, too.

EditGAN's 32 cars were renumbered when photo 28 was taken out, their latents were not: from 28 on a photo's
latents have the next number. Its training code steps over the gap, and the photos and coloured masks of its
demo show it: from 28 on, photo i is mask i + 1.

DatasetGAN's own `latent_stylegan1.npy` [n, 512] is for StyleGAN1 and of no use here.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import numpy as np
import torch

from editgan.core.arrays import load_array
from editgan.core.errors import InputError, LabelError
from editgan.core.labels import MAX_CLASSES, LabelSchema
from editgan.core.types import LabelMap, WPlus
from editgan.data.formats.class_lists import find_schema, numbered_schema
from editgan.data.formats.found import Finding, Found, paired

MAX_SIDE = 4096  # of a label map
RELEASED_CARS, TAKEN_OUT = 32, 28  # EditGAN's annotated cars; the number that its latents still count


def is_datasetgan(folder: Path) -> bool:
    """Whether there is an image_mask*.npy, here or below."""
    return next(folder.rglob("image_mask*.npy"), None) is not None


def find_datasetgan(folder: Path, classes: str | Path | None = None) -> Finding:
    """Every photo with a mask, with its latents if there are some.

    Raises:
        LabelError: two files for one number, an unknown list of classes, or masks beyond reading.
    """
    photos = _numbered(folder, r"image_(\d+)\.(?:jpg|jpeg|png)")
    masks = _numbered(folder, r"image_mask(\d+)\.npy")
    numbers, dropped = paired(photos, masks)
    schema = find_schema(classes) if classes is not None else _numbered_parts([masks[i] for i in numbers])
    latents = _latents(folder, set(masks), dropped)
    dropped["latents without a photo"] += len(latents.keys() - set(numbers))
    found = [
        Found(f"image_{i:03}", photos[i], partial(_checked, masks[i], schema), latents.get(i))
        for i in numbers
    ]
    return Finding("datasetgan", schema, found, dropped, is_boxed=True)


def read_mask(path: Path) -> LabelMap:
    """[1, h, w] from an image_mask*.npy; dimensions of 1 are left out.

    Raises:
        LabelError: no picture of whole numbers from 0 to 255.
        InputError: not a .npy of numbers.
    """
    ids = load_array(path).squeeze()
    if ids.ndim != 2 or ids.size == 0 or max(ids.shape) > MAX_SIDE:
        raise LabelError(
            f"{path} should be a picture of class ids with sides up to {MAX_SIDE}, got {ids.shape}"
        )
    if not (ids == np.rint(ids)).all():
        raise LabelError(f"{path} should hold class ids, whole numbers, but its {ids.dtype} values are not")
    if ids.min() < 0 or ids.max() >= MAX_CLASSES:
        raise LabelError(
            f"{path} has class ids from {ids.min()} to {ids.max()}; label maps have 0 to {MAX_CLASSES - 1}"
        )
    return torch.from_numpy(ids.astype(np.int64)).unsqueeze(0)


def load_latents(path: Path) -> WPlus:
    """[n, num_ws, w_dim] from a .npy of one or several embeddings, n = 1 for [num_ws, w_dim].

    Raises:
        InputError: another number of dimensions, whole numbers, or values that are not finite.
    """
    values = load_array(path)
    if values.ndim == 2:
        values = values[None]
    if values.ndim != 3 or values.dtype.kind != "f" or 0 in values.shape:
        raise InputError(
            f"{path} should hold latents [num_ws, w_dim] or [n, num_ws, w_dim], but it is {values.dtype} "
            f"{list(values.shape)}"
        )
    latents = torch.from_numpy(values.astype(np.float32))
    if not latents.isfinite().all():
        raise InputError(f"{path} should hold latents, but not all of its values are finite")
    return latents


def _checked(path: Path, schema: LabelSchema, size: tuple[int, int]) -> LabelMap:
    label_map = read_mask(path)
    if (highest := int(label_map.max())) >= len(schema):
        raise LabelError(
            f"{path} has the class id {highest}, but the list of classes ends at {len(schema) - 1}; choose "
            "another list"
        )
    return label_map


def _numbered(folder: Path, pattern: str) -> dict[int, Path]:
    found: dict[int, Path] = {}
    for path in sorted(folder.rglob("*")):
        if (match := re.fullmatch(pattern, path.name, re.IGNORECASE)) is None:
            continue
        if (before := found.setdefault(int(match[1]), path)) != path:
            raise LabelError(f"{before} and {path} have the same number; give a folder with one of them")
    return found


def _numbered_parts(masks: list[Path]) -> LabelSchema:
    highest = max((int(read_mask(path).max()) for path in masks), default=1)
    return numbered_schema(max(highest, 1) + 1)


def _latents(folder: Path, masks: set[int], dropped: Counter[str]) -> dict[int, Callable[[], WPlus]]:
    """How to read each photo's latents, by its number."""
    files = _numbered(folder, r"latents_image_(\d+)\.npy")
    stacks = [p for p in sorted(folder.rglob("latent*.npy")) if not p.name.startswith("latents_image_")]
    if files:
        if _are_released_cars(masks, files.keys()):
            files.pop(TAKEN_OUT, None)
            files = {i - 1 if i > TAKEN_OUT else i: path for i, path in files.items()}
        return {i: partial(_one, path) for i, path in files.items()}
    if len(stacks) > 1:
        raise LabelError(f"{stacks[0]} and {stacks[1]} may both be the latents; give a folder with one")
    if not stacks:
        return {}
    if load_array(stacks[0]).ndim != 3:
        dropped["file of latents that are not W+"] += 1
        return {}
    return {i: row.clone for i, row in enumerate(load_latents(stacks[0]).split(1))}


def _are_released_cars(masks: Collection[int], latents: Collection[int]) -> bool:
    """Whether the latents go on counting the car that was taken out of the masks."""
    is_one_more = max(latents) == RELEASED_CARS > max(masks, default=RELEASED_CARS)
    return is_one_more and (TAKEN_OUT not in latents or set(masks) == set(range(RELEASED_CARS)))


def _one(path: Path) -> WPlus:
    latents = load_latents(path)
    if len(latents) != 1:
        raise LabelError(f"{path} should hold one photo's latents, but it holds {len(latents)}")
    return latents
