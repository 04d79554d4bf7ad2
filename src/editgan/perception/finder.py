"""Subjects of one class in a picture, at any angle, wherever they are: a network of our own.

BlazeFace's trunk, with a few more blocks and a way back from its coarse map to its fine one (Lin et al.
2017, "Feature Pyramid Networks"), says of every place of two maps whether a subject's middle is there, and
where its aligned frame lies. One is learnt for each class (`editgan train finder`) from aligned photos pasted
on others.
"""

import json
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from editgan.core.config import from_json, to_json
from editgan.core.errors import InputError
from editgan.core.files import parse_json, replacing
from editgan.core.types import Image
from editgan.core.weights import check_weights
from editgan.perception.blazeface import FINE_BLOCKS, STRIDES, WEIGHTS, WIDTHS, BlazeFace, Block, blazeface
from editgan.perception.frames import Frames

FORMAT = 1  # of the file
SIDE_PX = 96  # of the pictures it is taught with
UNITS_PX = (20.0, 48.0)  # of what the two maps say about places: about the sides of the frames they see


@dataclass(frozen=True, kw_only=True, slots=True)
class FinderConfig:
    """Shape of a finder."""

    blocks: int = 3  # more of them, on each map
    coarse_width: int = 128  # channels of the coarse map's; the fine map's have what the trunk has there

    def __post_init__(self) -> None:
        if self.blocks < 0 or self.coarse_width < WIDTHS[-1]:
            raise InputError(
                f"a finder has 0 blocks or more, of {WIDTHS[-1]} channels or more, got {self.blocks} and "
                f"{self.coarse_width}"
            )


class Finder(nn.Module):
    """picture -> for each place of a fine and a coarse map a logit and the frame around what is there."""

    def __init__(self, config: FinderConfig, subject: str) -> None:
        super().__init__()
        self.config, self.subject = config, subject
        fine, coarse = WIDTHS[FINE_BLOCKS], config.coarse_width
        trunk = BlazeFace()
        self.stem, self.blocks = trunk.stem, trunk.blocks
        widths = (WIDTHS[-1], *[coarse] * config.blocks)
        self.coarse = nn.Sequential(*(Block(a, b, 1) for a, b in pairwise(widths)))
        self.back = nn.Conv2d(widths[-1], fine, 1)
        self.fine = nn.Sequential(*(Block(fine, fine, 1) for _ in range(config.blocks)))
        self.heads = nn.ModuleList(nn.Conv2d(width, 5, 1) for width in (fine, widths[-1]))

    def forward(self, image: Image) -> list[Float[Tensor, "n 5 rows columns"]]:
        """Pictures in -1..1 with sides that 16 divides, to maps of strides 8 and 16.

        A logit; the frame's centre, beside the middle of the map's pixel, and where its x axis points, as
        long as its side: in units of `UNITS_PX`.
        """
        fine, coarse = BlazeFace.maps(self, image)  # type: ignore[arg-type]  # its trunk is ours
        coarse = self.coarse(coarse)
        back = F.interpolate(self.back(coarse), scale_factor=2.0, mode="nearest")
        return [head(x) for head, x in zip(self.heads, (self.fine(fine + back), coarse), strict=True)]

    @torch.no_grad()
    def frames(self, image: Image, least: float) -> list[Frames]:
        """Of each picture, the aligned frame at every place with a logit of at least `least`.

        Neighbours see the same subject.
        """
        maps = self(image)
        scores = torch.cat([x[:, 0].flatten(1) for x in maps], 1)
        places = torch.cat([placed(x[:, 1:], i).flatten(2) for i, x in enumerate(maps)], 2)
        return [
            Frames(s[kept], p[:, kept].T) for s, p, kept in zip(scores, places, scores >= least, strict=True)
        ]


def placed(raw: Float[Tensor, "n 4 rows columns"], level: int) -> Float[Tensor, "n 4 rows columns"]:
    """What a map says of places, in px of the picture: centre x, y, and the x axis."""
    here = F.pad(middles(raw.shape[2], raw.shape[3], level), (0, 0, 0, 0, 0, 2))
    return raw * UNITS_PX[level] + here.to(raw)


def middles(rows: int, columns: int, level: int) -> Float[Tensor, "2 rows columns"]:
    """x, y of the middles of a map's pixels, in px of the picture."""
    ys, xs = ((torch.arange(n) + 0.5) * STRIDES[level] for n in (rows, columns))
    return torch.stack(torch.meshgrid(xs, ys, indexing="xy"))


def new_finder(config: FinderConfig, subject: str) -> Finder:
    """With BlazeFace's trunk; the rest is random, and at first it sees nothing anywhere."""
    finder = Finder(config, subject)
    known = {name: value for name, value in blazeface().state_dict().items() if name in finder.state_dict()}
    finder.load_state_dict(known, strict=False)
    for head in finder.heads:
        assert isinstance(head, nn.Conv2d) and head.bias is not None
        nn.init.zeros_(head.weight)
        nn.init.constant_(head.bias, 0.0)
        nn.init.constant_(head.bias[:1], -4.0)
    return finder


def save_finder(finder: Finder, path: Path, facts: dict[str, object]) -> None:
    """In float16; its subject, shape and where it comes from (JSON-able) in the header."""
    notes = {
        "format": FORMAT,
        "subject": finder.subject,
        "config": to_json(finder.config),
        "facts": facts,
    }
    state = {name: value.detach().cpu().half().contiguous() for name, value in finder.state_dict().items()}
    if not all(value.isfinite().all() for value in state.values()):
        raise InputError("a finder's weights are not finite or beyond float16; its training has diverged")
    with replacing(path) as scratch:
        save_file(state, scratch, metadata={"finder": json.dumps(notes)})


def load_finder(path: Path) -> Finder:
    """The inverse of `save_finder`, in float32, frozen, on the CPU.

    Raises:
        InputError: no finder, one of a newer format, or weights that do not fit.
    """
    try:
        with safe_open(path, framework="pt") as file:
            notes = parse_json((file.metadata() or {})["finder"])
            state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        found, subject, config = int(notes["format"]), str(notes["subject"]), notes["config"]
        shape = from_json(FinderConfig, config)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} should be a finder, but reading it failed: {error!r}") from None
    if found > FORMAT:
        raise InputError(f"{path} is a finder of a newer editgan; update it, or train the finder anew")
    try:
        check_weights(lambda: Finder(shape, subject), state)
    except InputError as error:
        raise InputError(f"{path} should hold the finder that its header describes: {error}") from None
    finder = Finder(shape, subject)
    finder.load_state_dict(state)
    return finder.eval().requires_grad_(False)


def finder_file(subject: str) -> Path:
    """Where the package has the finder of a class."""
    return WEIGHTS.with_name(f"finder-{subject}.safetensors")


@cache
def finder_of(subject: str) -> Finder:
    """That comes with the package; one for all, on the CPU. Raises as `load_finder`."""
    return load_finder(finder_file(subject))
