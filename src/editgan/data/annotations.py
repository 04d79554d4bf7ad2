"""Annotated photos: a folder of pictures, label pictures or LabelMe JSON beside them, and classes.json."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch.nn.functional as F
from jaxtyping import Int, UInt8
from safetensors import SafetensorError, safe_open
from torch import Tensor

from editgan.core.errors import LabelError
from editgan.core.label_pictures import indices_and_palette, load_label_map
from editgan.core.labels import IGNORED, LabelSchema, composed
from editgan.core.types import LabelMap, Pixels, WPlus
from editgan.data.formats.class_files import classes_file, load_classes
from editgan.data.formats.class_lists import named_schema, numbered_schema
from editgan.data.labelme import labels_in, load_labelme
from editgan.data.opening import read_photo
from editgan.data.photos import is_photo

PICTURES = {".png", ".gif"}  # of labels; beside a photo of another kind


@dataclass(frozen=True, slots=True)
class AnnotatedPhoto:
    """A photo and its parts, and its embedding if that is known."""

    name: str
    pixels: Pixels  # [1, h, w, 3]
    label_map: LabelMap  # [1, h, w]
    w_plus: WPlus | None = None  # [1, num_ws, w_dim], of the generator that it was embedded with


def with_bars(
    pixels: UInt8[Tensor, "n h w 3"], label_map: Int[Tensor, "n h w"]
) -> tuple[UInt8[Tensor, "n w w 3"], Int[Tensor, "n w w"]]:
    """A wide picture and its parts in a square: bars above and below, black and of class 0."""
    height, width = label_map.shape[1:]
    above = (width - height) // 2
    bars = (above, width - height - above)
    return F.pad(pixels, (0, 0, 0, 0, *bars)), F.pad(label_map, (0, 0, *bars))


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """A photo on disk, and what lies beside it."""

    photo: Path
    labels: Path  # a picture, or LabelMe JSON
    embedding: Path | None  # as `editgan embed` writes it


def load_annotations(
    folder: Path, schema: LabelSchema, left_out: Counter[str] | None = None
) -> list[AnnotatedPhoto]:
    """Every photo that has labels beside it, in file order.

    `name.png` (or `.gif`: palette, ids or colours) comes before `name.json` (LabelMe). A photo without
    either is passed over: unlabelled pictures may lie in the same folder. Pixels may be `IGNORED`.

    Args:
        left_out: gets a count of what covers nothing, as of `load_labelme`.

    Raises:
        LabelError: no annotated photo at all, or labels or an embedding that do not fit.
        PhotoError: a photo that cannot be read.
    """
    found, _ = find_annotated(folder)
    return [load_annotated(file, schema, left_out) for file in found]


def find_annotated(folder: Path) -> tuple[list[LabelledFile], list[Path]]:
    """The photos that have labels beside them, and those that have none, in file order.

    Names agree whatever the case of their suffixes, and however letters with accents are put together.

    Raises:
        LabelError: not a folder, or no annotated photo in it.
    """
    if not folder.is_dir():
        raise LabelError(f"{folder} should be a folder of photos with label maps, but it is not a folder")
    files = {
        (composed(path.stem), path.suffix.lower()): path
        for path in sorted(folder.iterdir())
        if not path.name.startswith(".")
    }
    photos = {key: path for key, path in files.items() if is_photo(path.name) and key[1] not in PICTURES}
    taken = {stem for stem, _ in photos}
    # A picture of these kinds is itself labels, unless only LabelMe JSON lies beside it
    for (stem, suffix), path in files.items():
        if suffix in PICTURES and stem not in taken and (stem, ".json") in files:
            photos[stem, suffix] = path
    found, others = [], []
    for (stem, suffix), path in sorted(photos.items(), key=lambda item: item[1]):
        kinds = (".json",) if suffix in PICTURES else (*sorted(PICTURES, reverse=True), ".json")
        labels = next((files[stem, kind] for kind in kinds if (stem, kind) in files), None)
        if labels is None:
            others.append(path)
        else:
            found.append(LabelledFile(path, labels, files.get((stem, ".safetensors"))))
    if not found:
        raise LabelError(f"{folder} has no photo with a .png or .json label map of the same name")
    return found, others


def load_annotated(
    file: LabelledFile, schema: LabelSchema, left_out: Counter[str] | None = None
) -> AnnotatedPhoto:
    """One of the photos that `find_annotated` finds; raises as `load_annotations` does."""
    pixels = read_photo(file.photo)
    label_map = load_labels(file, schema, (pixels.shape[1], pixels.shape[2]), left_out)
    w_plus = None if file.embedding is None else load_w_plus(file.embedding)
    return AnnotatedPhoto(file.photo.name, pixels, label_map, w_plus)


def load_labels(
    file: LabelledFile, schema: LabelSchema, size: tuple[int, int], left_out: Counter[str] | None = None
) -> LabelMap:
    """A photo's labels alone. Raises LabelError for labels of another size than the photo, or none at all."""
    if file.labels.suffix.lower() == ".json":
        label_map = load_labelme(file.labels, schema, size, left_out)
    else:
        label_map = load_label_map(file.labels, schema, with_ignored=True)
    if label_map.shape[1:] != size:
        raise LabelError(f"{file.photo} is {size}, but its label map is {tuple(label_map.shape[1:])}")
    if (label_map == IGNORED).all():
        raise LabelError(f"{file.labels} says of every pixel that it is to be ignored; leave it out")
    return label_map


