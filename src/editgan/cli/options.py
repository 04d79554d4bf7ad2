"""Options that several verbs share: alone, and in groups (see groups.py)."""

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

from typer import Option

from editgan.bundle.judges import JudgeName
from editgan.bundle.opened import Fidelity
from editgan.core.errors import InputError
from editgan.editing.composition import PasteMode

DEFAULT_BUNDLE = "faces-128"
MAX_NAME_BYTES = 240  # with a suffix, file systems take 255
BundleOption = Annotated[
    str, Option("--bundle", "-b", help="Built-in name, a folder, or owner/name on the Hugging Face Hub.")
]
DeviceOption = Annotated[str | None, Option(help="cpu, cuda, cuda:1, mps; the best one here by default.")]
OutOption = Annotated[Path, Option("--out", "-o", help="Folder for the results.")]
BoxOption = Annotated[
    str | None,
    Option(
        help="x,y,w,h in the photo's pixels: where the subject is, taken as given instead of detecting it."
    ),
]
JudgeOption = Annotated[
    JudgeName,
    Option(
        help="Perceptual distance: what the bundle was measured with, its discriminator's features, "
        "EfficientNet-Lite1's (lite1), or LPIPS if its weights are here."
    ),
]
PasteOption = Annotated[
    PasteMode,
    Option(
        help="geometry: move the photo's own pixels, sharp, nothing new is drawn, and parts as was said in "
        "words; motion: as the rendering moves; difference: add what changed to the photo; replace: put the "
        "rendering in."
    ),
]
FaceOption = Annotated[
    int | None,
    Option(
        min=1,
        help="Which of several faces (or cats, ...) in the photo: they are numbered from left to right.",
        show_default=False,
    ),
]
LargestOption = Annotated[
    bool, Option("--largest", help="The largest of several faces: what happens anyway, said aloud.")
]
ThoroughOption = Annotated[
    bool,
    Option(
        "--thorough",
        help="Also look for faces under 4 % of the photo's longer side, and for cats with a network that "
        "sees more and errs; slower.",
    ),
]
AllFacesOption = Annotated[
    bool, Option("--all-faces", help="Edit every face in the photo, one after another, into one picture.")
]
ReportOption = Annotated[
    Path | None, Option("--out", "-o", help="Also write the figures as JSON.", show_default=False)
]
KeepOption = Annotated[
    Path | None,
    Option(
        help="A picture of the photo's size, white (or opaque) where nothing may change; "
        "the edit fades out before it.",
        show_default=False,
    ),
]
EMBED_STEPS = "Steps of fitting the photo; 0: the encoder's guess alone."
StripOption = Annotated[
    bool,
    Option(
        "--strip-metadata",
        help="Leave out the photo's EXIF, XMP and resolution, and the note of the edit that `editgan show` "
        "reads.",
    ),
]
CpuOption = Annotated[bool, Option("--cpu", help="Use the CPU even if there is a GPU.")]
SettingsOption = Annotated[
    list[str] | None, Option("--set", metavar="NAME=VALUE", help="Another value, like total_kimg=4.")
]
Texts = list[str] | None


@dataclass(frozen=True, kw_only=True)
class Networks:
    """Which networks work, and where."""

    bundle: BundleOption = DEFAULT_BUNDLE
    device: DeviceOption = None


@dataclass(frozen=True, kw_only=True)
class Opening(Networks):
    """How a photo is opened."""

    box: BoxOption = None
    face: FaceOption = None
    largest: LargestOption = False
    thorough: ThoroughOption = False
    embed_steps: Annotated[int, Option(min=0, max=10_000, help=EMBED_STEPS)] = 60
    fidelity: Annotated[
        Fidelity,
        Option(
            help="high: also tune a copy of the generator to the photo: nearer to it, slower, vectors still "
            "work."
        ),
    ] = "standard"
    fresh: Annotated[
        bool, Option("--fresh", help="Embed anew and keep nothing, instead of using the cache.")
    ] = False
    judge: JudgeOption = "default"


@dataclass(frozen=True, kw_only=True)
class Operations:
    """What is to be repainted, in words; carried out in this order."""

    erase: Annotated[Texts, Option(help="PART: give way to the parts around it.")] = None
    replace: Annotated[Texts, Option(help="PART=OTHER: turn one part into another.")] = None
    move: Annotated[Texts, Option(help="PART:DX,DY: right and down, in pixels.")] = None
    slide: Annotated[Texts, Option(help="PART=AROUND:DX,DY: inside another part, like iris=eye:1,0.")] = None
    spread: Annotated[Texts, Option(help="PART=OVER:DX,DY: over another part, like skin=hair:0,-3.")] = None
    scale: Annotated[Texts, Option(help="PART:SX,SY: stretched, like nose:0.8,1 (narrower).")] = None
    bend: Annotated[
        Texts, Option(help="PART:PIXELS: its ends up, like mouth:2 (a smile); negative: down.")
    ] = None
    open: Annotated[
        Texts,
        Option(
            help="NEW=UPPER,LOWER:PIXELS: a gap of NEW between two, like "
            "mouth_interior=upper_lip,lower_lip:2."
        ),
    ] = None
    grow: Annotated[Texts, Option(help="PART:PIXELS: larger all round.")] = None
    shrink: Annotated[Texts, Option(help="PART:PIXELS: smaller all round.")] = None

    def asked(self) -> list[tuple[str, str]]:
        """(kind, text) of every operation that was given."""
        return [(kind.name, text) for kind in fields(self) for text in getattr(self, kind.name) or []]


def parse_box(text: str | None) -> tuple[int, int, int, int] | None:
    """Four whole numbers. Raises InputError for anything else."""
    if text is None:
        return None
    try:
        x, y, w, h = (int(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"--box takes x,y,w,h in whole pixels, like 120,80,300,300, got {text!r}") from None
    return x, y, w, h


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
    if (size := len(os.fsencode(name))) > MAX_NAME_BYTES:
        raise InputError(f"the name becomes a file's, so it has at most {MAX_NAME_BYTES} bytes, got {size}")
