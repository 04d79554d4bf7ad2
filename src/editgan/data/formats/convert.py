"""Annotations of other formats -> our own layout: photo, palette label map, classes.json, and latents.

What is missing or cannot be decoded is left out and counted; what contradicts itself stops the conversion.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image as PilImage
from safetensors.torch import save_file

from editgan.core.errors import InputError, LabelError, PhotoError
from editgan.core.files import replacing_folder
from editgan.core.images import from_pixels, resize, save_picture, to_pil, to_pixels
from editgan.core.label_pictures import save_label_map
from editgan.core.labels import IGNORED, LabelSchema
from editgan.core.sheets import Panel, contact_sheet, legend
from editgan.core.types import LabelMap, Photo
from editgan.data.annotations import with_bars
from editgan.data.formats.celebamask_hq import find_celebamask_hq, is_celebamask_hq
from editgan.data.formats.coco import find_coco, is_coco
from editgan.data.formats.datasetgan import find_datasetgan, is_datasetgan
from editgan.data.formats.folder import find_folder
from editgan.data.formats.found import Finding, Found, Kind
from editgan.data.formats.voc import find_voc, is_voc
from editgan.data.opening import read_photo

FINDERS: dict[Kind, Callable[[Path, str | Path | None], Finding]] = {
    "celebamask-hq": find_celebamask_hq,
    "coco": find_coco,
    "datasetgan": find_datasetgan,
    "folder": find_folder,
    "voc": find_voc,
}
SHEET = "sheet"  # .png, in the new folder
SHOWN = 8  # photos on it
KEY_LINE_PX = 24  # of its key, per class
ASPECT_TOLERANCE = 0.01  # of the ratio of a photo's sides to its label map's


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of a folder of annotations."""

    kind: Kind
    schema: LabelSchema
    photos: int
    with_latents: int  # of the photos
    dropped: dict[str, int]  # what was left out, and how often
    ignored: float = 0.0  # share of all pixels that the annotations want ignored
    remark: str | None = None  # a sentence about the classes


@dataclass(frozen=True, slots=True)
class _Pair:
    """A photo and its label map, of one size."""

    pixels: Photo
    label_map: LabelMap
    is_untouched: bool  # whether the photo is as in its file


