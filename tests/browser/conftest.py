"""A browser, a studio, a photo. Without Chromium these tests are skipped, and say so."""

import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser.studio import started
from PIL import Image as PilImage
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from skimage.data import astronaut

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
WIDE = {"width": 1440, "height": 900}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    skip = pytest.mark.skip(reason="Chromium is not installed (apt-get install chromium)")
    for item in items:
        if "tests/browser/" in item.nodeid and CHROMIUM is None:
            item.add_marker(skip)


@pytest.fixture(scope="module")  # not longer: a studio takes a gigabyte
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with started(tmp_path_factory.mktemp("studio")) as found:
        yield found


@pytest.fixture(scope="module")  # not longer: its event loop would be in the way of others' tests
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A page of a visitor of their own. At the end nothing may have gone wrong in it."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            wrong.append(message.text)

    def start(address: str, **options: object) -> Page:
        context = browser.new_context(**({"viewport": WIDE, "accept_downloads": True} | options))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", note)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.goto(address)
        return page

    yield start
    for context in contexts:
        context.close()
    # Replies that say no are logged by the browser itself; the page shows them
    assert [text for text in wrong if "Failed to load resource" not in text] == []


@pytest.fixture
def page(visit: Callable[..., Page], address: str) -> Page:
    return visit(address)


@pytest.fixture(scope="session")
def portrait(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "astronaut.png"
    PilImage.fromarray(astronaut()).save(path)
    return path


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """Takes a screenshot where $EDITGAN_SCREENSHOTS says where to put it: those of the README, say."""

    def take(page: Page, name: str) -> None:
        if folder := os.environ.get("EDITGAN_SCREENSHOTS"):
            with PilImage.open(io.BytesIO(page.screenshot())) as shot:
                shot.save(Path(folder) / f"studio-{name}.webp", quality=88, method=6)

    return take


@pytest.fixture
def log(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """A line in the test run's own output: figures are for reading, not for passing."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def line(text: str) -> None:
        with capture.global_and_fixture_disabled():
            sys.stderr.write(f"\n   {text}\n")  # which a worker of pytest-xdist shares with the run

    return line
