"""Other people: two at once, hostile ones, with a phone, in Persian, without a mouse."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from browser.studio import Hand
from PIL import Image as PilImage
from playwright.sync_api import Page, expect

Picture = Callable[[Page, str], None]


def test_two_visitors_do_not_see_each_other(visit: Callable[..., Page], address: str, portrait: Path) -> None:
    one, other = visit(address), visit(address)
    Hand(one).choose(portrait)
    other.get_by_role("button", name="Invent one").click()
    Hand(one).expect_entries(1)
    Hand(other).expect_entries(1)
    other.get_by_role("button", name="New photo").click()
    expect(other.get_by_text("astronaut.png")).to_have_count(0)
    secret = one.url
    other.goto(secret)  # a link to somebody else's photo opens nothing
    other.reload()
    expect(other.get_by_text("astronaut.png")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("page.png", b"<!doctype html><script>alert(1)</script>"),
        ("cut.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF"),
    ],
)
def test_what_is_no_photo_is_said_to_be_none(page: Page, tmp_path: Path, name: str, body: bytes) -> None:
    (tmp_path / name).write_bytes(body)
    Hand(page).choose(tmp_path / name)
    expect(
        page.get_by_role("alert").or_(page.get_by_role("status")).filter(has_text=re.compile(r"\w"))
    ).not_to_have_count(0)
    expect(page.get_by_role("button", name="Choose a photo")).to_be_visible()


def test_a_name_full_of_markup_is_shown_as_it_is(page: Page, portrait: Path, tmp_path: Path) -> None:
    path = tmp_path / "<img src=x onerror=alert(1)>.png"
    path.write_bytes(portrait.read_bytes())
    Hand(page).choose(path)
    expect(page.get_by_text("<img src=x onerror=alert(1)>.png").first).to_be_visible()
    assert page.locator("img[src='x']").count() == 0


def test_who_chooses_a_photo_before_the_page_knows_the_bundles_need_not_do_it_twice(
    visit: Callable[..., Page], address: str, portrait: Path
) -> None:
    page = visit("about:blank")
    page.add_init_script(
        """const ask = window.fetch;
        window.fetch = async (path, how) => {
          if (String(path).endsWith("/api/about")) await new Promise((done) => setTimeout(done, 1500));
          return ask(path, how);
        };"""
    )
    page.goto(address)
    Hand(page).open(portrait)


def test_a_phone_paints_with_a_finger(
    visit: Callable[..., Page], address: str, portrait: Path, picture: Picture
) -> None:
    page = visit(address, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    picture(page, "phone-start")
    hand = Hand(page)
    hand.open(portrait)
    hand.lay_over()
    picture(page, "phone")
    apply = page.get_by_role("button", name="Apply", exact=True)
    expect(apply).to_be_disabled()
    hand.pick("hair")
    page.touchscreen.tap(*hand.at(0.5, 0.5))
    expect(apply).to_be_enabled()
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


def test_persian_is_read_from_right_to_left(page: Page, portrait: Path, picture: Picture) -> None:
    page.get_by_role("button", name="فارسی").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    picture(page, "persian-start")
    page.locator("input[type=file]").first.set_input_files(portrait)
    timeline = page.get_by_role("navigation").get_by_role("listitem")
    expect(timeline).to_have_count(1, timeout=120_000)
    page.wait_for_timeout(500)
    picture(page, "persian")
    page.reload()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")


def test_dark_is_dark(visit: Callable[..., Page], address: str, portrait: Path, picture: Picture) -> None:
    page = visit(address, color_scheme="dark")
    Hand(page).open(portrait)
    page.wait_for_timeout(500)
    picture(page, "dark")
    background = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", background)[:3])) < 60


def test_everything_can_be_done_without_a_mouse(page: Page, portrait: Path) -> None:
    hand = Hand(page)
    hand.open(portrait)
    hand.lay_over()
    apply = page.get_by_role("button", name="Apply", exact=True)
    hand.pick("skin")
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name=re.compile("^nose,"))).to_have_attribute("aria-selected", "true")
    page.locator("canvas").first.focus()
    page.keyboard.press("ArrowLeft")
    for _ in range(12):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    expect(apply).to_be_enabled()
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


TRANSFER = """([kinds, data]) => {
  const bytes = Uint8Array.from(data.match(/../g), (pair) => parseInt(pair, 16));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "handed-over.png", {type: "image/png"}));
  const about = {bubbles: true, cancelable: true, dataTransfer: transfer, clipboardData: transfer};
  for (const kind of kinds) {
    const event = kind === "paste" ? new ClipboardEvent(kind, about) : new DragEvent(kind, about);
    document.body.dispatchEvent(event);
  }
}"""


@pytest.mark.parametrize("kinds", [["dragenter", "dragover", "drop"], ["paste"]])
def test_a_picture_that_is_dropped_or_pasted_is_opened(page: Page, portrait: Path, kinds: list[str]) -> None:
    page.evaluate(TRANSFER, [kinds, portrait.read_bytes().hex()])
    Hand(page).expect_entries(1)
    expect(page.get_by_text("handed-over.png").first).to_be_visible()


def test_leaving_takes_everything_along(page: Page, portrait: Path) -> None:
    Hand(page).open(portrait)
    page.get_by_role("button", name="Menu").click()
    page.get_by_text("Delete everything of mine").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name="Choose a photo")).to_be_visible()
    expect(page.get_by_text("astronaut.png")).to_have_count(0)


def test_the_api_page_shows_every_request(page: Page, address: str) -> None:
    page.goto(f"{address}/api/docs")
    expect(page.get_by_text("/api/documents/{document}/edits", exact=True)).to_be_visible()


def test_a_few_photos_at_once(page: Page, portrait: Path, tmp_path: Path) -> None:
    hand = Hand(page)
    with PilImage.open(portrait) as file:
        file.transpose(PilImage.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "mirrored.png")
    hand.open(portrait)
    hand.tab("Vectors")
    page.get_by_role("slider", name="Strength of smile").fill("-1")
    hand.expect_entries(2)
    page.get_by_role("button", name=re.compile("^Apply to photos")).click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files([portrait, tmp_path / "mirrored.png"])
    dialog.get_by_role("button", name=re.compile(r"^Apply to \d")).click()
    link = dialog.get_by_role("link", name=re.compile("Download all")).or_(
        dialog.get_by_role("button", name=re.compile("Download all"))
    )
    expect(link.first).to_be_enabled(timeout=120_000)
    with page.expect_download() as waiting:
        link.first.click()
    assert waiting.value.suggested_filename.endswith(".zip")
