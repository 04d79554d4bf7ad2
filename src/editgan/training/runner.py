"""Run a training: from its declaration to what it leaves on disk."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from accelerate import Accelerator
from PIL import Image as PilImage

from editgan.bundle.bundle import BundleDraft
from editgan.bundle.folder import save_bundle
from editgan.core.images import save_picture
from editgan.core.runs import RunFolder
from editgan.training.loop import Schedule, Status, Work, train
from editgan.training.work import Settings

AnyWork = TypeVar("AnyWork", bound=Work)


@dataclass(frozen=True, kw_only=True)
class Training(Generic[AnyWork]):
    """A training, declared: what is trained on what, and what it leaves."""

    config: Settings
    begin: Callable[[Accelerator], AnyWork]
    leave: Callable[[AnyWork, float], None]  # after so many thousand images, in the main process alone
    photos: str | None = None  # which: a run does not go on with others ...
    made_for: Callable[[AnyWork], str] | None = None  # ... nor for something else
    log_images: int = 2_000  # between two looks at it


def run(
    training: Training[AnyWork], out: Path, *, minutes: float | None = None, cpu: bool = False
) -> Iterator[Status]:
    """Trains in the folder `out`, continuing its checkpoint; then leaves what came of it.

    Only the main process of a distributed run writes.
    """
    config = training.config
    work = training.begin(Accelerator(cpu=cpu))
    made_for = None if training.made_for is None else training.made_for(work)
    folder = RunFolder(out, config, made_for=made_for, photos=training.photos)
    # Whole steps, at least one
    images = max(round(config.total_kimg * 1000 / config.batch_size), 1) * config.batch_size
    shown = images
    schedule = Schedule(total_images=images, minutes=minutes, log_images=training.log_images)
    for status in train(work, folder, schedule):
        shown = status.images
        yield status
    if work.is_main:
        training.leave(work, shown / 1000)


def is_resumed(out: Path) -> bool:
    """Whether a run in this folder goes on from a checkpoint: it then needs nothing to start from."""
    return (out / "checkpoint.pt").exists()


def leave_bundle(bundle: BundleDraft, where: Path, **pictures: PilImage.Image) -> None:
    """Saves it, and pictures to look at beside it: parts=... becomes parts.webp."""
    save_bundle(bundle, where)
    for name, picture in pictures.items():
        save_picture(picture, where / f"{name}.webp")
