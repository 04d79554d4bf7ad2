import numpy as np
import torch
from PIL import Image as PilImage

from editgan.core.labels import LabelSchema
from editgan.core.sheets import Panel, contact_sheet, legend, overlay


def test_an_overlay_colours_the_parts_and_leaves_the_background(schema: LabelSchema) -> None:
    label_map = torch.zeros(1, 8, 8, dtype=torch.int64)
    label_map[:, :, 4:] = 4
    shown = np.asarray(overlay(torch.zeros(1, 3, 8, 8), label_map, schema, opacity=1.0))
    assert (shown[:, :4] == 128).all()
    assert (shown[:, 4:] == schema.classes[4].color).all()


def test_an_overlay_without_opacity_is_the_picture(schema: LabelSchema) -> None:
    image = torch.rand(1, 3, 8, 8) * 2 - 1
    label_map = torch.ones(1, 8, 8, dtype=torch.int64)
    shown = np.asarray(overlay(image, label_map, schema, opacity=0.0)).astype(float)
    assert np.abs(shown - (image[0].permute(1, 2, 0).numpy() + 1) * 127.5).max() <= 0.51


def test_a_legend_shows_every_parts_colour(schema: LabelSchema) -> None:
    shown = {color for _, color in legend(schema).getcolors(maxcolors=100_000)}
    assert {c.color for c in schema.classes} <= shown


def test_every_panel_of_a_sheet_is_shown_whole() -> None:
    red, blue = (PilImage.new("RGB", size, c) for size, c in (((40, 20), "red"), ((10, 30), "blue")))
    one = [("row", [Panel(red, "a caption " * 20), Panel(blue, "b")])]
    sheet = np.asarray(contact_sheet("title", one, panel_px=60))
    assert ((sheet == (255, 0, 0)).all(2)).sum() == 60 * 30
    assert ((sheet == (0, 0, 255)).all(2)).sum() == 20 * 60
    assert (sheet < 100).any()  # the words


def test_a_sheet_has_room_for_all_rows_and_the_widest_one() -> None:
    panel = Panel(PilImage.new("L", (8, 8), 0), "")
    small = contact_sheet("t", [("a", [panel])], panel_px=50)
    wide = contact_sheet("t", [("a", [panel]), ("b", [panel] * 3)], panel_px=50)
    assert wide.width > 2.5 * 50 > small.width and wide.height > small.height + 50
    assert wide.mode == "RGB"
