"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

from editgan.bundle.judges import JudgeName
from editgan.bundle.opened import Fidelity
from editgan.core.errors import InputError
from editgan.editing.composition import PasteMode

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
        help="Perceptual distance: what the bundle was measured with, its discriminator's features, "
        "EfficientNet-Lite1's (lite1), or LPIPS if its weights are here."
    ),
]
FidelityOption = Annotated[
    Fidelity,
    typer.Option(
        help="high: also tune a copy of the generator to the photo: nearer to it, slower, vectors still work."
    ),
]
FreshOption = Annotated[
    bool, typer.Option("--fresh", help="Embed anew and keep nothing, instead of using the cache.")
]
EmbedSteps = Annotated[
    int, typer.Option(min=0, max=10_000, help="Steps of fitting the photo; 0: the encoder's guess alone.")
]
PasteOption = Annotated[
    PasteMode,
    typer.Option(help="Add what changed to the photo (keeps its detail), or put the rendering in."),
]
EraseOption = Annotated[list[str] | None, typer.Option(help="PART: give way to the parts around it.")]
ReplaceOption = Annotated[list[str] | None, typer.Option(help="PART=OTHER: turn one part into another.")]
MoveOption = Annotated[list[str] | None, typer.Option(help="PART:DX,DY: right and down, in pixels.")]
SlideOption = Annotated[
    list[str] | None, typer.Option(help="PART=AROUND:DX,DY: inside another part, like iris=eye:1,0.")
]
ScaleOption = Annotated[
    list[str] | None, typer.Option(help="PART:SX,SY: stretched, like nose:0.8,1 (narrower).")
]
BendOption = Annotated[
    list[str] | None, typer.Option(help="PART:PIXELS: its ends up, like mouth:2 (a smile); negative: down.")
]
OpenOption = Annotated[
    list[str] | None,
    typer.Option(
        "--open",
        help="NEW=UPPER,LOWER:PIXELS: a gap of NEW between two, like mouth_interior=upper_lip,lower_lip:2.",
    ),
]
GrowOption = Annotated[list[str] | None, typer.Option(help="PART:PIXELS: larger all round.")]
ShrinkOption = Annotated[list[str] | None, typer.Option(help="PART:PIXELS: smaller all round.")]
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


def in_order(**operations: list[str] | None) -> list[tuple[str, str]]:
    """(kind, text) of every operation that was given, in the order of the keywords."""
    return [(kind, text) for kind, texts in operations.items() for text in texts or []]


def parse_numbers(text: str, wanted: str) -> list[float]:
    """Numbers with commas between. Raises InputError, beginning with what is `wanted`, for anything else."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{wanted}, got {text!r}") from None


def check_name(name: str) -> None:
    """Raises InputError for a name that cannot be a file's."""
    if not name or Path(name).name != name:
        raise InputError(f"the name becomes a file's, so it has no folders in it, got {name!r}")
