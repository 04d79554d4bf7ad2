"""What an edited photo's file says of its making; `editgan show` reads it."""

from importlib.metadata import version

from jaxtyping import Bool
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.opened import OpenPhoto
from editgan.data.xmp import Note
from editgan.editing.composition import Composition


def note_of(
    bundle: ModelBundle, photo: OpenPhoto, may_change: Bool[Tensor, "photo_h photo_w"], done: Composition
) -> Note | None:
    """JSON-able; equal edits say equal things. None where nothing was allowed to change."""
    if not done.active or (region := _extent(may_change)) is None:
        return None
    sample = {} if photo.report.seed is None else {"seed": photo.report.seed}
    return {
        "software": f"editgan {version('editgan')}",
        "bundle": bundle.name,
        "fingerprint": bundle.fingerprint,
        **sample,
        "vectors": [{"name": v.name, "strength": strength} for v, strength in done.active.items()],
        "refine_steps": done.refine_steps,
        "paste_mode": done.paste_mode,
        "region": region,  # x, y, width, height in the photo's px: all else has the original's bytes
    }


def _extent(mask: Bool[Tensor, "h w"]) -> list[int] | None:
    """x, y, width and height of what is true."""
    rows, columns = (mask.any(axis).nonzero() for axis in (1, 0))
    if not len(rows):
        return None
    (top, bottom), (left, right) = ((int(some[0]), int(some[-1]) + 1) for some in (rows, columns))
    return [left, top, right - left, bottom - top]
