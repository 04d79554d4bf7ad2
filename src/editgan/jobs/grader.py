"""The grader of the benchmarks, from labelled faces to a file."""

from collections.abc import Iterator
from pathlib import Path

from editgan.data.setting_aside import load_learnable
from editgan.evaluation.grading import GRADED, labels_of
from editgan.jobs.facts import data_digest, device_name, today
from editgan.perception.segmenter import SegmenterConfig, save_segmenter
from editgan.training.loop import Status
from editgan.training.runner import Training, run
from editgan.training.segmenter import SegmenterTraining, SegmenterWork

FILE = "grader.safetensors"  # in the run's folder


def train_grader(
    photos: Path,
    labels: Path,
    out: Path,
    config: SegmenterTraining | None = None,
    shape: SegmenterConfig | None = None,
    *,
    minutes: float | None = None,
    cpu: bool = False,
) -> Iterator[Status]:
    """On aligned faces and their CelebAMask-HQ labels of the same names; leaves OUT/grader.safetensors.

    What is held out of every training is held out of this one. Goes on from the folder's checkpoint.
    """
    config, shape = config or SegmenterTraining(), shape or SegmenterConfig(network="lite0")
    learnt, _ = load_learnable([photos], shape.side, 0)
    pixels, label_maps = labels_of(learnt, labels)

    def leave(work: SegmenterWork, kimg: float) -> None:
        best = work.best()
        best.facts = {
            "data": {"photos": photos.name, "labels": labels.name, "learnt": len(pixels)},
            "kimg": kimg,
            "device": device_name(work.device),
            "date": today(),
        }
        save_segmenter(best, out / FILE)

    training = Training(
        config=config,
        begin=lambda accelerator: SegmenterWork(config, shape, GRADED, pixels, label_maps, accelerator),
        leave=leave,
        photos=data_digest(learnt),
        log_images=400,
    )
    yield from run(training, out, minutes=minutes, cpu=cpu)
