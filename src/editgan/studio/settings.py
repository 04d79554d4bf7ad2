"""How a studio is run: where it listens, where it keeps things, what it takes."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from editgan.bundle.judges import JudgeName
from editgan.core.errors import InputError

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Safe by default: only this machine can reach it, and nothing is kept for long."""

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None  # asked of every visitor; needed when others can reach the studio
    allowed_hosts: frozenset[str] = frozenset()  # names it may be called by, besides its own and IP addresses
    folder: Path = field(default_factory=lambda: default_folder())
    bundles: tuple[Path, ...] = ()  # besides the built-in ones
    device: str | None = None  # the best one here by default
    judge: JudgeName = "default"  # of perceptual distance, where a photo is opened without naming another

    upload_bytes: int = 30_000_000
    json_bytes: int = 1_000_000
    megapixels: float = 24.0
    view_px: int = 512  # side of the pictures a visitor sees; results have the photo's own size
    label_px: int = 256  # side of the label maps of the annotation room; its bundle's, where that is more

    kept_hours: float = 24.0  # after a visitor's last request
    abandoned_seconds: float = 30.0  # a job that nobody has looked at for so long is stopped
    visitors: int = 1_000
    documents: int = 40  # a visitor
    vectors: int = 200  # a visitor
    sets: int = 10  # a visitor
    pictures: int = 200  # a set
    batch: int = 24  # photos
    jobs_each: int = 6  # waiting or running, a visitor
    jobs: int = 100  # waiting, of all
    disk_bytes: int = 1_000_000_000  # a visitor
    open_documents: int = 32  # in memory, of all visitors: about 5 MB each, 25 MB of high fidelity; sliders 9
    editors: int = 4  # bundles in memory: about 60 MB each

    def __post_init__(self) -> None:
        if self.host not in LOOPBACK and not self.token:
            raise InputError(
                f"others can reach {self.host}, so the studio needs a token there",
                "give one, or let it be reached from this machine only",
                code="host-without-token",
            )


def default_folder() -> Path:
    """`editgan/studio` in $XDG_DATA_HOME, which is ~/.local/share unless set."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "editgan" / "studio"
