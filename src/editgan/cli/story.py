"""An edit told in pictures."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image as PilImage
from PIL import ImageDraw

from editgan.bundle.opened import OpenPhoto
from editgan.core.images import save_picture, to_pil, to_pixels
from editgan.core.sheets import Panel, contact_sheet, legend, overlay
from editgan.editing.outcome import Edit

STORY = "sheet.png"


def save_story(title: str, opened: OpenPhoto, edited: Edit, path: Path) -> None:
    """One edit at a glance."""
    rows = [
        ("The photo and its parts", photo_panels(opened)),
        (edited.vector.name, edit_panels(opened, edited)),
    ]
    save_picture(contact_sheet(title, rows), path)


def photo_panels(opened: OpenPhoto) -> list[Panel]:
    """The photo, where the subject is, what the generator makes of it, its parts and their key."""
    parts = [
        Panel(overlay(opened.image, opened.label_map, opened.schema), "its parts, read from the generator"),
        Panel(legend(opened.schema), ""),
    ]
    if opened.report.seed is not None:
        return [
            Panel(to_pil(opened.pixels), f"drawn by the generator from seed {opened.report.seed}"),
            *parts,
        ]
    psnr = opened.report.reconstruction_psnr_db
    return [
        Panel(_framed(opened), "the photo, and where its subject was found"),
        Panel(to_pil(to_pixels(opened.aligned)), "aligned, at the generator's resolution"),
        Panel(
            to_pil(to_pixels(opened.image)), f"embedded: the generator's own picture of it ({psnr:.1f} dB)"
        ),
        *parts,
    ]


def edit_panels(opened: OpenPhoto, edited: Edit) -> list[Panel]:
    """The repainted parts, what became of them, the edited photo, what changed."""
    report = edited.report
    reached = "{target_iou_before:.2f} -> {target_iou_after:.2f}".format(**report)
    face = opened.surroundings
    after = to_pil(opened.close_up(edited.result.pixels))
    return [
        Panel(
            overlay(opened.image, edited.target, opened.schema), f"repainted: {', '.join(report['classes'])}"
        ),
        Panel(overlay(edited.image, edited.label_map, opened.schema), f"parts after: IoU {reached}"),
        Panel(to_pil(opened.close_up(opened.pixels)), "the photo before"),
        Panel(after, f"the photo after{_seen(edited)}"),
        Panel(_heat(opened, edited).crop(face), "what changed, brighter is more; black is untouched"),
    ]


def _seen(edited: Edit) -> str:
    before, after = edited.reached.seen_iou_before, edited.reached.seen_iou_after
    return "" if before is None else f": IoU seen in it {before:.2f} -> {after:.2f}"


def _framed(opened: OpenPhoto) -> PilImage.Image:
    picture = to_pil(opened.shown(opened.pixels))
    corners = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]], dtype=torch.float64)
    points = [(x, y) for x, y in opened.framing.to_photo(corners).tolist()]
    ImageDraw.Draw(picture).line(points, fill=(0, 200, 120), width=max(2, picture.width // 150))
    return picture


def _heat(opened: OpenPhoto, edited: Edit) -> PilImage.Image:
    before, after = opened.pixels[0].int(), edited.result.pixels[0].int()
    change = (after - before).abs().amax(2).numpy()
    shown = np.clip(change * 4, 0, 255).astype(np.uint8)
    return PilImage.fromarray(np.stack([shown, shown // 2, shown // 6], axis=2))