def convert_annotations(
    source: Path,
    out: Path,
    *,
    kind: Kind | None = None,
    classes: str | Path | None = None,
    limit: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Converted:
    """Writes the annotated photos of `source` to the new folder `out`, whole or not at all.

    Args:
        source: CelebAMask-HQ, COCO, DatasetGAN, EditGAN, VOC (CVAT), our own layout, or LabelMe.
        out: a folder that does not exist yet or is empty.
        kind: which of them; recognised by default.
        classes: a list of `class_lists.CLASS_LISTS` or a file of classes, for labels that are only numbers.
        limit: at most so many photos.
        on_progress: called with photos done and photos there are.

    Raises:
        LabelError: no annotations there, or labels that do not fit their photo, each other or the classes.
        InputError: `out` is in use, or a file is not what its name says.
    """
    if not source.is_dir():
        raise LabelError(f"{source} should be a folder of annotations, but it is not a folder")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is already there; name a new folder")
    found = FINDERS[kind or recognise(source)](source, classes)
    photos = found.photos[:limit]
    _check_names(source, photos)
    shown: list[tuple[str, _Pair]] = []
    done, with_latents, pixels, ignored = 0, 0, 0, 0
    with replacing_folder(out) as scratch:
        for index, photo in enumerate(photos):
            if (pair := _read(photo, found)) is not None:
                with_latents += _write(photo, pair, found.schema, scratch)
                done += 1
                pixels += pair.label_map.numel()
                ignored += int((pair.label_map == IGNORED).sum())
                shown += [(photo.name, pair)] if len(shown) < SHOWN else []
            if on_progress is not None:
                on_progress(index + 1, len(photos))
        if not done:
            left_out = ", ".join(f"{count} {what}" for what, count in (+found.dropped).items())
            raise LabelError(
                f"{source} has no photo with labels as {found.kind} names them"
                + (f" (left out: {left_out})" if left_out else "")
            )
        found.schema.save(scratch / "classes.json")
        save_picture(_sheet(found, shown), scratch / f"{SHEET}.png")
    return Converted(
        found.kind, found.schema, done, with_latents, dict(+found.dropped), ignored / pixels, found.remark
    )


def recognise(source: Path) -> Kind:
    """Which format a folder has; our own, where it is none of the others."""
    if is_celebamask_hq(source):
        return "celebamask-hq"
    if is_datasetgan(source):
        return "datasetgan"
    if is_voc(source):
        return "voc"
    if (source / "annotations.xml").is_file():
        raise LabelError(
            f"{source} has CVAT's own XML, which is not read; export it as a segmentation mask, or for COCO"
        )
    return "coco" if is_coco(source) else "folder"


def _check_names(source: Path, photos: list[Found]) -> None:
    """Of the files to be written: each its own."""
    count = Counter(photo.name.casefold() for photo in photos)
    if SHEET in count:
        raise InputError(f"{source} has a photo {SHEET}, which the contact sheet is called; rename the photo")
    if twice := [name for name, times in count.items() if times > 1]:
        raise InputError(f"{source} has two photos called {twice[0]}; rename one")


def _read(photo: Found, found: Finding) -> _Pair | None:
    """None for a photo that is left out."""
    try:
        pixels = read_photo(photo.photo)
    except PhotoError:
        found.dropped["photo that cannot be read"] += 1
        return None
    label_map = photo.labels((pixels.shape[1], pixels.shape[2]))
    height, width = label_map.shape[1:]
    if found.is_boxed and height > width:
        found.dropped["photo that is taller than wide"] += 1
        return None
    pair = _fitted(photo, pixels, label_map)
    if found.is_boxed and height < width:  # as its generator draws a wide picture
        return _Pair(*with_bars(pair.pixels, pair.label_map), is_untouched=False)
    return pair


def _fitted(photo: Found, pixels: Photo, label_map: LabelMap) -> _Pair:
    """The photo at its label map's size."""
    (height, width), (rows, columns) = pixels.shape[1:3], label_map.shape[1:]
    if (height, width) == (rows, columns):
        return _Pair(pixels, label_map, is_untouched=True)
    if abs(width * rows / (height * columns) - 1) > ASPECT_TOLERANCE:
        raise LabelError(
            f"{photo.photo} is {width}x{height}, but its labels are {columns}x{rows}: of another shape"
        )
    return _Pair(to_pixels(resize(from_pixels(pixels), (rows, columns))), label_map, is_untouched=False)


def _write(photo: Found, pair: _Pair, schema: LabelSchema, folder: Path) -> bool:
    """Whether latents came with it."""
    suffix = photo.photo.suffix.lower()
    if not pair.is_untouched:
        save_picture(to_pil(pair.pixels), folder / f"{photo.name}.jpg")
    elif suffix != ".png":
        shutil.copyfile(photo.photo, folder / f"{photo.name}{suffix}")
    else:  # the label map takes that name
        to_pil(pair.pixels).save(folder / f"{photo.name}.webp", lossless=True)
    save_label_map(pair.label_map[0], schema, folder / f"{photo.name}.png")
    if photo.w_plus is None:
        return False
    latents = photo.w_plus()[0].float().contiguous()
    save_file({"w_plus": latents}, folder / f"{photo.name}.safetensors")
    return True


def _sheet(found: Finding, shown: list[tuple[str, _Pair]]) -> PilImage.Image:
    """Photos beside their coloured labels, and a key of the colours that are there."""
    panels = [
        panel
        for name, pair in shown
        for panel in (
            Panel(to_pil(pair.pixels), name),
            Panel(to_pil(found.schema.colorize(pair.label_map)), "its labels"),
        )
    ]
    rows = [("", panels[i : i + 4]) for i in range(0, len(panels), 4)]
    pictures = contact_sheet(f"{found.kind} annotations: do names and places agree?", rows)
    side = KEY_LINE_PX * len(found.schema)
    key = legend(found.schema, side_px=side).crop((0, 0, min(side, 260), side))
    sheet = PilImage.new("RGB", (pictures.width + 260, max(pictures.height, side + 60)), "white")
    sheet.paste(pictures, (0, 0))
    sheet.paste(key, (pictures.width, 52))
    return sheet
