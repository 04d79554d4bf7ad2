"""From pictures without labels to a branch of one's own that edits."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from browser.studio import PATIENCE, Hand
from playwright.sync_api import Page, expect

Picture = Callable[[Page, str], None]


def new_set(page: Page, name: str) -> Hand:
    """With pictures that the generator invented, all of them read."""
    page.locator('input[name="bundle"][value="faces-64"]').check()  # the quicker one
    page.get_by_role("button", name="Annotate").click()
    page.get_by_role("button", name="New set").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name of the set").fill(name)
    dialog.get_by_role("button", name="Make the set").click()
    page.get_by_role("button", name=re.compile(r"^Invent \d")).click()
    suggested = page.get_by_role("button", name=re.compile("the branch is least sure here"))
    expect(suggested).to_have_count(1, timeout=PATIENCE)
    expect(page.get_by_role("button", name=re.compile("being read"))).to_have_count(0, timeout=PATIENCE)
    expect(page.get_by_role("progressbar")).to_have_count(0, timeout=PATIENCE)
    hand = Hand(page)
    hand.lay_over()
    return hand


def test_label_train_and_use(page: Page, tmp_path: Path, picture: Picture) -> None:
    hand = new_set(page, "freckles")
    hand.pick("nose")
    for labelled in (1, 2, 3):
        hand.stroke((0.4, 0.5), (0.6, 0.55))
        if labelled == 2:
            picture(page, "annotate")
        page.get_by_role("button", name="Save and next").click()
        expect(page.get_by_text(re.compile(rf"^{labelled} of \d+ labelled"))).to_be_visible()

    page.get_by_role("tab", name="Train").click()
    page.get_by_role("textbox", name="Name of the new bundle").fill("freckled-64")
    page.get_by_role("spinbutton", name="Steps at most").fill("100")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("button", name="Use it in the edit room")).to_be_visible(timeout=2 * PATIENCE)
    picture(page, "learnt")

    with page.expect_download() as waiting:
        page.get_by_role("button", name="More for this set").click()
        page.get_by_text("Download the labels (ZIP)").click()
    waiting.value.save_as(tmp_path / "labels.zip")
    names = zipfile.ZipFile(io.BytesIO((tmp_path / "labels.zip").read_bytes())).namelist()
    assert "classes.json" in names and sum(name.endswith(".png") for name in names) == 3

    page.get_by_role("button", name="Use it in the edit room").click()
    page.get_by_role("button", name="Invent one").click()
    hand.expect_entries(1)
    hand.tab("Result")
    expect(page.get_by_text("face · freckled-64")).to_be_visible()


def test_labels_survive_a_reload(page: Page) -> None:
    hand = new_set(page, "kept")
    hand.pick("hair")
    hand.stroke((0.4, 0.5), (0.6, 0.55))
    page.keyboard.press("Control+s")
    expect(page.get_by_text(re.compile(r"^1 of \d+ labelled"))).to_be_visible()
    page.reload()
    expect(page.get_by_text(re.compile(r"^1 of \d+ labelled"))).to_be_visible()
