"""Our own layout, and LabelMe: what `data/annotations.py` reads."""

from collections import Counter
from functools import partial
from pathlib import Path

from editgan.core.labels import LabelSchema
from editgan.core.types import LabelMap
from editgan.data.annotations import LabelledFile, find_annotated, load_labels, load_schema, load_w_plus
from editgan.data.formats.class_files import classes_file
from editgan.data.formats.class_lists import find_schema
from editgan.data.formats.found import Finding, Found, fixed_names


def find_folder(folder: Path, classes: str | Path | None = None) -> Finding:
    """Every annotated photo, in file order; a folder that does not say what its classes are may be told."""
    if has_classes := classes_file(folder) is not None:
        fixed_names(classes, "folder")
    schema = load_schema(folder) if classes is None else find_schema(classes)
    annotated, others = find_annotated(folder)
    dropped = Counter({"photo without labels": len(others)})
    found = [_found(file, schema, dropped) for file in annotated]
    remark = None if has_classes or classes is not None else made_from_labels(schema)
    return Finding("folder", schema, found, dropped, remark=remark)


def made_from_labels(schema: LabelSchema) -> str:
    """What to say where a folder has no list of its classes."""
    return f"there is no classes.json, so the classes are made from the labels: {', '.join(schema.names)}"


def _found(file: LabelledFile, schema: LabelSchema, dropped: Counter[str]) -> Found:
    def labels(size: tuple[int, int]) -> LabelMap:
        return load_labels(file, schema, size, dropped)

    w_plus = None if file.embedding is None else partial(load_w_plus, file.embedding)
    return Found(file.photo.stem, file.photo, labels, w_plus)
