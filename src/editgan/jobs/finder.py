"""A finder of one class, from aligned photos of it and of others, to a file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from editgan.core.errors import InputError
from editgan.data.photos import joined
from editgan.data.setting_aside import load_learnable
from editgan.jobs.facts import data_digest, device_name, today
from editgan.perception.finder import finder_file, save_finder
from editgan.training.finder import FinderTraining, FinderWork
from editgan.training.loop import Status
from editgan.training.runner import Training, run

PHOTO_PX = 128  # side of the photos that are cut out
OTHERS_EACH = 3000  # photos of each other set at most, so that none rules


def train_finder(
    subject: str,
    data: Sequence[Path],
    others: Sequence[Path],
    out: Path,
    config: FinderTraining | None = None,
    *,
    minutes: float | None = None,
    cpu: bool = False,
) -> Iterator[Status]:
    """Aligned photos of the class pasted on `others`, in which there must be none; leaves a file in `out`.

    What is held out of every training is held out of this one. Goes on from the folder's checkpoint.
    """
    config = config or FinderTraining()
    if not others:
        raise InputError("a finder learns what is no subject from photos of other classes; give some")
    learnt, _ = load_learnable(data, PHOTO_PX, config.held_out)
    grounds = joined(
        [load_learnable([one], PHOTO_PX, 0)[0].some(OTHERS_EACH, seed=config.seed) for one in others]
    )

    def leave(work: FinderWork, kimg: float) -> None:
        facts: dict[str, object] = {
            "data": [path.name for path in data],
            "others": [path.name for path in others],
            "learnt": len(learnt),
            "kimg": kimg,
            "device": device_name(work.device),
            "date": today(),
        }
        save_finder(work.ema, out / finder_file(subject).name, facts)

    training = Training(
        config=config,
        begin=lambda accelerator: FinderWork(config, subject, learnt.pixels, grounds.pixels, accelerator),
        leave=leave,
        photos=data_digest(learnt),
        log_images=800,
    )
    yield from run(training, out, minutes=minutes, cpu=cpu)
