"""Vectors that were learnt from part operations say themselves where parts go: nothing has to be sought.

What a generator of a hundred pixels makes of a photo that it hardly knows is a poor guide: one eye opens and
the other does not. The operations displace the parts that the photo itself shows, as its reader sees them,
both eyes alike. Only what no displacement brings about, or a person has painted, is sought between
renderings.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from scipy.ndimage import binary_erosion

from editgan.bundle.bundle import ModelBundle, Rendering
from editgan.bundle.opened import OpenPhoto
from editgan.core.errors import LabelError
from editgan.core.labels import LabelSchema, isin
from editgan.core.types import LabelMap, Region
from editgan.data.moving import Flow
from editgan.editing.composition import Composition, compose
from editgan.editing.geometry import DISPLACING, flow_of
from editgan.editing.motion import SIDE
from editgan.editing.parts import all_enlarged, repaint
from editgan.editing.vector import EditVector

THIN = 1 / 128  # of the frame: what gives way must be thicker, or there is nothing to see of it

Operations = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class KnownMotion:
    """How the vectors whose geometry is known move a photo, and what is left to be sought."""

    flow: Flow  # of all of them together, [1, 2, SIDE, SIDE]
    start: Rendering | None  # with them alone; the others' motion leads from it. None: there are no others
    sought: Region | None  # where the others may move things
    idle: tuple[str, ...]  # sentences: vectors for which there is nothing to do in this photo


@torch.no_grad()
def known_motion(
    bundle: ModelBundle, photo: OpenPhoto, composition: Composition, after: Rendering
) -> KnownMotion | None:
    """None where nothing is known of any vector. Displacements add up: the order makes no difference.

    Args:
        bundle: with the generator that draws this photo.
        after: the rendering with all of `composition` done.
    """
    if not any(vector.operations(strength)[0] for vector, strength in composition.active.items()):
        return None
    parts, schema = _parts(bundle, photo)
    rest, idle = dict[EditVector, float](), list[str]()
    flow = torch.zeros(1, 2, SIDE, SIDE, dtype=torch.float64)  # so that three add up alike in every order
    for vector, strength in composition.active.items():
        said, amount = vector.operations(strength)
        operations = all_enlarged(said, parts.shape[-1] / bundle.label_side)
        if reason := _nothing_to_do(parts, schema, operations):
            name = vector.opposite if strength < 0 and vector.opposite else vector.name
            idle.append(f"{name} has nothing to do here, and is left out: {reason}")
        elif operations and all(kind in DISPLACING for kind, _ in operations):
            found = flow_of(parts, schema, operations, amount)
            flow = flow + F.interpolate(found, size=(SIDE, SIDE), mode="bilinear", antialias=True)
        else:
            rest[vector] = strength
    if not rest:
        return KnownMotion(flow.float(), None, None, tuple(idle))
    if len(rest) == len(composition.active):
        return None
    known = {vector: strength for vector, strength in composition.active.items() if vector not in rest}
    start = bundle.render(compose(photo.w_plus, known))
    sought = replace(composition, strengths=rest).region(start.label_map, after.label_map, schema)
    return KnownMotion(flow.float(), start, sought, tuple(idle))


def _parts(bundle: ModelBundle, photo: OpenPhoto) -> tuple[LabelMap, LabelSchema]:
    """As the reader sees them in the photo; without a reader, as the branch does in its rendering."""
    reader = bundle.reader
    if reader is None or tuple(reader.schema.names) != tuple(bundle.schema.names):
        return photo.label_map.cpu(), bundle.schema
    seen = photo.framed(photo.pixels, reader.config.side).to(photo.label_map.device)
    return reader.read(seen).cpu(), reader.schema


def _nothing_to_do(parts: LabelMap, schema: LabelSchema, operations: Operations) -> str | None:
    """Why, if the operations find nothing that they could change."""
    try:
        repaint(parts, schema, operations)
    except LabelError as error:
        return str(error)
    for kind, text in operations:
        if kind == "erase":
            there = isin(parts, schema.ids(text.strip()))[0].numpy()
            if not binary_erosion(there, iterations=max(1, round(THIN * len(there) / 2))).any():
                return f"there is hardly any {text.strip()} in this picture to erase"
    return None
