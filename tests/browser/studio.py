"""The studio as people start it, in a process of its own, and what a person does to its page."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

PATIENCE = 300_000  # ms: an edit takes six seconds, but machines may be busy


@contextmanager
def started(folder: Path, port: int | None = None) -> Iterator[str]:
    """Its address while it runs. `editgan studio` itself, so nothing is checked or slowed by the tests."""
    if port is None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "editgan.cli.main",
        "studio",
        "--port",
        str(port),
        "--folder",
        str(folder),
    ]
    environment = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"}
    server = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE / 1000
    while True:
        try:
            urllib.request.urlopen(f"{address}/api/about", timeout=5).close()
            return
        except OSError:
            assert server.poll() is None and time.monotonic() < end, "the studio did not start"
            time.sleep(0.1)


class Hand:
    """A person at the page, with the parts laid over the photo."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.timeline = page.get_by_role("navigation", name="Timeline").get_by_role("listitem")

    def choose(self, photo: Path) -> None:
        """A file, on the start page."""
        self.page.locator("input[type=file]").first.set_input_files(photo)

    def open(self, photo: Path) -> None:
        """A file, and wait until its parts are there."""
        self.choose(photo)
        self.expect_entries(1)

    def expect_entries(self, count: int) -> None:
        """Wait for so many entries of the timeline, and for rest."""
        expect(self.timeline).to_have_count(count, timeout=PATIENCE)
        expect(self.page.get_by_role("progressbar")).to_have_count(0, timeout=PATIENCE)

    def lay_over(self) -> None:
        """The layout in which `at` knows where things are."""
        self.page.get_by_role("radio", name="Over", exact=True).click()

    def pick(self, part: str) -> None:
        """A part from the palette."""
        self.page.get_by_role("option", name=re.compile(f"^{part},")).click()

    def tool(self, name: str) -> None:
        """A tool from the rail."""
        self.page.get_by_role("radio", name=re.compile(f"^{name}")).click()

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a place of the frame (in shares of its side) is on the page."""
        box = self.page.locator("canvas").first.bounding_box()
        assert box is not None
        side = min(box["width"], box["height"])
        return box["x"] + box["width"] / 2 + (x - 0.5) * side, box["y"] + box["height"] / 2 + (y - 0.5) * side

    def stroke(self, *places: tuple[float, float]) -> None:
        """Press, drag along the places, let go."""
        mouse = self.page.mouse
        mouse.move(*self.at(*places[0]))
        mouse.down()
        for place in places[1:]:
            mouse.move(*self.at(*place), steps=6)
        mouse.up()

    def raise_the_brows(self) -> None:
        """On the astronaut: skin where her brows are, and brows two pixels above, with a brush of two."""
        self.lay_over()
        self.tool("Brush")
        self.page.keyboard.press("[")
        self.page.keyboard.press("[")
        below, above = (
            ((0.26, 0.25), (0.34, 0.238), (0.43, 0.255)),
            ((0.27, 0.222), (0.34, 0.205), (0.42, 0.222)),
        )
        for part, places in (("skin", below), ("brow", above)):
            self.pick(part)
            for side in (0, 1):
                self.stroke(*(mirrored(place, side) for place in places))

    def apply(self) -> None:
        """Press the button, and wait for the new entry."""
        count = self.timeline.count()
        self.page.get_by_role("button", name="Apply", exact=True).click()
        self.expect_entries(count + 1)

    def tab(self, name: str) -> None:
        """Paint, Vectors or Result."""
        self.page.get_by_role("tab", name=name).click()

    def download(self, button: str | re.Pattern[str], to: Path) -> Path:
        """What a button or a link gives."""
        found = self.page.get_by_role("link", name=button).or_(self.page.get_by_role("button", name=button))
        with self.page.expect_download() as waiting:
            found.first.click()
        waiting.value.save_as(to)
        return to


def mirrored(place: tuple[float, float], side: int) -> tuple[float, float]:
    """The same place of the other half of a face that looks at us."""
    x, y = place
    return (1.03 - x if side else x), y
