"""Run a training: from its declaration to a better bundle on disk."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training leaves."""

    bundle: BundleDraft
    pictures: dict[str, PilImage.Image] = field(default_factory=dict)  # beside it, by file name


@dataclass(frozen=True, kw_only=True)
class Training(Generic[AnyWork]):
    """A training, declared: what is trained on what, and what a bundle gains by it."""

    config: Settings
    begin: Callable[[Accelerator], AnyWork]
    trained: Callable[[AnyWork, float], Trained]  # of the thousand images shown, in the main process alone
    photos: str | None = None  # which: a run does not go on with others ...
    made_for: Callable[[AnyWork], str] | None = None  # ... nor for something else


def run(
    training: Training[AnyWork], out: Path, where: Path, *, minutes: float | None = None, cpu: bool = False
) -> Iterator[Status]:
    """Trains in the folder `out`, continuing its checkpoint; what comes of it is saved in the bundle `where`.

    Only the main process of a distributed run writes.
    """
    config = training.config
    work = training.begin(Accelerator(cpu=cpu))
    made_for = None if training.made_for is None else training.made_for(work)
    folder = RunFolder(out, config, made_for=made_for, photos=training.photos)
    # Whole steps, at least one
    images = max(round(config.total_kimg * 1000 / config.batch_size), 1) * config.batch_size
    shown = images
    for status in train(work, folder, Schedule(total_images=images, minutes=minutes)):
        shown = status.images
        yield status
    if work.is_main:
        _leave(training.trained(work, shown / 1000), where)


def is_resumed(out: Path) -> bool:
    """Whether a run in this folder goes on from a checkpoint: it then needs nothing to start from."""
    return (out / "checkpoint.pt").exists()


def run_short(statuses: Iterator[Status], trained: Callable[[], Trained], where: Path) -> Iterator[Status]:
    """As `run`, for a training of minutes: it has no folder of its own, and nothing of it is resumed."""
    yield from statuses
    _leave(trained(), where)


def _leave(trained: Trained, where: Path) -> None:
    save_bundle(trained.bundle, where)
    for name, picture in trained.pictures.items():
        save_picture(picture, where / name)
