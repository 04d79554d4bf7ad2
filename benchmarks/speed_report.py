"""What was measured, for programs (JSON) and for people (Markdown)."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.ceilings import Ceilings
from benchmarks.machine import Machine
from benchmarks.speed_operations import BARE, FAST_FORWARD, SpeedSettings, edit_step
from benchmarks.speed_rows import SpeedOfBundle, SpeedRow
from editgan.evaluation.speed_operations import FORWARD, PARTS, PASTED, PREVIEW, USUAL_REGION

COLUMNS = ("operation", "ms", "ratio", "to", "GFLOP", "of the ceiling", "peak MB")
ABSENT = "–"


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeedReport:
    """One run of the benchmark."""

    command: str  # that measured it
    machine: Machine
    ceilings: Ceilings
    settings: SpeedSettings
    bundles: list[SpeedOfBundle]

    def to_json(self) -> dict[str, Any]:
        """Everything, and the ratios that say most of each bundle."""
        figures = asdict(self)
        for bundle, measured in zip(figures["bundles"], self.bundles, strict=True):
            bundle["ratios"] = ratios(measured)
        return figures

    def to_markdown(self) -> str:
        """A section and two tables for each bundle, below what was measured where."""
        sections = [_section(measured) for measured in self.bundles]
        return "\n\n".join([f"`{self.command}`", self.about(), *sections]) + "\n"

    def about(self) -> str:
        """The machine and its limits in three sentences."""
        machine, ceilings = self.machine, self.ceilings
        device = machine.processor
        if machine.device != "cpu":
            device = f"{machine.device} ({device})"
        settings = "".join(f", {name}={value}" for name, value in machine.environment.items())
        kinds = {
            "float32": ceilings.float32_gflops,
            "TF32": ceilings.tf32_gflops,
            "bfloat16": ceilings.bfloat16_gflops,
        }
        products = ", ".join(f"{speed:,.0f} GFLOP/s in {kind}" for kind, speed in kinds.items() if speed)
        shares = "TF32" if ceilings.gflops == ceilings.tf32_gflops else "float32"
        return (
            f"{device}, {machine.threads} threads, PyTorch {machine.torch}, {machine.date[:10]}{settings}. "
            f"Ceilings: matrix products {products}; copies {ceilings.copy_gb_per_s:.1f} GB/s; "
            f"shares are of {shares}'s, so bfloat16 may pass 100 %. "
            f"Medians of up to {self.settings.repeats} turns."
        )


def ratios(measured: SpeedOfBundle) -> dict[str, float]:
    """The figures that say most, by what is divided by what; only those that were measured."""
    pairs = [(PARTS, FORWARD), (edit_step(USUAL_REGION), BARE), (PREVIEW, FAST_FORWARD), (PASTED, FORWARD)]
    pairs += [(row.name, row.oracle_of) for row in measured.rows if row.oracle_of is not None]
    found = [(measured.row(above), measured.row(below)) for above, below in pairs]
    both = [(a, b) for a, b in found if a is not None and b is not None]
    times = {f"{a.name} / {b.name}": a.milliseconds / b.milliseconds for a, b in both}
    return times | dict(_memory_ratios([(a, b) for a, b in both if a.oracle_of == b.name]))


def cells(row: SpeedRow) -> tuple[str, ...]:
    """A row as text, in the order of `COLUMNS`."""
    return (
        row.name,
        figure(row.milliseconds),
        figure(row.ratio),
        ABSENT if row.against == row.name else row.against,
        figure(row.gflop),
        ABSENT if row.ceiling_share is None else f"{100 * row.ceiling_share:.0f} %",
        ABSENT if row.peak_mb is None else f"{row.peak_mb:,.0f}",
    )


def figure(value: float | None) -> str:
    """Three digits that count, no exponent."""
    if value is None:
        return ABSENT
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def title(measured: SpeedOfBundle) -> str:
    """Name, size and shape of what was measured, in a line."""
    shape = measured.shape
    return (
        f"{measured.bundle}: {measured.resolution} px, channel_base {shape['channel_base']}, "
        f"channel_max {shape['channel_max']}, {shape['classes']} classes"
    )


def _memory_ratios(pairs: list[tuple[SpeedRow, SpeedRow]]) -> Iterator[tuple[str, float]]:
    for a, b in pairs:
        if a.peak_mb and b.peak_mb:
            yield f"peak memory: {a.name} / {b.name}", a.peak_mb / b.peak_mb
        if a.growth_mb and b.growth_mb:
            yield f"memory growth: {a.name} / {b.name}", a.growth_mb / b.growth_mb


def _section(measured: SpeedOfBundle) -> str:
    rows = [_line(cells(row)) for row in measured.rows]
    short = [_line((name, figure(value))) for name, value in ratios(measured).items()]
    head = [_line(COLUMNS), "|---|--:|--:|---|--:|--:|--:|"]
    parts = [f"## {title(measured)}", "\n".join(head + rows), *measured.notes]
    if short:
        parts.append("\n".join([_line(("in short", "ratio")), "|---|--:|", *short]))
    return "\n\n".join(parts)


def _line(texts: tuple[str, ...]) -> str:
    return "| " + " | ".join(texts) + " |"
