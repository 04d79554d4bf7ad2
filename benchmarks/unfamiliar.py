"""`python -m benchmarks.unfamiliar`: how often a bundle's `familiar` part warns, wrongly and rightly.

Photos no training saw are found and framed as they are opened: each warning is a false alarm. Then the frames
are made wrong, and the pictures unlike photos, in known ways: each warning is a catch.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import torch
import typer

from benchmarks.command import run
from editgan.bundle.folder import load_bundle
from editgan.cli.options import DEFAULT_BUNDLE, BundleOption, ReportOption
from editgan.cli.saying import console
from editgan.core.errors import InputError, PhotoError
from editgan.core.files import write_json
from editgan.core.images import from_pixels, to_pixels
from editgan.core.types import Photo
from editgan.data.align import crop
from editgan.data.frame import Framing
from editgan.data.photos import last_photos
from editgan.inversion.framing import find_framing
from editgan.perception.familiar import SHOWN_PX, Familiar

Drawn = Callable[[np.ndarray], np.ndarray]  # a view [h, w, 3] of bytes, made unlike a photo

FRAMES = {  # dx and dy in sides of the frame, log of its scale, radians, as `Framing.adjusted` takes them
    "moved by 0.2": (0.2, 0.0, 0.0, 0.0),
    "moved by 0.3": (0.0, 0.3, 0.0, 0.0),
    "half as large": (0.0, 0.0, float(np.log(0.5)), 0.0),
    "1.5 times as large": (0.0, 0.0, float(np.log(1.5)), 0.0),
    "turned by 30 degrees": (0.0, 0.0, 0.0, float(np.pi / 6)),
    "turned by 90 degrees": (0.0, 0.0, 0.0, float(np.pi / 2)),
    "upside down": (0.0, 0.0, 0.0, float(np.pi)),
}


def _sunglasses(view: np.ndarray) -> np.ndarray:
    """Dark ellipses where the framing has the eyes of a face."""
    made, side = view.copy(), len(view)
    for x in (0.336, 0.666):
        middle, axes = (int(x * side), int(0.335 * side)), (int(0.135 * side), int(0.1 * side))
        cv2.ellipse(made, middle, axes, 0, 0, 360, (20, 20, 22), -1)
    return made


def _covered(view: np.ndarray) -> np.ndarray:
    """The lower half under something plain."""
    made = view.copy()
    made[int(0.55 * len(view)) :] = (190, 150, 130)
    return made


DRAWINGS: dict[str, Drawn] = {
    "painted (OpenCV's stylization)": lambda view: cv2.stylization(view, sigma_s=60, sigma_r=0.6),
    "pencil": lambda view: cv2.pencilSketch(view, sigma_s=60, sigma_r=0.07, shade_factor=0.05)[1],
    "lines": lambda view: np.repeat(255 - cv2.Canny(view, 80, 160)[..., None], 3, 2),
    "six colours a channel": lambda view: view // 43 * 43,
    "negative": lambda view: 255 - view,
    "grey": lambda view: np.repeat(view.mean(2, keepdims=True).astype(np.uint8), 3, 2),
    "lower half covered": _covered,
    "sunglasses": _sunglasses,
}


def alarms(
    familiar: Familiar, framed: list[tuple[Photo, Framing]], subject: str
) -> Iterator[tuple[str, float]]:
    """Kind of picture, and the share of them that is warned of; the first are as they should be."""

    def share(views: list[torch.Tensor]) -> float:
        return (torch.cat([familiar(view) for view in views]) > 1).float().mean().item()

    right = [crop(photo, framing, SHOWN_PX) for photo, framing in framed]
    yield "as found", share(right)
    for name, change in FRAMES.items():
        yield name, share([crop(photo, framing.adjusted(*change), SHOWN_PX) for photo, framing in framed])
    for name, draw in DRAWINGS.items():
        if name != "sunglasses" or subject == "face":
            drawn = [torch.from_numpy(draw(to_pixels(view)[0].numpy()))[None] for view in right]
            yield name, share([from_pixels(view) for view in drawn])


def unfamiliar(
    data: Annotated[
        Path, typer.Option(help="A folder or a zip of photos as published; none was trained on.")
    ],
    bundle: BundleOption = DEFAULT_BUNDLE,
    photos: Annotated[int, typer.Option(min=1, help="How many of the last photos.")] = 124,
    framed: Annotated[bool, typer.Option("--framed", help="The photos are aligned crops already.")] = False,
    out: ReportOption = None,
) -> None:
    """False alarms and catches of what tells pictures unlike the class's photos."""
    loaded = load_bundle(bundle)
    if loaded.familiar is None:
        raise InputError(f"{loaded.name} does not know what its photos look like: editgan train familiar")
    found, missed = [], 0
    for _, photo in last_photos(data, photos):
        height, width = photo.shape[1:3]
        try:
            box = (0, 0, width, height) if framed else None
            found.append((photo, find_framing(photo, loaded.subject, loaded.aligner, box)))
        except PhotoError:
            missed += 1
    rows = dict(alarms(loaded.familiar, found, loaded.subject))
    for name, share in rows.items():
        console.print(f"| {name} | {share:.0%} |")
    console.print(f"{len(found)} photos; in {missed} nothing was found")
    if out is not None:
        write_json(out, {"bundle": loaded.name, "photos": len(found), "not_found": missed, "warned": rows})


if __name__ == "__main__":
    run(unfamiliar)
