"""What a person marks as not to be changed, and vectors with two ends: on the page."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from browser.studio import Hand
from PIL import Image as PilImage
from playwright.sync_api import Page, expect

import editgan
from editgan.cli.options import DEFAULT_BUNDLE

Picture = Callable[[Page, str], None]
VECTORS = Path(editgan.__file__).parent / "bundles" / DEFAULT_BUNDLE / "vectors"
INPUT = "(range, value) => { range.value = value; range.dispatchEvent(new Event('input', {bubbles: true})) }"
KEPT, FREE = slice(0.05, 0.44), slice(0.54, 0.95)  # shares of the frame, away from the border between them


def shown(hand: Hand, columns: slice) -> np.ndarray:
    """What the stage shows in some of the frame's columns, but for its upper and lower edge."""
    (left, top), (right, bottom) = hand.at(columns.start, 0.05), hand.at(columns.stop, 0.95)
    clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    hand.page.mouse.move(5, 5)  # no cursor over the picture
    hand.page.wait_for_timeout(300)
    with PilImage.open(io.BytesIO(hand.page.screenshot(clip=clip))) as shot:
        return np.asarray(shot.convert("RGB")).astype(int)


def keep_the_left_half(hand: Hand) -> None:
    hand.lay_over()
    hand.pick("Keep this")
    hand.tool("Rectangle")
    hand.stroke((0.004, 0.004), (0.49, 0.996))


def test_half_a_face_that_is_kept_stays_while_a_slider_moves_the_other(
    page: Page, portrait: Path, tmp_path: Path, picture: Picture
) -> None:
    hand = Hand(page)
    hand.open(portrait)
    keep_the_left_half(hand)
    expect(page.get_by_text(re.compile(r"of the picture is kept"))).to_be_visible()
    picture(page, "keep")
    hand.pick("skin")
    page.get_by_role("button", name="Show what is kept").click()
    hand.tab("Vectors")
    slider = page.get_by_role("slider", name="Strength of fuller lips")
    page.wait_for_timeout(1000)  # without the parts over it
    seen = [(shown(hand, KEPT), shown(hand, FREE))]
    for strength in (0.4, 1.0):  # both are previews: between a preview and an entry lies a codec
        slider.evaluate(INPUT, strength)
        while np.array_equal(free := shown(hand, FREE), seen[-1][1]):
            pass  # it takes a while the first time
        seen.append((shown(hand, KEPT), free))
    _, (kept, free), (kept_too, free_too) = seen
    assert np.array_equal(kept, kept_too) and np.abs(free - free_too).max() > 20
    slider.dispatch_event("change")
    hand.expect_entries(2)
    assert np.abs(shown(hand, KEPT) - kept).mean() < 4 and np.abs(shown(hand, FREE) - free_too).mean() < 4
    hand.tab("Result")
    saved = hand.download(re.compile("PNG"), tmp_path / "edited.png")
    with PilImage.open(saved) as edited, PilImage.open(portrait) as original:
        changed = (np.asarray(edited.convert("RGB")) != np.asarray(original)).any(2)
    columns = np.nonzero(changed)[1]
    assert 215 < columns.min() < columns.max() < 270  # the lips, right of the middle of her face


def test_what_is_kept_is_undone_cleared_and_remembered(page: Page, portrait: Path) -> None:
    hand = Hand(page)
    hand.open(portrait)
    hand.lay_over()
    page.keyboard.press("k")
    expect(page.get_by_role("option", name="Keep this")).to_have_attribute("aria-selected", "true")
    said = page.get_by_text("of the picture is kept")
    canvas = page.locator("canvas").first
    canvas.focus()
    page.keyboard.press("ArrowRight")  # a cross-hair in the middle
    page.keyboard.down(" ")
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    page.keyboard.up(" ")
    expect(said).to_be_visible()
    page.keyboard.press("Control+z")
    expect(said).to_have_count(0)
    page.keyboard.press("Control+Shift+z")
    expect(said).to_be_visible()
    page.wait_for_timeout(1500)
    page.reload()
    expect(said).to_be_visible()
    page.get_by_role("button", name="Keep nothing").click()
    expect(said).to_have_count(0)
    page.wait_for_timeout(1500)
    page.reload()
    hand.expect_entries(1)
    expect(said).to_have_count(0)


def test_what_is_marked_with_an_edit_on_the_stage_makes_that_anew(page: Page, portrait: Path) -> None:
    hand = Hand(page)
    hand.open(portrait)
    hand.tab("Vectors")
    page.get_by_role("slider", name="Strength of fuller lips").fill("1")
    hand.expect_entries(2)
    hand.tab("Paint")
    keep_the_left_half(hand)
    hand.expect_entries(3)
    page.keyboard.press("Control+z")  # the entry has not taken the gesture from the history
    hand.expect_entries(4)
    hand.tool("Fill")
    hand.stroke((0.5, 0.02), (0.5, 0.02))  # all of one area
    expect(page.get_by_text("of the picture is kept")).to_be_visible()


def test_an_edit_whose_place_is_kept_says_what_to_do(page: Page, portrait: Path) -> None:
    hand = Hand(page)
    hand.open(portrait)
    hand.raise_the_brows()
    hand.pick("Keep this")
    hand.tool("Rectangle")
    hand.stroke((0.004, 0.004), (0.996, 0.996))
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_text("Keep less.")).to_be_visible(timeout=60_000)


def test_a_vector_with_two_ends_says_at_which_it_is(page: Page, portrait: Path, picture: Picture) -> None:
    hand = Hand(page)
    hand.open(portrait)
    hand.tab("Vectors")
    slider = page.get_by_role("slider", name="Strength of brows up, below 0 of brows down")
    slider.fill("-0.5")
    hand.expect_entries(2)
    expect(slider).to_have_attribute("aria-valuetext", re.compile("brows down.? 0.5$"))
    expect(hand.timeline.nth(1)).to_contain_text(re.compile("brows down.? 0.5"))
    picture(page, "ends")
    page.get_by_role("searchbox").fill("brows down")
    expect(slider).to_be_visible()
    page.get_by_role("searchbox").fill("")
