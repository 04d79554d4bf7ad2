"""A document in memory: what a slider, a brush stroke and a timeline need of it.

Its photo is seen through the aligned frame, `view_px` a side, so that it takes the same memory whether a
phone or a scanner made it. Only a result is made at the photo's own size.
"""

from dataclasses import replace
from typing import Any

import torch

from editgan.bundle.opened import OpenPhoto
from editgan.core.images import to_pixels
from editgan.core.types import Image, Keep, Photo, Region, WPlus
from editgan.data.align import crop, paste
from editgan.data.frame import Framing
from editgan.data.notes import PLAIN
from editgan.data.original import Original
from editgan.editing.composition import NOTHING, Composition, PasteMode
from editgan.editing.outcome import moved
from editgan.editing.pasting import moves
from editgan.editing.region import dilate, margin_px, parts_region
from editgan.editing.sliding import Slide, find_slide, slid, stops
from editgan.editing.vector import EditVector, Place
from editgan.editor import Editor
from editgan.studio.encoding import encode
from editgan.studio.recent import Recent

MOVING_PX = 384  # side of a picture under a slider: half the pixels of the view, while nobody looks closely
EVERYWHERE = Place(share=1.0, left=0.0, top=0.0, right=1.0, bottom=1.0)
SLIDES = 128  # kept of a document, 70 kB each (330 with label maps of 512 px): two a vector
AT_ONCE = 3  # slides that one preview may have to wait for: each takes 0.1 to 0.35 s, and others wait, too
REACH = 3  # margins beyond the unedited part that a preview may change: the part's own move is not read


