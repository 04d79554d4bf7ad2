"""`editgan train finder`: what finds the subjects of a class in photos."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from editgan.cli.options import CpuOption, SettingsOption
from editgan.cli.progress import follow
from editgan.cli.saying import say


def finder(
    subject: Annotated[str, Argument(help="What the photos show, in one word: cat.")],
    data: Annotated[
        list[Path], Option("--data", help="A folder or a zip of aligned square photos; again for several.")
    ],
    others: Annotated[
        list[Path],
        Option(help="Photos in which there is no such subject: other classes' sets; again for several."),
    ],
    out: Annotated[
        Path | None, Option("--out", "-o", help="The run's folder; runs/finder-SUBJECT by default.")
    ] = None,
    minutes: Annotated[
        float | None,
        Option(
            min=0, help="Stop cleanly after so many minutes; without it, at the end (20 minutes of a core)."
        ),
    ] = None,
    settings: SettingsOption = None,
    cpu: CpuOption = False,
) -> None:
    """Finds subjects of a class at any angle and size, from their aligned photos pasted on others.

    Run the same command again to go on where it stopped. Leaves OUT/finder-SUBJECT.safetensors.
    """
    from editgan.core.config import changed
    from editgan.jobs.finder import train_finder
    from editgan.perception.finder import finder_file
    from editgan.training.finder import FinderTraining

    where = out or Path("runs") / f"finder-{subject}"
    config = changed(FinderTraining(), settings or ())
    follow("finder", train_finder(subject, data, others, where, config, minutes=minutes, cpu=cpu))
    say(f"finder in {where / finder_file(subject).name}; look at {where / 'samples'}")
