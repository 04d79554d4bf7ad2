"""Our own layout, and LabelMe: what `data/annotations.py` reads."""

from collections import Counter
from functools import partial
from pathlib import Path

from editgan.core.labels import LabelSchema
from editgan.data.annotations import find_annotated, load_annotated, load_schema, load_w_plus
from editgan.data.formats.found import Finding, Found, fixed_names


def find_folder(folder: Path, classes: str | Path | None = None) -> Finding:
    """Every annotated photo, in file order. Raises LabelError for a folder without classes.json."""
    fixed_names(classes, "folder")
    schema = load_schema(folder)
    annotated, others = find_annotated(folder)
    found = [_found(path, schema) for path in annotated]
    return Finding("folder", schema, found, Counter({"photo without labels": len(others)}))


def _found(path: Path, schema: LabelSchema) -> Found:
    latents = path.with_suffix(".safetensors")
    w_plus = partial(load_w_plus, latents) if latents.exists() else None
    return Found(path.stem, path, lambda: load_annotated(path, schema).label_map, w_plus)
