"""`editgan bench speed`: what a bundle's operations cost here, in time and memory."""

import platform
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from editgan.bundle.bundle import Precision
from editgan.cli.groups import grouped
from editgan.cli.options import DEFAULT_BUNDLE, DeviceOption
from editgan.cli.placing import Figures
from editgan.cli.saying import say, show_table, waiting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from editgan.evaluation.speed import OperationCost


BundlesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--bundle",
        "-b",
        help=f"Built-in name, folder, or owner/name on the Hugging Face Hub; again for more. "
        f"{DEFAULT_BUNDLE} by default.",
        show_default=False,
    ),
]
PrecisionOption = Annotated[
    Precision, typer.Option(help="auto: bfloat16 where edits use it; float32: never.")
]
OnlyOption = Annotated[str, typer.Option(help="Operations whose name contains this.", show_default=False)]
RepeatsOption = Annotated[int, typer.Option(min=1, help="Runs of each operation.")]
SecondsOption = Annotated[
    float, typer.Option(help="Time for each operation; slow ones get fewer repeats, but three.")
]
ThreadsOption = Annotated[
    int | None, typer.Option(min=1, help="Of the CPU; PyTorch's choice by default.", show_default=False)
]


@grouped
def speed(
    *,
    bundle: BundlesOption = None,
    memory: Annotated[
        bool, typer.Option("--memory", help="Also the memory that each operation takes at most.")
    ] = False,
    precision: PrecisionOption = "auto",
    only: OnlyOption = "",
    repeats: RepeatsOption = 7,
    seconds: SecondsOption = 10,
    threads: ThreadsOption = None,
    to: Figures,
    device: DeviceOption = None,
) -> None:
    """What every operation costs: an image, its parts, steps of editing, refining and embedding, vectors.

    In one run and in turns, so that ratios to the generator's pass hold on a machine that drifts.
    """
    import torch

    from editgan.bundle.find import find_bundle
    from editgan.bundle.folder import load_bundle
    from editgan.core.devices import pick_device
    from editgan.evaluation.speed import Pace, measure_costs

    where, pace, names = (
        pick_device(device),
        Pace(repeats=repeats, seconds=seconds),
        bundle or [DEFAULT_BUNDLE],
    )
    for name in names:  # before minutes are spent on another
        find_bundle(name)
    if threads is not None:
        torch.set_num_threads(threads)
    about = {
        "device": torch.cuda.get_device_name(where)
        if where.type == "cuda"
        else platform.processor() or "cpu",
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "editgan": version("editgan"),
    }
    bundles = []
    for name in names:
        with waiting(f"loading {name}") as tell:
            loaded = replace(load_bundle(name, where), precision=precision)
            rows = measure_costs(loaded, pace, only=only, memory=memory, tell=tell)
        bundles.append({"bundle": loaded.name, "rows": [asdict(row) for row in rows]})
        show_table(_table(f"{loaded.name}: {loaded.resolution} px", rows, memory))
    say(", ".join(f"{key} {value}" for key, value in about.items()))
    to.write({**about, "bundles": bundles})


def _table(title: str, rows: "Sequence[OperationCost]", memory: bool) -> Table:
    table = Table("operation", title=title, title_justify="left", box=SIMPLE_HEAD)
    for column in ["ms", "generator passes"] + ["peak MB", "on top, MB"] * memory:
        table.add_column(column, justify="right")
    for row in rows:
        cells = [f"{row.milliseconds:,.3g}", f"{row.ratio:.3g}"]
        if memory:
            cells += [f"{row.peak_mb:,.0f}", f"{row.growth_mb:,.0f}"]
        table.add_row(row.name, *cells)
    return table
