"""Photos by themselves, half of them edited, in a random order: for people to say which are, and where.

    scripts/blind_edits.py DATA --out FOLDER [-b BUNDLE] [--each 12] [--seed 0] [--only NAME ...]
        [--also PHOTO ...]

Of as many photos as are needed, in a seeded order, every other one is edited by one of the bundle's vectors
at strength 1, and each of --also is. FOLDER gets 01.png, 02.png, ..., at the photo's own size; FOLDER.json is
the key: show it to nobody who is to judge.
"""

import argparse
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image as PilImage

from editgan.core.errors import EditGANError
from editgan.core.files import write_json
from editgan.core.images import save_picture, to_pil
from editgan.data.photos import last_photos
from editgan.editing.library import find_vector
from editgan.editor import Editor

ASKED = ("brows-up", "wider-eyes", "narrower-nose", "smile")


def main() -> None:
    """Saves the pictures and writes their key."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("-b", "--bundle", default="faces-128")
    parser.add_argument("--each", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=ASKED)
    parser.add_argument("--also", nargs="*", type=Path, default=[])
    given = parser.parse_args()
    editor, rng = Editor.from_pretrained(given.bundle, "cpu"), random.Random(given.seed)
    made = list(shown(editor, given.data, given.each, given.only, rng))
    for path in given.also:
        what = rng.choice(given.only)
        made.append((path.name, what, edited(editor, PilImage.open(path).convert("RGB"), what)))
    rng.shuffle(made)
    key: dict[str, Any] = {}
    for number, (name, what, picture) in enumerate(made, start=1):
        save_picture(picture, given.out / f"{number:02d}.png")
        key[f"{number:02d}"] = {"photo": name, "edit": what}
    write_json(given.out.with_suffix(".json"), key)


def shown(
    editor: Editor, data: Path, each: int, asked: list[str], rng: random.Random
) -> Iterator[tuple[str, str | None, PilImage.Image]]:
    """So many photos edited, and as many not; each photo once. What cannot be edited is left out."""
    photos = dict(last_photos(data, 10**6))
    done = 0
    for name in rng.sample(sorted(photos), len(photos)):
        if done == 2 * each:
            return
        picture, what = to_pil(photos[name]), rng.choice(asked) if done % 2 else None
        try:
            yield name, what, picture if what is None else edited(editor, picture, what)
        except EditGANError:
            continue
        done += 1


def edited(editor: Editor, picture: PilImage.Image, what: str) -> PilImage.Image:
    """By one vector, as the library does it by default."""
    return to_pil(editor.apply(editor.open(picture), {find_vector(editor.bundle, what): 1.0}).pixels)


if __name__ == "__main__":
    main()
