"""Half samples, half photos, in a random order: for people to say which are which.

    scripts/blind_sheet.py GENERATOR DATA --out sheet.png [--each 32] [--seed 0]

GENERATOR is a snapshot (.safetensors) or a bundle, DATA a data set; the photos are those no training sees.
Samples are drawn without truncation, none left out. sheet.json beside the sheet is the key: show it to nobody
who is to judge.
"""

import argparse
import random
from pathlib import Path

import torch
from PIL import Image as PilImage
from PIL import ImageDraw, ImageFont

from editgan.bundle.folder import load_draft
from editgan.bundle.snapshot import load_snapshot
from editgan.core.files import write_json
from editgan.core.images import save_picture, to_pil, to_pixels
from editgan.data.setting_aside import load_learnable
from editgan.models.latent_generator import LatentGenerator, samples

COLUMNS, SHOWN_PX, CAPTION_PX = 8, 160, 16


def main() -> None:
    """Draws the sheet and writes its key."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("generator")
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--each", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    generator = loaded(given.generator)
    _, unseen = load_learnable([given.data], generator.config.resolution, 100)
    rng = random.Random(given.seed)
    photos = rng.sample(range(len(unseen)), given.each)
    with torch.no_grad():
        drawn = torch.cat([*samples(generator, given.each, first=1000 * given.seed)])
    shown = [("photo", to_pil(unseen.pixels[i : i + 1])) for i in photos]
    shown += [("sample", to_pil(to_pixels(image))) for image in drawn.split(1)]
    rng.shuffle(shown)
    save_picture(numbered([picture for _, picture in shown]), given.out)
    write_json(given.out.with_suffix(".json"), {str(i): kind for i, (kind, _) in enumerate(shown, 1)})


def loaded(where: str) -> LatentGenerator:
    """The generator of a snapshot or a bundle."""
    if where.endswith(".safetensors"):
        return load_snapshot(Path(where)).generator
    return load_draft(where).generator


def numbered(pictures: list[PilImage.Image]) -> PilImage.Image:
    """Rows of pictures, each under its number."""
    cell = SHOWN_PX + CAPTION_PX
    rows = -(-len(pictures) // COLUMNS)
    sheet = PilImage.new("RGB", (COLUMNS * (SHOWN_PX + 4), rows * cell), "white")
    draw = ImageDraw.Draw(sheet)
    for index, picture in enumerate(pictures):
        row, column = divmod(index, COLUMNS)
        left, top = column * (SHOWN_PX + 4), row * cell
        draw.text((left + 2, top), str(index + 1), "black", ImageFont.load_default(CAPTION_PX - 4))
        sheet.paste(
            picture.resize((SHOWN_PX, SHOWN_PX), PilImage.Resampling.BICUBIC), (left, top + CAPTION_PX)
        )
    return sheet


if __name__ == "__main__":
    main()
