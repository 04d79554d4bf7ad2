"""Sliding: an edit in motion while a hand is on its slider.

To seek a displacement takes a tenth of a second or more; to scale known ones, add them up and move a small
picture by them takes some milliseconds. So each vector's is sought at two strengths a side, where they are
first needed, and is linear between them. A result is still sought anew, for all its vectors together.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch

from editgan.bundle.opened import OpenPhoto
from editgan.core.types import Keep, Photo, Region
from editgan.data.moving import Flow, move
from editgan.editing.composition import NOTHING, Composition, compose
from editgan.editing.context import EditContext
from editgan.editing.known_motion import known_motion
from editgan.editing.pasting import motion_of
from editgan.editing.vector import EditVector


@dataclass(frozen=True, slots=True)
class Slide:
    """What one vector at one strength does to where things are."""

    flow: Flow  # of half precision: a hundredth of a pixel, and 64 kB
    around: Region  # [1, 1, s, s]; zero outside


def stops(vector: EditVector, strength: float) -> dict[float, float]:
    """Strengths whose slides, each times the number it comes with, add up to the slide of `strength`.

    The end of the useful range (but at least as learnt) and half of it, on the side of `strength`. Beyond the
    end, it is the end's that grows.
    """
    if not strength:
        return {}
    low, high = vector.strengths
    end = max(high, 1.0) if strength > 0 else min(low, -1.0)
    share = strength / end
    if share >= 1:
        return {end: share}
    weights = {end / 2: 2 * min(share, 1 - share), end: max(0.0, 2 * share - 1)}
    return {stop: weight for stop, weight in weights.items() if weight}


@torch.no_grad()
def find_slide(
    context: EditContext, photo: OpenPhoto, vector: EditVector, strength: float, of: Composition = NOTHING
) -> Slide:
    """As for a result with this vector alone; what is painted and kept, and the mode, is as in `of`."""
    composition = replace(of, strengths={vector: strength}, refine_steps=0, refined=None)
    bundle = context.drawing(photo).bundle
    after = bundle.render(compose(photo.w_plus, composition.strengths))
    region = composition.region(photo.label_map, after.label_map, bundle.schema)
    is_known = composition.paste_mode == "geometry"
    known = known_motion(bundle, photo, composition, after) if is_known else None
    motion, around = motion_of(photo, after, region, of.keep, known)
    return Slide(motion.flow.half(), around)


def slid(view: OpenPhoto, slides: Iterable[tuple[Slide, float]], keep: Keep | None = None) -> Photo:
    """The view's own pixels, moved by the sum of the slides, each times a number; nothing is drawn."""
    flow, around = None, None
    for slide, weight in slides:
        scaled = weight * slide.flow.float()
        flow = scaled if flow is None else flow + scaled
        around = slide.around if around is None else around | slide.around
    if flow is None or around is None:
        return view.pixels
    return move(view.pixels, view.framing, flow, around, keep)[0]
