"""Where in a photo the aligned frame lies: found, corrected, or given."""

import torch

from editgan.core.errors import NoSubjectError
from editgan.core.types import Pixels
from editgan.data.align import crop
from editgan.data.detect import Box, detect, first_framing
from editgan.data.frame import Framing
from editgan.models.aligner import Aligner

NUM_CORRECTIONS = 3  # each sees the crop the one before left; a fourth changes nothing visible


def find_framing(pixels: Pixels, subject: str, aligner: Aligner | None, box: Box | None) -> Framing:
    """The aligned frame of the first photo's largest subject.

    A box (x, y, w, h in photo px) is taken exactly as given. Else the subject is detected and the aligner,
    if there is one, corrects the frame.

    Raises:
        NoSubjectError: nothing was found, or there is no detector for `subject`.
        PhotoError: the box is empty or lies outside the photo.
    """
    height, width = pixels.shape[1:3]
    if box is not None:
        return Framing.from_box(*box, photo_width=width, photo_height=height)
    boxes = detect(pixels, subject)
    if not boxes:
        what = f"no {subject} was found in the {width}x{height} photo"
        raise NoSubjectError(what, "say where it is with a box", subject=subject, width=width, height=height)
    framing = first_framing(boxes[0], subject)
    return framing if aligner is None else correct_framing(pixels, framing, aligner)


@torch.no_grad()
def correct_framing(pixels: Pixels, framing: Framing, aligner: Aligner) -> Framing:
    """`framing` after the aligner looked through it `NUM_CORRECTIONS` times."""
    device = next(aligner.parameters()).device
    for _ in range(NUM_CORRECTIONS):
        view = crop(pixels, framing, aligner.config.resolution).to(device)
        framing = framing.adjusted(*aligner(view)[0].tolist())
    return framing