def load_schema(folder: Path) -> LabelSchema:
    """The classes of an annotated folder: from its `classes_file`, else from its labels.

    LabelMe's labels are classes in the order of the alphabet; those of palette pictures are numbered, and
    have the colours of the palettes.

    Raises:
        LabelError: neither, or both kinds of labels in a folder that does not say which number is which name.
    """
    if (path := classes_file(folder)) is not None:
        return load_classes(path)
    try:
        files, _ = find_annotated(folder)
    except LabelError as error:
        raise LabelError(
            f"{folder} has no classes.json (ids, names, colours), nor has the folder above it, nor are there "
            f"labels to make one from: {error}"
        ) from None
    shapes = [file.labels for file in files if file.labels.suffix.lower() == ".json"]
    pictures = [file.labels for file in files if file.labels not in shapes]
    if shapes and pictures:
        raise LabelError(
            f"{folder} has LabelMe files and label pictures, but no classes.json that says which number is "
            "which name; write one"
        )
    if shapes:
        return named_schema(["background", *sorted(set().union(*map(labels_in, shapes)))])
    return schema_of_pictures(pictures)


def schema_of_pictures(pictures: list[Path]) -> LabelSchema:
    """Numbered classes in the palettes' colours: a colour's number is its index, where palettes agree on it.

    Raises:
        LabelError: a picture that is neither grey nor has a palette.
    """
    highest, colors = 1, dict[int, tuple[int, ...]]()
    for path in pictures:
        indices, palette = indices_and_palette(path)
        used = [int(i) for i in np.unique(indices) if i != IGNORED]
        if palette is None or all((palette[i] == i).all() for i in used if i < len(palette)):
            highest = max([highest, *used])  # grey steps: nothing is said about colours
            continue
        shown = {i: tuple(palette[i].tolist()) for i in used if i < len(palette)}
        taken = {color: i for i, color in colors.items()}
        agrees = all(taken.get(c, i) == i and colors.get(i, c) == c for i, c in shown.items())
        for i, color in shown.items():
            if color not in taken:
                colors[i if agrees else max(colors) + 1] = color
    schema = numbered_schema(max([highest, *colors]) + 1)
    return LabelSchema(
        tuple(
            replace(c, color=colors[c.id]) if c.id in colors else c  # type: ignore[arg-type]
            for c in schema.classes
        )
    )


def load_w_plus(path: Path) -> WPlus:
    """[1, num_ws, w_dim] from the `w_plus` of a safetensors file, as `editgan embed` writes it.

    Raises:
        LabelError: not safetensors, or no finite w_plus of one photo in it.
    """
    try:
        with safe_open(path, framework="pt") as file:
            w_plus: Tensor = file.get_tensor("w_plus").float()
    except (SafetensorError, OSError) as error:
        raise LabelError(
            f"{path} should hold its photo's w_plus (safetensors), but reading it failed: {error}"
        ) from None
    w_plus = w_plus[None] if w_plus.ndim == 2 else w_plus
    if w_plus.ndim != 3 or len(w_plus) != 1 or not w_plus.isfinite().all():
        raise LabelError(
            f"{path} should hold one finite w_plus [num_ws, w_dim], but it is {list(w_plus.shape)}; embed "
            "its photo again"
        )
    return w_plus
