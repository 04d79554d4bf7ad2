"""What verbs leave in their folder: pictures, vectors and a report."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from editgan.batch.report import REPORT
from editgan.bundle.opened import OpenPhoto
from editgan.core.files import replacing, write_json
from editgan.core.images import save_picture, to_pil, to_pixels
from editgan.core.label_pictures import save_label_map
from editgan.core.labels import LabelSchema
from editgan.core.sheets import overlay
from editgan.editing.outcome import Edit

OPENED = ("aligned.png", "reconstruction.png", "parts.png", "overlay.png", "w_plus.safetensors")


def edited_files(name: str) -> tuple[str, ...]:
    """What `save_edited` writes for a vector of that name."""
    return ("edited.png", "edited_rendering.png", "target.png", "edited_parts.png", f"{name}.safetensors")


def save_opened(opened: OpenPhoto, out: Path) -> None:
    """What was seen in the photo, as pictures, and its w_plus."""
    save_picture(to_pil(to_pixels(opened.aligned)), out / "aligned.png")
    save_picture(to_pil(to_pixels(opened.image)), out / "reconstruction.png")
    save_label_map(opened.label_map[0], opened.schema, out / "parts.png")
    save_picture(overlay(opened.image, opened.label_map, opened.schema), out / "overlay.png")
    with replacing(out / "w_plus.safetensors") as scratch:
        save_file({"w_plus": opened.w_plus.cpu().contiguous()}, scratch)


def save_edited(edited: Edit, schema: LabelSchema, out: Path, *, strip_metadata: bool = False) -> None:
    """The edited photo, the steps in between, and the vector."""
    edited.result.save(out / "edited.png", strip_metadata=strip_metadata)
    save_picture(to_pil(to_pixels(edited.image)), out / "edited_rendering.png")
    save_label_map(edited.target[0], schema, out / "target.png")
    save_label_map(edited.label_map[0], schema, out / "edited_parts.png")
    edited.vector.save(out / f"{edited.vector.name}.safetensors")


def about_software() -> dict[str, str]:
    """What every report says."""
    return {"software": f"editgan {version('editgan')}", "torch": torch.__version__}


def write_report(out: Path, values: dict[str, Any]) -> None:
    """report.json, with what every report says."""
    write_json(out / REPORT, about_software() | values)
