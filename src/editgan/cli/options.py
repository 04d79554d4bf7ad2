"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

from editgan.core.errors import InputError
from editgan.editor import JudgeName

BundleOption = Annotated[
    str,
    typer.Option("--bundle", "-b", help="Built-in name, a folder, or owner/name on the Hugging Face Hub."),
]
DeviceOption = Annotated[
    str | None, typer.Option(help="cpu, cuda, cuda:1, mps; the best one here by default.", show_default=False)
]
OutOption = Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")]
BoxOption = Annotated[
    str | None,
    typer.Option(
        help="x,y,w,h in the photo's pixels: where the subject is, taken as given instead of detecting it.",
        show_default=False,
    ),
]
JudgeOption = Annotated[
    JudgeName,
    typer.Option(
        help="Perceptual distance: the bundle's discriminator features, or LPIPS if its weights are here."
    ),
]
DEFAULT_BUNDLE = "faces-64"


def parse_box(text: str | None) -> tuple[int, int, int, int] | None:
    """Four whole numbers. Raises InputError for anything else."""
    if text is None:
        return None
    try:
        x, y, w, h = (int(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"--box takes x,y,w,h in whole pixels, like 120,80,300,300, got {text!r}") from None
    return x, y, w, h
