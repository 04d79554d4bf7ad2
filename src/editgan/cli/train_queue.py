"""`editgan train queue`: a list of trainings that runs by itself."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from editgan.cli.saying import say, waiting


def queue(
    plan: Annotated[Path, Argument(help="A TOML file that lists trainings; docs/training.md explains one.")],
    out: Annotated[Path, Option("--out", "-o", help="Where each training has its run folder.")] = Path(
        "runs"
    ),
    cores: Annotated[
        int, Option(min=1, help="How many cores to work on, one training on each at a time.")
    ] = 1,
    minutes: Annotated[
        float | None, Option(min=0, help="Stop cleanly after so many minutes; by default when all are done.")
    ] = None,
    show: Annotated[bool, Option("--show", help="Only print how the trainings stand.")] = False,
) -> None:
    """Trains a list of GANs, turn by turn, and exports what they have learnt.

    Each training goes on where it stopped; the one that is furthest behind its share of the time has the next
    turn. After a turn (half an hour) OUT/NAME/export holds the averaged generator, 64 samples and scores.
    Ctrl-C and SIGTERM stop everything cleanly; a power cut loses three minutes at most. What happened when
    stands in OUT/queue.jsonl.
    """
    from editgan.jobs.queue.plan import load_plan
    from editgan.jobs.queue.run import Queue
    from editgan.jobs.queue.table import table

    planned = load_plan(plan)
    if show:
        typer.echo(table(planned, out))
        return
    working = Queue(planned, out, cores)
    with waiting("starting") as tell:
        try:
            for turns in working.run(minutes):
                tell(", ".join(f"core {core}: {name or 'nothing to do'}" for core, name in turns.items()))
        except KeyboardInterrupt:
            say("stopped; run the same command again to go on")
    typer.echo(table(planned, out))
