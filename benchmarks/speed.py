"""`python -m benchmarks.speed`: every operation beside the machine's limits and the original's data flow."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import torch
import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from benchmarks.ceilings import measure_ceilings
from benchmarks.command import run
from benchmarks.machine import describe_machine
from benchmarks.peak_memory import add_peaks
from benchmarks.random_bundle import RandomBundle, load_subject
from benchmarks.speed_operations import SpeedSettings
from benchmarks.speed_plot import check_plotting, draw_speed
from benchmarks.speed_report import COLUMNS, SpeedReport, cells, figure, ratios, title
from benchmarks.speed_rows import SpeedOfBundle, measure_speed
from editgan.bundle.find import find_bundle
from editgan.cli.bench_speed import (
    BundlesOption,
    OnlyOption,
    PrecisionOption,
    RepeatsOption,
    SecondsOption,
    ThreadsOption,
)
from editgan.cli.options import DEFAULT_BUNDLE, DeviceOption, ReportOption, parse_numbers
from editgan.cli.saying import console, waiting
from editgan.core.devices import pick_device
from editgan.core.errors import InputError
from editgan.core.files import replacing, write_json

if TYPE_CHECKING:
    from rich.console import JustifyMethod


def speed(
    bundle: BundlesOption = None,
    random: Annotated[
        list[int] | None,
        typer.Option(help="Random weights at this resolution; again for more.", show_default=False),
    ] = None,
    channel_base: Annotated[
        int, typer.Option(help="Of random weights; the default is StyleGAN2's config-f, recipes have 8192.")
    ] = 32768,
    channel_max: Annotated[int, typer.Option(help="Of random weights; recipes have 256.")] = 512,
    hidden: Annotated[str, typer.Option(help="Of random weights: the branch's hidden units.")] = "64,32",
    classes: Annotated[int, typer.Option(help="Of random weights: the branch's classes.")] = 32,
    region: Annotated[
        str, typer.Option(help="Shares of the picture being edited, with commas between.")
    ] = "0.01,0.06,0.3,1",
    batch: Annotated[str, typer.Option(help="Pictures at once, with commas between.")] = "1",
    oracle: Annotated[
        bool, typer.Option(help="Also the original's data flow: upsample, concatenate, classify.")
    ] = True,
    oracle_max: Annotated[
        int, typer.Option(help="Resolution above which that is left out, for want of memory.")
    ] = 256,
    memory: Annotated[
        bool, typer.Option("--memory", help="Also peak memory: a process for each operation, seconds each.")
    ] = False,
    precision: PrecisionOption = "auto",
    only: OnlyOption = "",
    repeats: RepeatsOption = 7,
    seconds: SecondsOption = 10,
    threads: ThreadsOption = None,
    out: ReportOption = None,
    markdown: Annotated[
        Path | None, typer.Option(help="Also write the tables as Markdown.", show_default=False)
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Also draw the ratios (needs matplotlib).", show_default=False)
    ] = None,
    device: DeviceOption = None,
) -> None:
    """What every operation costs, as ratios to the bare passes, and how far that is from the machine's limit.

    Generator, perceptual distance, parts, steps of editing, refining and embedding, vectors; beside them the
    original's data flow on the same weights. In one run and in turns, so that ratios hold on a machine that
    drifts. With several bundles each is written as soon as it is measured.
    """

    where = pick_device(device)
    settings = SpeedSettings(
        precision=precision,
        regions=tuple(parse_numbers(region, "--region takes numbers with commas between")),
        batches=_whole(batch, "--batch"),
        oracle=oracle,
        oracle_max_px=oracle_max,
        only=only,
        repeats=repeats,
        seconds=seconds,
    )
    shapes = [
        RandomBundle(
            resolution=resolution,
            classes=classes,
            channel_base=channel_base,
            channel_max=channel_max,
            hidden=_two(hidden),
        )
        for resolution in random or []
    ]
    names = bundle or ([] if shapes else [DEFAULT_BUNDLE])
    for name in names:  # before minutes are spent on another
        find_bundle(name)
    if plot is not None:
        check_plotting()
    if threads is not None:
        torch.set_num_threads(threads)
    _measure([*names, *shapes], settings, where, memory=memory, out=out, markdown=markdown, plot=plot)


def _measure(
    subjects: list[str | RandomBundle],
    settings: SpeedSettings,
    where: torch.device,
    *,
    memory: bool,
    out: Path | None,
    markdown: Path | None,
    plot: Path | None,
) -> None:
    command = shlex.join(["python", "-m", "benchmarks.speed", *sys.argv[1:]])
    with waiting("the machine's limits") as tell:
        ceilings, measured = measure_ceilings(where), []
        for subject in subjects:
            loaded = load_subject(subject, where, settings.precision)
            speed_of = measure_speed(loaded, settings, ceilings=ceilings, tell=tell)
            del loaded  # the processes that measure memory need room
            if memory:
                speed_of = add_peaks(speed_of, subject, settings, where, tell)
            measured.append(speed_of)
            report = SpeedReport(
                command=command,
                machine=describe_machine(where),
                ceilings=ceilings,
                settings=settings,
                bundles=measured,
            )
            _show(speed_of)
            _write(report, out, markdown, plot)
    console.print(report.about())


def _show(measured: SpeedOfBundle) -> None:
    narrow = len(COLUMNS) - (not any(row.peak_mb for row in measured.rows))  # no empty last column
    table = Table(
        title=title(measured), title_justify="left", box=SIMPLE_HEAD, collapse_padding=True, pad_edge=False
    )
    for column in COLUMNS[:narrow]:
        heading = "\n".join(column.rsplit(" ", 1))  # as narrow as the figures below it
        justify: JustifyMethod = "left" if column in ("operation", "to") else "right"
        table.add_column(heading, justify=justify, no_wrap=column != "to")
    for row in measured.rows:
        table.add_row(*cells(row)[:narrow])
    console.print(table)
    for note in measured.notes:
        console.print(note)
    short = Table("in short", "ratio", box=SIMPLE_HEAD)
    for name, value in ratios(measured).items():
        short.add_row(name, figure(value))
    if short.rows:
        console.print(short)


def _write(report: SpeedReport, out: Path | None, markdown: Path | None, plot: Path | None) -> None:
    if out is not None:
        write_json(out, report.to_json())
    if markdown is not None:
        with replacing(markdown) as scratch:
            scratch.write_text(report.to_markdown())
    if plot is not None:
        draw_speed(report.bundles, report.about(), plot)


def _whole(text: str, option: str) -> tuple[int, ...]:
    """Whole numbers with commas between. Raises InputError for anything else."""
    wanted = f"{option} takes whole numbers with commas between"
    numbers = parse_numbers(text, wanted)
    if any(number != round(number) for number in numbers):
        raise InputError(f"{wanted}, got {text!r}")
    return tuple(round(number) for number in numbers)


def _two(text: str) -> tuple[int, int]:
    numbers = _whole(text, "--hidden")
    if len(numbers) != 2:
        raise InputError(f"--hidden takes two whole numbers, like 64,32, got {text!r}")
    return numbers[0], numbers[1]


if __name__ == "__main__":
    run(speed)
