"""Twenty visitors at once: each opens a photo of their own, repaints it, drags a slider.

    scripts/load_test.py [--visitors 20] [--steps 40] [--moves 30]

Starts the studio itself, on the loopback interface, and stops it. Fails if a request is lost or if anybody's
result holds a pixel of another's photo. Prints what docs/performance.md quotes.
"""

import argparse
import io
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx2 as httpx
import numpy as np
from PIL import Image
from skimage.data import astronaut

BOX = "164,60,120,120"


class Visitor(threading.Thread):
    """Opens, repaints, drags, takes the result home and looks at it."""

    def __init__(self, address: str, number: int, steps: int, moves: int) -> None:
        super().__init__()
        self.http = httpx.Client(base_url=f"{address}/api/", timeout=600)
        self.number, self.steps, self.moves = number, steps, moves
        portrait = astronaut()  # type: ignore[no-untyped-call]
        self.photo = np.roll(portrait, number, axis=2) ^ np.uint8(number)  # nobody else's
        self.seconds: dict[str, float] = {}
        self.previews: list[float] = []
        self.error: Exception | None = None

    def run(self) -> None:
        """The whole visit; what goes wrong is kept for the report."""
        try:
            self._visit()
        except Exception as error:
            self.error = error

    def _visit(self) -> None:
        self._ask("POST", "visitors")
        started = time.perf_counter()
        file = io.BytesIO()
        Image.fromarray(self.photo).save(file, "PNG")
        params = {"bundle": "faces-64", "box": BOX, "name": f"{self.number}.png"}
        headers = {"content-type": "image/png"}
        document = self._ask(
            "POST", "documents", params=params, content=file.getvalue(), headers=headers
        ).json()
        self._finish(document["job"])
        self.seconds["open"] = time.perf_counter() - started
        where = f"documents/{document['id']}"
        ids = np.frombuffer(self._ask("GET", f"{where}/entries/0/labels?format=raw").content, np.uint8)
        target = ids.reshape(64, 64).copy()
        target[24:28, 20:44] = 2
        started = time.perf_counter()
        raw = {"content-type": "application/octet-stream"}
        params = {"steps": str(self.steps)}
        job = self._ask("POST", f"{where}/edits", params=params, content=target.tobytes(), headers=raw).json()
        self._finish(job["id"])
        self.seconds["edit"] = time.perf_counter() - started
        for move in range(self.moves):
            started = time.perf_counter()
            self._ask("POST", f"{where}/preview", json={"strengths": {"faces-64--smile": move / self.moves}})
            self.previews.append(time.perf_counter() - started)
        result = np.asarray(Image.open(io.BytesIO(self._ask("GET", f"{where}/entries/1/result").content)))
        rest = np.ones(self.photo.shape[:2], bool)
        rest[50:190, 150:300] = False  # the face
        if not np.array_equal(result[rest], self.photo[rest]):
            raise AssertionError("the result is not this visitor's own photo")

    def _finish(self, job: str) -> None:
        while (found := self._ask("GET", f"jobs/{job}").json())["status"] in ("queued", "running"):
            time.sleep(0.2)
        if found["status"] != "done":
            raise AssertionError(f"a job ended as {found}")

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        reply = self.http.request(method, path, **more)
        if reply.status_code >= 300:
            raise AssertionError(f"{method} {path}: {reply.status_code} {reply.text[:200]}")
        return reply


def memory_mb(pid: int, key: str) -> float:
    """VmRSS or VmHWM of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(key))


def main() -> None:
    """Runs it and prints a small table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--moves", type=int, default=30)
    asked = parser.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "editgan.cli.main", "studio", "--port", port, "--folder", folder]
        server = subprocess.Popen(command)
        try:
            _wait_for(address)
            run(address, server.pid, asked)
        finally:
            server.terminate()
            server.wait(timeout=20)


def run(address: str, pid: int, asked: argparse.Namespace) -> None:
    """All visitors, then the figures. Exits with 1 if anything went wrong."""
    before = memory_mb(pid, "VmRSS")
    visitors = [Visitor(address, i, asked.steps, asked.moves) for i in range(asked.visitors)]
    started = time.perf_counter()
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    total = time.perf_counter() - started
    failed = [(v.number, v.error) for v in visitors if v.error is not None]
    previews = sorted(p for v in visitors for p in v.previews)
    lines = {
        "visitors": f"{asked.visitors}, of whom {len(failed)} failed",
        "all done after": f"{total:.0f} s",
        "open, median and longest": _two(visitors, "open"),
        "edit, median and longest": _two(visitors, "edit"),
        "slider move, median": f"{1000 * statistics.median(previews):.0f} ms" if previews else "-",
        "slider move, 95 %": f"{1000 * previews[int(0.95 * len(previews))]:.0f} ms" if previews else "-",
        "memory, start and largest": f"{before:.0f} and {memory_mb(pid, 'VmHWM'):.0f} MB",
    }
    for name, value in lines.items():
        sys.stdout.write(f"| {name} | {value} |\n")
    for number, error in failed:
        sys.stdout.write(f"visitor {number}: {error!r}\n")
    sys.exit(bool(failed))


def _two(visitors: list[Visitor], what: str) -> str:
    seconds = [v.seconds[what] for v in visitors if what in v.seconds]
    return f"{statistics.median(seconds):.1f} and {max(seconds):.1f} s" if seconds else "-"


def _wait_for(address: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            httpx.get(f"{address}/api/about")
            return
        except httpx.TransportError:
            time.sleep(0.2)
    raise SystemExit("the studio did not start")


if __name__ == "__main__":
    main()