class OpenedDocument:
    """One photo, open with one editor. On the worker's thread only."""

    def __init__(self, editor: Editor, photo: OpenPhoto, view_px: int) -> None:
        self.editor = editor
        self.framing = photo.framing  # in the original
        self.view = through_frame(photo, view_px)
        self._moving = through_frame(photo, min(view_px, MOVING_PX))
        self._slides: Recent[tuple[EditVector, float, PasteMode], Slide] = Recent(SLIDES)
        self._masks: tuple[Region | None, Keep | None] = (None, None)  # that the slides were found with

    @property
    def corners(self) -> list[tuple[float, float]]:
        """Of the aligned frame in the original, clockwise from the top left."""
        square = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]).double()
        return [(float(x), float(y)) for x, y in self.framing.to_photo(square).tolist()]

    def at_full_size(self, original: Original | None) -> OpenPhoto:
        """Of the view, the photo it shows; a sample has no other size."""
        if original is None:
            return self.view
        return replace(self.view, pixels=original.pixels, notes=original.notes, framing=self.framing)

    def moved(self, composition: Composition) -> OpenPhoto:
        """The view as if its reconstruction had always been what the composition, refined or not, makes."""
        return moved(self.editor.context, self.view, composition)

    def preview(self, composition: Composition) -> bytes:
        """JPEG, a little coarser than the view, of the sum of the vectors: what is not refined.

        Pixels that move do so by displacements that are found once. What is drawn takes one generator pass,
        and no parts are read: where they may go is guessed, not known.
        """
        pixels = self._slid(composition) if moves(self.view, composition.paste_mode) else None
        if pixels is None:
            pixels = self._paste(self._moving, composition)
        return encode(pixels, "jpeg", 88)

    def thumbnail(self, vector: EditVector, strength: float, side: int) -> bytes:
        """JPEG of one vector's effect, around the place where it works.

        Always drawn: a library's worth is asked for at once, and to find how each moves the photo would take
        seconds (19 vectors: 2 s at best, drawn 0.3 s), in which nobody's slider moves.
        """
        place = vector.place or EVERYWHERE
        middle_x, middle_y = (place.left + place.right) / 2, (place.top + place.bottom) / 2
        extent = max(place.right - place.left, place.bottom - place.top)
        size = min(1.0, max(0.5, 1.4 * extent))  # of the frame: close, but still recognisable
        view = self.view.framing
        near = Framing(
            centre_x=view.side * min(max(middle_x, size / 2), 1 - size / 2),
            centre_y=view.side * min(max(middle_y, size / 2), 1 - size / 2),
            side=view.side * size,
        )
        pixels = self._paste(self.view, Composition({vector: strength}))
        return encode(to_pixels(crop(pixels, near, side)), "jpeg", 85)

    def frame(self, w_plus: WPlus, region: Region, keep: Keep | None = None) -> bytes:
        """JPEG of the view with the rendering of `w_plus` pasted in: an edit on its way."""
        with torch.no_grad():
            image = self.editor.context.drawing(self.view).bundle.generator.synthesis(w_plus).image
        return encode(self._pasted(self.view, image, region, replace(NOTHING, keep=keep)), "jpeg", 85)

    def _slid(self, composition: Composition) -> Photo | None:
        """Moved by what is known of each vector; None while too much is unknown, of which some is found."""
        masks = (composition.painted, composition.keep)
        if not all(map(_are_equal, masks, self._masks)):
            self._slides.forget(lambda _: True)
            self._masks = masks
        weights = {
            (vector, stop, composition.paste_mode): weight
            for vector, strength in composition.active.items()
            for stop, weight in stops(vector, strength).items()
        }
        missing = [key for key in weights if self._slides.find(key) is None]
        for key in missing[:AT_ONCE]:
            found = find_slide(self.editor.context, self.view, *key[:2], composition)
            self._slides.put(key, found)
        known = [(slide, weight) for key, weight in weights.items() if (slide := self._slides.find(key))]
        return slid(self._moving, known, composition.keep) if len(known) == len(weights) else None

    def _paste(self, view: OpenPhoto, composition: Composition) -> Photo:
        if not composition.active:
            return view.pixels
        image = self.editor.preview(view, composition.active)
        return self._pasted(view, image, self._reach(composition), composition)

    def _pasted(
        self, view: OpenPhoto, image: Image, region: Region, composition: Composition = NOTHING
    ) -> Photo:
        """As a difference unless it is put in place of the photo."""
        pixels, _ = paste(
            view.pixels,
            view.framing,
            view.image,
            image,
            region,
            mode="replace" if composition.paste_mode == "replace" else "difference",
            feather_px=margin_px(self.editor.bundle.resolution),
            seen=view.aligned,
            keep=composition.keep,
        )
        return pixels

    def _reach(self, composition: Composition) -> Region:
        margin = margin_px(self.editor.bundle.label_side)
        ids = self.editor.schema.ids(*{name for vector in composition.active for name in vector.classes})
        before = self.view.label_map
        region = dilate(parts_region(before, before, ids, margin=0), REACH * margin)
        if composition.painted is not None:
            region = region | composition.painted.to(region.device)
        return region


def _are_equal(a: Region | None, b: Region | None) -> bool:
    return a is b or (a is not None and b is not None and torch.equal(a, b))


def through_frame(photo: OpenPhoto, side: int) -> OpenPhoto:
    """The photo as if the aligned frame, `side` px wide, were all there is of it."""
    return replace(
        photo,
        pixels=photo.shown(to_pixels(crop(photo.pixels, photo.framing, side))),
        notes=PLAIN,  # a browser shows it as sRGB
        framing=Framing(
            centre_x=side / 2, centre_y=side / 2, side=float(side), letter_box=photo.framing.letter_box
        ),
    )


def facts(opened: OpenedDocument) -> dict[str, Any]:
    """What a document says about its opening."""
    report = opened.view.report
    return {
        "is_open": True,
        "error": None,
        "error_code": None,
        "frame": opened.corners,
        "reconstruction_psnr_db": report.reconstruction_psnr_db,
        "warning": opened.view.warning,
        "remarks": list(report.remarks or ()),
        "fidelity": report.fidelity or "standard",
    }
