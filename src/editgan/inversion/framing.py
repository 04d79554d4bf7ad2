"""Where in a photo the aligned frame lies: found, corrected, or given."""

import torch

from editgan.core.types import Pixels
from editgan.data.align import crop
from editgan.data.detect import Box, detect, first_framing
from editgan.data.found import Found, Seen, Which, apart, chosen, numbered
from editgan.data.frame import Framing
from editgan.inversion.faces import find_faces
from editgan.models.aligner import Aligner

NUM_CORRECTIONS = 3  # each sees the crop the one before left; a fourth changes nothing visible


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
    pixels: Pixels, subject: str, aligner: Aligner | None, *, is_thorough: bool = False
) -> list[Found]:
    """All subjects of the first photo, numbered from left to right; none where none is found.

    Raises:
        NoSubjectError: there is no detector for `subject`.
    """
    if subject == "face":
        seen = find_faces(pixels, is_thorough=is_thorough)
    else:
        seen = [Seen(first_framing(box, subject), 1.0) for box in detect(pixels, subject)[:1]]
    if aligner is not None:
        seen = [Seen(correct_framing(pixels, one.framing, aligner), one.score) for one in seen]
    return numbered(apart(seen))


@torch.no_grad()
def correct_framing(pixels: Pixels, framing: Framing, aligner: Aligner) -> Framing:
    """`framing` after the aligner looked through it `NUM_CORRECTIONS` times."""
    device = next(aligner.parameters()).device
    for _ in range(NUM_CORRECTIONS):
        view = crop(pixels, framing, aligner.config.resolution).to(device)
        framing = framing.adjusted(*aligner(view)[0].tolist())
    return framing
