"""`editgan train grader`: what benchmarks read the parts of finished pictures with."""

from pathlib import Path
from typing import Annotated

from typer import Option

from editgan.cli.options import CpuOption, SettingsOption
from editgan.cli.progress import follow
from editgan.cli.saying import say


def grader(
    data: Annotated[Path, Option(help="A folder or a zip of aligned square faces.")],
    labels: Annotated[Path, Option(help="CelebAMask-HQ label maps of the same names and size, PNG.")],
    out: Annotated[Path, Option("--out", "-o", help="The run's folder.")] = Path("runs/grader"),
    minutes: Annotated[
        float | None,
        Option(
            min=0, help="Stop cleanly after so many minutes; without it, at the end (half an hour of a core)."
        ),
    ] = None,
    settings: SettingsOption = None,
    cpu: CpuOption = False,
) -> None:
    """Reads a face's parts from EfficientNet-Lite0's features. It only measures: no edit is made with it.

    Run the same command again to go on where it stopped. Leaves OUT/grader.safetensors for
    `editgan bench edits --grader`.
    """
    from editgan.core.config import changed
    from editgan.jobs.grader import FILE, train_grader
    from editgan.training.segmenter import SegmenterTraining

    config = changed(SegmenterTraining(), settings or ())
    follow("grader", train_grader(data, labels, out, config, minutes=minutes, cpu=cpu))
    say(f"grader in {out / FILE}; look at {out / 'samples'}")
