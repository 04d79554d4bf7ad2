"""Where in a photo the aligned frame lies: found, corrected, or given."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from editgan.core.types import Pixels
from editgan.data.align import crop
from editgan.data.cascades import cat_hints
from editgan.data.detect import Box, check_detected
from editgan.data.found import Found, Seen, Which, apart, are_one, chosen, numbered
from editgan.data.frame import Framing
from editgan.inversion.search import search_for, subjects_in
from editgan.models.aligner import Aligner

NUM_CORRECTIONS = 3  # each sees the crop the one before left; a fourth changes nothing visible
UNSETTLED = 0.1  # of the side: a frame that a fourth would still move so far is around no subject

# Of cats, clockwise as seen, in rounds: the next is for photos in which the last found none
TURNS = ((0,), (-30, 30), (-60, 60, -90, 90), (-120, 120, -150, 150, 180))
MAX_HINTS = 10  # a turn, with the most agreement

Whole = Callable[[Pixels, Framing], bool]  # whether a frame shows a whole subject


def find_framing(
    pixels: Pixels, subject: str, aligner: Aligner | None, box: Box | None, which: Which = "largest"
) -> Framing:
    """The aligned frame of the first photo's largest subject, or of another by its number.

    A box (x, y, w, h in photo px) is taken exactly as given. Else the subject is found and the aligner, if
    there is one, corrects the frame.

    Raises:
        NoSubjectError: nothing was found, fewer than asked for, or there is no detector for `subject`.
        PhotoError: the box is empty or lies outside the photo.
    """
    height, width = pixels.shape[1:3]
    if box is not None:
        return Framing.from_box(*box, photo_width=width, photo_height=height)
    return chosen(find_subjects(pixels, subject, aligner), which, subject, width, height).framing


def find_subjects(
    pixels: Pixels,
    subject: str,
    aligner: Aligner | None,
    is_whole: Whole | None = None,
    *,
    is_thorough: bool = False,
) -> list[Found]:
    """All subjects of the first photo, numbered from left to right; none where none is found.

    A frame counts if the aligner, where there is one, settles on it, and if it shows a whole subject; where
    the detector is certain, only the former.

    Raises:
        NoSubjectError: there is no detector for `subject`.
    """
    height, width = pixels.shape[1:3]
    check_detected(subject, width, height)
    if subject == "cat":  # what the cascades frame, they frame rightly; the finder sees more, and errs
        found = _by_cascades(pixels, TURNS, aligner, is_whole)
        if found or not is_thorough:
            return numbered(apart(found))
    search, found = search_for(subject), list[Seen]()
    seen = subjects_in(pixels, search, is_thorough=is_thorough)
    for degrees in search.tilts if aligner is not None else (0.0,):
        tilted = [one.tilted(degrees) for one in seen if not any(are_one(one, other) for other in found)]
        found += _accepted(pixels, tilted, aligner, is_whole)
    return numbered(apart(found))


def _by_cascades(
    pixels: Pixels, rounds: Sequence[Sequence[int]], aligner: Aligner | None, is_whole: Whole | None
) -> list[Seen]:
    """Cats, in turns; the next round is for photos in which the last found none."""
    for turns in rounds:
        hints = [one for degrees in turns for one in apart(cat_hints(pixels, degrees))[:MAX_HINTS]]
        if found := _accepted(pixels, hints, aligner, is_whole):
            return found
    return []


def _accepted(
    pixels: Pixels, seen: Sequence[Seen], aligner: Aligner | None, is_whole: Whole | None
) -> list[Seen]:
    """Corrected, where there is an aligner, and judged."""
    if aligner is not None:
        seen = [replace(one, framing=correct_framing(pixels, one.framing, aligner)) for one in seen]
        seen = [one for one in seen if settles(pixels, one.framing, aligner)]
    return [one for one in seen if is_whole is None or one.is_certain or is_whole(pixels, one.framing)]


def correct_framing(pixels: Pixels, framing: Framing, aligner: Aligner) -> Framing:
    """`framing` after the aligner looked through it `NUM_CORRECTIONS` times."""
    for _ in range(NUM_CORRECTIONS):
        framing = framing.adjusted(*_correction(pixels, framing, aligner))
    return framing


def settles(pixels: Pixels, framing: Framing, aligner: Aligner) -> bool:
    """Whether the aligner would leave the frame where it is, but for a little."""
    dx, dy, log_scale, angle = _correction(pixels, framing, aligner)
    return abs(dx) + abs(dy) + (abs(log_scale) + abs(angle)) / 2 < UNSETTLED


@torch.no_grad()
def _correction(pixels: Pixels, framing: Framing, aligner: Aligner) -> tuple[float, float, float, float]:
    """Arguments of `Framing.adjusted`."""
    device = next(aligner.parameters()).device
    view = crop(pixels, framing, aligner.config.resolution).to(device)
    dx, dy, log_scale, angle = aligner(view)[0].tolist()
    return dx, dy, log_scale, angle
