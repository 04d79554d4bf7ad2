"""What was found in a photo: frames, which of them are around the same subject, and their numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch

from editgan.core.errors import NoSubjectError
from editgan.data.frame import Framing

Which = int | Literal["largest"]  # a subject's number, or whichever has the largest frame
APART = 0.5  # sides of the larger frame: nearer ones are of one subject


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame, and how sure a detector is of it: the more the better, in the detector's own measure."""

    framing: Framing
    score: float
    is_certain: bool = False  # needs nobody's agreement

    def tilted(self, degrees: float) -> "Seen":
        """Clockwise as seen."""
        return replace(self, framing=self.framing.adjusted(0.0, 0.0, 0.0, math.radians(degrees)))


@dataclass(frozen=True, slots=True)
class Found:
    """One of a photo's subjects."""

    number: int  # from 1 on, from left to right
    box: tuple[int, int, int, int]  # x, y, width, height in photo px, upright, around the frame
    angle_degrees: int  # of the frame, clockwise as seen, -180..180; 0: upright
    score: float  # the detector's; from a logit of 1.25 on for faces
    framing: Framing


def apart(seen: Sequence[Seen]) -> list[Seen]:
    """Of frames around the same subject the surest; the surest first."""
    kept: list[Seen] = []
    for new in sorted(seen, key=lambda one: one.score, reverse=True):
        if not any(are_one(new, old) for old in kept):
            kept.append(new)
    return kept


def numbered(seen: Sequence[Seen]) -> list[Found]:
    """From left to right by the middles of their frames."""
    in_order = sorted(seen, key=lambda one: one.framing.centre_x)
    return [
        Found(number, _box(one.framing), _degrees(one.framing), round(one.score, 3), one.framing)
        for number, one in enumerate(in_order, 1)
    ]


def largest(found: Sequence[Found]) -> Found:
    """Of several at least."""
    return max(found, key=lambda one: one.framing.side)


def chosen(found: Sequence[Found], which: Which, subject: str, width: int, height: int) -> Found:
    """The one asked for. Raises NoSubjectError where there is none, or not so many."""
    about: dict[str, Any] = {"subject": subject, "width": width, "height": height}
    if not found:
        what = f"no {subject} was found in the {width}x{height} photo"
        raise NoSubjectError(what, "say where it is with a box", **about)
    if which == "largest":
        return largest(found)
    if not 1 <= which <= len(found):
        what = f"{subject} {which} was asked for, but {_counted(len(found), subject)} found in the photo"
        raise NoSubjectError(
            what, f"give a number from 1 to {len(found)}", code="no-such-subject", count=len(found), **about
        )
    return found[which - 1]


def _box(framing: Framing) -> tuple[int, int, int, int]:
    corners = framing.to_photo(torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]).double())
    x0, y0 = corners.amin(0).round().int().tolist()
    x1, y1 = corners.amax(0).round().int().tolist()
    return x0, y0, x1 - x0, y1 - y0


def _degrees(framing: Framing) -> int:
    return round(math.degrees(math.remainder(framing.angle, math.tau)))


def _counted(count: int, subject: str) -> str:
    return f"only one {subject} was" if count == 1 else f"only {count} {subject}s were"


def are_one(one: Seen, other: Seen) -> bool:
    """Whether they are around the same subject."""
    a, b = one.framing, other.framing
    distance = math.hypot(a.centre_x - b.centre_x, a.centre_y - b.centre_y)
    return distance < APART * max(a.side, b.side)
