"""docs/api.md: its commands are run, as they stand there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image as PilImage
from studio.live import listening
from studio.visit import PATIENCE

from editgan.studio.app import WEB, create_app
from editgan.studio.opened import MOVING_PX
from editgan.studio.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_of_the_api_page_work(tmp_path: Path, photo: bytes) -> None:
    (tmp_path / "me.jpg").write_bytes(photo)
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 8
    with listening(Settings(folder=tmp_path / "studio", device="cpu")) as address:
        script = "set -euo pipefail\n" + "\n".join(blocks)
        script = script.replace("http://localhost:8000", address).replace("python3", sys.executable)
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=2 * PATIENCE
        )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    for name, side in (("edited.png", 512), ("slider.jpg", MOVING_PX), ("labels.png", 256)):
        with PilImage.open(tmp_path / name) as picture:
            assert picture.size == (side, side)
    assert (tmp_path / "edited.zip").read_bytes()[:2] == b"PK"


def test_the_front_ends_table_names_every_request(tmp_path: Path) -> None:
    paths = create_app(Settings(folder=tmp_path)).openapi()["paths"]
    table = re.sub(r"\b(ID|N|P|VECTOR)\b", "*", (WEB / "README.md").read_text())
    for path in paths:
        assert re.search(re.escape(re.sub(r"{\w+}", "*", path)) + r"[`? ]", table), path
