"""What trainings write into a bundle about themselves."""

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import torch

from editgan.bundle.facts import DataFacts
from editgan.core.devices import has_fast_bf16
from editgan.data.photos import PhotoSet, letter_box


def as_sources(data: Path | Sequence[Path]) -> list[Path]:
    """One set of photos, or several, as a list."""
    return [data] if isinstance(data, Path) else list(data)


def data_facts(
    sources: Sequence[Path], learnt: PhotoSet, unseen: PhotoSet, last: int, terms: str
) -> DataFacts:
    """Which photos, and how many of them no training saw."""
    listed = len(unseen) - last * len(sources)
    rest = f", and {listed} more that are held out of every training" if listed else ""
    return DataFacts(
        file=", ".join(source.name for source in sources),
        photos=len(learnt) + len(unseen),
        set_aside=len(unseen),
        held_out=f"the last {last} by name" + (" of each" if len(sources) > 1 else "") + rest,
        skipped_as_broken=len(learnt.skipped),
        letter_box=letter_box(learnt) or None,
        terms=terms,
    )


def data_digest(photos: PhotoSet) -> str:
    """Says whether two runs learn from the same pictures: their number and a digest of names and pixels."""
    digest = hashlib.sha256("\n".join(photos.names).encode("utf-8", "surrogateescape"))
    digest.update(photos.pixels.numpy().data)
    return f"{len(photos):,} photos, {digest.hexdigest()[:12]}"


def device_name(device: torch.device) -> str:
    """The GPU, or how many threads of the CPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{torch.get_num_threads()} CPU threads a process" + (", bf16" if has_fast_bf16(device) else "")


def today() -> str:
    """The date, as facts have it."""
    return date.today().isoformat()
