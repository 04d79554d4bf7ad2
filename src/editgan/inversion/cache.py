"""Embeddings on disk, so that each photo is embedded once however often it is opened.

One safetensors file per photo, named after everything the embedding depends on. A tuned generator is kept as
float16 differences to the bundle's: half a megabyte at 64 px, where its weights would take nearly five.
"""

import copy
import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from editgan.bundle.bundle import BundleDraft
from editgan.core.config import from_json, to_json
from editgan.core.errors import InputError
from editgan.core.files import parse_json, replacing
from editgan.core.types import Pixels, WPlus
from editgan.data.detect import Box
from editgan.data.found import Found, Which
from editgan.data.frame import Framing
from editgan.inversion.embed import Embedding
from editgan.inversion.tuning import Tuning
from editgan.models.latent_generator import LatentGenerator

FORMAT = "1"  # of the files; others are misses
FINDING = 3  # counted up when other frames are found than before
_TUNED = "tuned."  # before the names of a tuned generator's tensors


def default_cache_folder() -> Path:
    """$EDITGAN_CACHE, or `editgan` in $XDG_CACHE_HOME, which is ~/.cache unless set."""
    if own := os.environ.get("EDITGAN_CACHE"):
        return Path(own).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "editgan"


@dataclass(frozen=True, slots=True)
class Cached:
    """What opening a photo found out."""

    w_plus: WPlus
    framing: Framing
    steps: int  # of embedding, up to the best one
    generator: LatentGenerator | None = None  # tuned to the photo
    found: tuple[Found, ...] | None = None  # all subjects; None: a box said where the frame is
    number: int | None = None  # of the one that was opened


@dataclass(frozen=True, slots=True)
class EmbeddingCache:
    """A folder of embeddings. Once it exceeds `max_bytes`, those unused for longest go."""

    folder: Path
    max_bytes: int = 2 * 2**30

    @staticmethod
    def key(
        pixels: Pixels,
        bundle: BundleDraft,
        embedding: Embedding,
        judge: str,
        box: Box | None = None,
        tuning: Tuning | None = None,
        which: Which = "largest",
        is_thorough: bool = False,
        found: Sequence[Found] | None = None,
    ) -> str:
        """64 hex digits over the photo, the networks that embed it, and all settings.

        The branch counts only for tuning: parts are read anew whenever a photo is opened.
        """
        networks = [bundle.encoder, bundle.aligner, bundle.discriminator, bundle.branch if tuning else None]
        settings = {
            "format": FORMAT,
            "size": list(pixels.shape),
            "generator": bundle.fingerprint,
            "others": [_fingerprint(network) for network in networks],
            "embedding": to_json(embedding),
            "judge": judge,
            "box": None if box is None else list(box),
            "finding": None if box is not None else [FINDING, which, is_thorough],
            "found": None if box is not None or found is None else [to_json(one) for one in found],
            "tuning": None if tuning is None else to_json(tuning),
        }
        digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
        digest.update(pixels.cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    def get(self, key: str, bundle: BundleDraft) -> Cached | None:
        """What is kept under `key`, on the bundle's device; None if nothing is, or nothing usable."""
        path = self._path(key)
        try:
            with safe_open(path, framework="pt") as file:
                notes = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            cached = _read(notes, tensors, bundle)
        except (SafetensorError, OSError, KeyError, ValueError):
            return None
        with suppress(OSError):
            os.utime(path)  # used just now
        return cached

    def put(self, key: str, cached: Cached, bundle: BundleDraft) -> None:
        """Keeps `cached`, whole or not at all; `bundle` is the one it came from, not tuned.

        A folder that cannot be written keeps nothing: no reason to lose the embedding at hand.
        """
        tensors = {"w_plus": cached.w_plus.detach().cpu().contiguous()}
        if cached.generator is not None:
            tensors |= _differences(cached.generator, bundle.generator)
        notes = {
            "format": FORMAT,
            "framing": json.dumps(to_json(cached.framing)),
            "steps": str(cached.steps),
            "found": json.dumps(None if cached.found is None else [to_json(one) for one in cached.found]),
            "number": json.dumps(cached.number),
            "tuned": str(cached.generator is not None),
            "bundle": bundle.name,
            "software": f"editgan {version('editgan')}",
        }
        with suppress(OSError, SafetensorError):
            with replacing(self._path(key)) as scratch:
                save_file(tensors, scratch, metadata=notes)
            self._prune(keep=self._path(key))

    def export(self, key: str) -> bytes | None:
        """The file kept under `key`, to travel with an edit recipe."""
        path = self._path(key)
        return path.read_bytes() if path.is_file() else None

    def take_in(self, key: str, data: bytes) -> None:
        """The inverse of `export`; `get` checks what it reads."""
        with replacing(self._path(key)) as scratch:
            scratch.write_bytes(data)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.safetensors"

    def _prune(self, keep: Path) -> None:
        files = [(path.stat(), path) for path in self.folder.glob("*.safetensors") if path != keep]
        total = keep.stat().st_size + sum(stat.st_size for stat, _ in files)
        for stat, path in sorted(files, key=lambda file: file[0].st_mtime):
            if total <= self.max_bytes:
                return
            path.unlink(missing_ok=True)
            total -= stat.st_size


def _read(notes: dict[str, str], tensors: dict[str, Tensor], bundle: BundleDraft) -> Cached:
    """Raises ValueError (InputError is one) or KeyError for anything that `put` did not write."""
    if notes["format"] != FORMAT:
        raise InputError(f"the cache is of format {FORMAT}, the file of {notes['format']}")
    w_plus = tensors.pop("w_plus").float().to(bundle.device)
    config = bundle.generator.config
    if w_plus.shape != (1, config.num_ws, config.w_dim) or not w_plus.isfinite().all():
        raise InputError(f"bundle {bundle.name} has no w_plus of {tuple(w_plus.shape)}")
    framing = from_json(Framing, parse_json(notes["framing"]))
    generator = _tuned(bundle.generator, tensors) if notes["tuned"] == "True" else None
    found = parse_json(notes.get("found", "null"))  # older files have none
    return Cached(
        w_plus,
        framing,
        int(notes["steps"]),
        generator,
        None if found is None else tuple(from_json(Found, one) for one in found),
        parse_json(notes.get("number", "null")),
    )


@torch.no_grad()
def _differences(tuned: LatentGenerator, base: LatentGenerator) -> dict[str, Tensor]:
    """float16, and only of the tensors that differ."""
    before = base.state_dict()
    return {
        _TUNED + name: (value - before[name]).cpu().half().contiguous()
        for name, value in tuned.state_dict().items()
        if not torch.equal(value, before[name])
    }


@torch.no_grad()
def _tuned(base: LatentGenerator, differences: dict[str, Tensor]) -> LatentGenerator:
    generator = copy.deepcopy(base)
    state = generator.state_dict()
    for name, difference in differences.items():
        own = state[name.removeprefix(_TUNED)]
        if own.shape != difference.shape or not difference.isfinite().all():
            raise InputError(f"the generator has no {name} of {tuple(difference.shape)}")
        own += difference.to(own)
    return generator


def _fingerprint(network: nn.Module | None) -> str | None:
    if network is None:
        return None
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        digest.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
