"""Speed as bars: how many bare passes each operation takes, ours beside the original's data flow."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.speed_operations import BARE
from benchmarks.speed_report import figure, title
from benchmarks.speed_rows import SpeedOfBundle, SpeedRow
from editgan.core.errors import InputError, UnavailableError
from editgan.core.files import replacing
from editgan.evaluation.speed_operations import FORWARD

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

OURS, ORACLE = "#2a6f97", "#e09f3e"
BAR = 0.4  # height, in units of the distance between operations
INCHES_PER_OPERATION = 0.42


def check_plotting() -> None:
    """Raises UnavailableError without matplotlib: better before minutes of measuring than after them."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise UnavailableError("a plot needs matplotlib; pip install matplotlib") from None


def draw_speed(bundles: Sequence[SpeedOfBundle], about: str, path: Path) -> None:
    """A line of charts for each bundle, `about` in small print below.

    Raises:
        UnavailableError: no matplotlib.
        InputError: nothing was compared with anything.
    """
    check_plotting()
    from matplotlib.figure import Figure

    charts = [(measured, found) for measured in bundles if (found := charts_of(measured))]
    if not charts:
        raise InputError("there is nothing to draw: no operation was compared with another; leave out --plot")
    heights = [max(map(len, found.values())) + 2.5 for _, found in charts]
    whole = Figure(figsize=(13, INCHES_PER_OPERATION * sum(heights) + 0.5), layout="constrained")
    lines = whole.subfigures(len(charts), 1, squeeze=False, height_ratios=heights)[:, 0]
    for line, (measured, found) in zip(lines, charts, strict=True):
        _line(line, measured, found)
    whole.supxlabel(about, fontsize=7, color="0.4")
    with replacing(path) as scratch:
        whole.savefig(scratch, dpi=130)


def charts_of(measured: SpeedOfBundle) -> dict[str, list[SpeedRow]]:
    """The rows of each chart by its caption; the oracle's stand beside ours, not in lines of their own."""
    ours = [row for row in measured.rows if row.oracle_of is None and row.name != row.against]
    single = [row for row in ours if row.pictures == 1]
    charts = {
        "times the generator's forward pass": [row for row in single if row.against == FORWARD],
        "times the bare step": [row for row in single if row.against == BARE],
        "per picture, times one alone": [row for row in ours if row.pictures > 1],
    }
    return {caption: rows for caption, rows in charts.items() if rows}


def _line(line: "SubFigure", measured: SpeedOfBundle, charts: dict[str, list[SpeedRow]]) -> None:
    from matplotlib.patches import Patch

    line.suptitle(title(measured), x=0.01, ha="left", fontsize=11, fontweight="bold")
    if any(row.oracle_of for row in measured.rows):
        names = {"ours": OURS, "oracle: the original's data flow": ORACLE}
        patches = [Patch(color=color, label=name) for name, color in names.items()]
        line.legend(handles=patches, loc="upper right", ncols=2, fontsize=9, frameon=False)
    room = max(map(len, charts.values()))
    panels = line.subplots(1, len(charts), squeeze=False)[0]
    for axes, (caption, rows) in zip(panels, charts.items(), strict=True):
        _bars(axes, measured, rows, room)
        axes.set_xlabel(caption)


def _bars(axes: "Axes", measured: SpeedOfBundle, rows: Sequence[SpeedRow], room: int) -> None:
    """`room`: for how many operations, so that bars are as thick in every chart."""
    oracles = {row.oracle_of: row for row in measured.rows if row.oracle_of is not None}
    for place, row in enumerate(rows):
        both = [(row, OURS)] + ([(oracles[row.name], ORACLE)] if row.name in oracles else [])
        for index, (shown, color) in enumerate(both):
            y = place + (index - (len(both) - 1) / 2) * BAR
            bar = axes.barh(y, shown.ratio, height=BAR * 0.9, color=color)
            axes.bar_label(bar, [figure(shown.ratio)], padding=3, fontsize=8)
    axes.set_yticks(range(len(rows)), [row.name for row in rows], fontsize=9)
    axes.set_ylim(room - 0.4, -0.6)  # the first on top
    axes.margins(x=0.16)
    axes.axvline(1, color="0.6", linewidth=0.8, linestyle="--", zorder=0)
    axes.spines[["top", "right"]].set_visible(False)
