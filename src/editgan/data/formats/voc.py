"""Pascal VOC's layout, as CVAT ("segmentation mask") and LabelMe's own conversion write it, too.

JPEGImages/a.jpg
SegmentationClass/a.png         a palette picture, or one in the classes' colours; 255 is to be ignored
labelmap.txt, class_names.txt   what the classes are called: CVAT's, LabelMe's; VOC itself has neither
"""

from collections import Counter
from functools import partial
from pathlib import Path

from editgan.core.errors import LabelError
from editgan.core.label_pictures import load_label_map
from editgan.core.labels import LabelSchema, composed
from editgan.core.types import LabelMap
from editgan.data.annotations import schema_of_pictures
from editgan.data.formats.class_files import classes_file, load_classes
from editgan.data.formats.class_lists import find_schema
from editgan.data.formats.found import Finding, Found, fixed_names, flat_name
from editgan.data.photos import is_photo

PHOTOS = "JPEGImages"
LABELS = ("SegmentationClassPNG", "SegmentationClass")  # an older LabelMe has arrays in the second
OTHERS = "Segmentation"  # how folders begin that hold no photos


def is_voc(folder: Path) -> bool:
    """Whether there are label pictures in a folder of that name, here or up to two folders below."""
    return bool(_roots(folder))


def find_voc(folder: Path, classes: str | Path | None = None) -> Finding:
    """Every photo with a label picture.

    Raises:
        LabelError: several such data sets, an unknown list of classes, or labels beyond reading.
    """
    roots = _roots(folder)
    if len(roots) != 1:
        raise LabelError(
            f"{folder} should hold one {LABELS[-1]} folder with label pictures, but it has {len(roots)}; "
            "give the folder around one"
        )
    root = roots[0]
    labels = next(root / name for name in LABELS if any((root / name).rglob("*.[pP][nN][gG]")))
    pictures = {_key(p, labels): p for p in _files(labels) if p.suffix.lower() == ".png"}
    around = root / PHOTOS if (root / PHOTOS).is_dir() else root
    photos = {_key(p, around): p for p in _files(around) if _is_photo(p, around)}
    schema, remark = _schema(root, list(pictures.values()), classes)
    both = sorted(photos.keys() & pictures.keys())
    dropped = {
        "photo without labels": len(photos) - len(both),
        "labels without a photo": len(pictures) - len(both),
    }
    found = [
        Found(
            flat_name(photos[key].relative_to(around)), photos[key], partial(_labels, pictures[key], schema)
        )
        for key in both
    ]
    return Finding("voc", schema, found, Counter(dropped), remark=remark)


def _labels(path: Path, schema: LabelSchema, size: tuple[int, int]) -> LabelMap:
    return load_label_map(path, schema, with_ignored=True)


def _schema(root: Path, pictures: list[Path], classes: str | Path | None) -> tuple[LabelSchema, str | None]:
    if (path := classes_file(root)) is not None:
        fixed_names(classes, "voc")
        return load_classes(path), None
    if classes is not None:
        return find_schema(classes), None
    return schema_of_pictures(pictures), (
        "nothing says what the classes are called, so they are numbered; VOC's own are the list voc-21"
    )


def _roots(folder: Path) -> list[Path]:
    found = {
        path.parent
        for depth in ("", "*/", "*/*/")
        for name in LABELS
        for path in folder.glob(depth + name)
        if any(path.rglob("*.[pP][nN][gG]"))
    }
    return sorted(found)


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))


def _key(path: Path, folder: Path) -> str:
    return composed(path.relative_to(folder).with_suffix("").as_posix())


def _is_photo(path: Path, folder: Path) -> bool:
    inside = path.relative_to(folder).parts[:-1]
    return is_photo(path.name) and not any(part.startswith(OTHERS) for part in inside)
