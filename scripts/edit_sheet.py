"""Edits of unseen photos at the photo's own size, before and after, for people to count.

    scripts/edit_sheet.py DATA --out FOLDER [-b BUNDLE] [--edits 60] [--each 4] [--seed 0]
        [--vectors-only] [--only NAME ...] [--framed] [--paste motion]

Photos in a seeded order, on each so many edits drawn by the seed from all of the bundle's vectors, both ends,
at strength 1, and the repainting tasks of the benchmarks. FOLDER gets pages of three pairs and key.json: what
was asked for in each. An edit that is refused is left out, with its reason in the key.
"""

import argparse
import random
from pathlib import Path
from typing import get_args

from PIL import Image as PilImage
from PIL import ImageDraw, ImageFont

from editgan.bundle.opened import OpenPhoto
from editgan.core.errors import EditGANError
from editgan.core.files import write_json
from editgan.core.images import save_picture, to_pil
from editgan.data.photos import last_photos
from editgan.editing.composition import Composition, PasteMode
from editgan.editing.library import built_in_vectors, find_vector
from editgan.editing.outcome import Result
from editgan.editor import Editor
from editgan.evaluation.asked import whole
from editgan.evaluation.tasks import tasks_of

PAIRS, CAPTION_PX, GAP = 3, 22, 8  # on a page


def main() -> None:
    """Draws the pages and writes the key."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("-b", "--bundle", default="faces-64")
    parser.add_argument("--edits", type=int, default=60)
    parser.add_argument("--each", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--vectors-only", action="store_true")
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--framed", action="store_true")
    parser.add_argument("--paste", default="geometry", choices=get_args(PasteMode))
    given = parser.parse_args()
    editor = Editor.from_pretrained(given.bundle, "cpu")
    asked = names(editor, repaints=not given.vectors_only, only=given.only)
    photos = dict(last_photos(given.data, 10**6))
    rng = random.Random(given.seed)
    order = rng.sample(sorted(photos), len(photos))
    key: dict[str, str] = {}
    number, page = 0, list[PilImage.Image]()
    for name in order:
        chosen = rng.sample(asked, min(given.each, len(asked)))
        try:
            original = to_pil(photos[name])
            photo = editor.open(original, box=whole(photos[name]) if given.framed else None)
        except EditGANError as error:
            key[name] = str(error)
            continue
        for what in chosen[: given.edits - number]:
            try:
                result = done(editor, photo, what, given.paste)
            except EditGANError as error:
                key[f"{name} {what}"] = str(error)
                continue
            number += 1
            key[f"{number:03d}"] = f"{name}: {what}"
            page.append(pair(photo, result, f"{number}   {what}"))
            if len(page) == PAIRS or number == given.edits:
                save_picture(stacked(page), given.out / f"page-{-(-number // PAIRS):02d}.png")
                page = []
        write_json(given.out / "key.json", key)
        if number >= given.edits:
            break


def names(editor: Editor, *, repaints: bool, only: list[str] | None) -> list[str]:
    """What can be asked for: vectors by either end's name, and tasks, as "repaint NAME"."""
    found = []
    for name in built_in_vectors(editor.bundle):
        vector = find_vector(editor.bundle, name)
        found += [vector.name] if vector.opposite is None else [vector.name, vector.opposite]
    tasks = [f"repaint {task.name}" for task in tasks_of(editor.bundle.subject)] if repaints else []
    return sorted({*found, *tasks} if not only else {name for name in [*found, *tasks] if name in only})


def done(editor: Editor, photo: OpenPhoto, what: str, paste: str) -> Result:
    """One edit of an open photo."""
    on = Composition({}, paste_mode=paste)  # type: ignore[arg-type]
    if not what.startswith("repaint "):
        return editor.apply(
            photo, Composition({find_vector(editor.bundle, what): 1.0}, paste_mode=on.paste_mode)
        )
    task = {task.name: task for task in tasks_of(editor.bundle.subject)}[what.removeprefix("repaint ")]
    return editor.edit(photo, task.at(editor.bundle.label_side), name=task.name, on=on).result


def pair(photo: OpenPhoto, result: Result, caption: str) -> PilImage.Image:
    """The photo around its frame, untouched and edited, side by side under the caption."""
    before, after = (to_pil(photo.close_up(pixels)) for pixels in (photo.pixels, result.pixels))
    both = PilImage.new("RGB", (2 * before.width + GAP, before.height + CAPTION_PX), "white")
    ImageDraw.Draw(both).text((2, 1), caption, "black", ImageFont.load_default(CAPTION_PX - 6))
    both.paste(before, (0, CAPTION_PX))
    both.paste(after, (before.width + GAP, CAPTION_PX))
    return both


def stacked(pairs: list[PilImage.Image]) -> PilImage.Image:
    """One under the other."""
    page = PilImage.new("RGB", (max(p.width for p in pairs), sum(p.height + GAP for p in pairs)), "white")
    top = 0
    for picture in pairs:
        page.paste(picture, (0, top))
        top += picture.height + GAP
    return page


if __name__ == "__main__":
    main()
