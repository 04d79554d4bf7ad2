"""What everything costs, as ratios to the bare passes that nothing can do without; measured in one run.

The operations take turns, so that a drifting machine hits all alike; ratios are what counts.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.ceilings import Ceilings, count_flops
from benchmarks.speed_operations import Operation, SpeedSettings, choose_operations
from editgan.bundle.bundle import ModelBundle
from editgan.evaluation.speed import Tell, time_in_turns
from editgan.evaluation.speed_operations import Run, Scene
from editgan.models.generator import as_stylegan2


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeedRow:
    """One measured operation. None: not measured, or not to be had here."""

    name: str
    milliseconds: float  # median, per picture
    fastest: float  # the least of the repeats, milliseconds per picture
    repeats: int
    pictures: int  # at once
    against: str  # the operation that `ratio` is to
    ratio: float  # of the medians
    oracle_of: str | None = None  # our form of the same function
    gflop: float | None = None  # matrix products and convolutions, per picture
    ceiling_share: float | None = None  # of the machine's fastest matrix products
    peak_mb: float | None = None  # of a process that does nothing else, MB; on CUDA the device's memory
    growth_mb: float | None = None  # of that, what was not there before the operation began


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeedOfBundle:
    """All rows of one bundle."""

    bundle: str
    resolution: int  # px
    parameters: dict[str, int]  # of each network
    shape: dict[str, int | list[int]]  # channels, classes, hidden units
    rows: list[SpeedRow]
    notes: list[str] = field(default_factory=list)  # what was left out, and why

    def row(self, name: str) -> SpeedRow | None:
        """By its operation's name."""
        return next((row for row in self.rows if row.name == name), None)


def measure_speed(
    bundle: ModelBundle,
    settings: SpeedSettings | None = None,
    *,
    ceilings: Ceilings | None = None,
    tell: Tell = lambda _: None,
) -> SpeedOfBundle:
    """Times every operation that the settings ask for on the bundle's own device.

    Raises:
        BundleError: the bundle has no branch or no discriminator.
        InputError: no operation's name contains what the settings ask for.
    """
    settings = settings or SpeedSettings()
    operations, notes = choose_operations(bundle, settings)
    scene, runs = Scene(bundle), {}
    for operation in operations:
        tell(f"{bundle.name}: preparing {operation.name}")
        runs[operation.name] = operation.prepare(scene)
    gflop: dict[str, float | None] = {}

    def counted(name: str, run: Run) -> None:
        gflop[name] = count_flops(run)

    def tell_of(text: str) -> None:
        tell(f"{bundle.name}: {text}")

    times = time_in_turns(runs, bundle.device, settings, tell_of, counted)
    return SpeedOfBundle(
        bundle=bundle.name,
        resolution=bundle.resolution,
        parameters={n: sum(p.numel() for p in net.parameters()) for n, net in bundle.networks.items()},
        shape=_shape(bundle),
        rows=as_rows(operations, times, gflop, ceilings),
        notes=notes,
    )


def as_rows(
    operations: Sequence[Operation],
    seconds: dict[str, list[float]],
    gflop: dict[str, float | None],
    ceilings: Ceilings | None,
) -> list[SpeedRow]:
    """Medians per picture, their ratios, and shares of the ceiling."""
    medians = {op.name: 1000 * statistics.median(seconds[op.name]) / op.pictures for op in operations}
    rows = []
    for op in operations:
        ms, counted = medians[op.name], gflop[op.name]
        each = None if counted is None else counted / op.pictures
        rows.append(
            SpeedRow(
                name=op.name,
                milliseconds=ms,
                fastest=1000 * min(seconds[op.name]) / op.pictures,
                repeats=len(seconds[op.name]),
                pictures=op.pictures,
                against=op.against,
                ratio=ms / medians[op.against],
                oracle_of=op.oracle_of,
                gflop=each,
                ceiling_share=None if each is None or not ceilings else each * 1000 / ms / ceilings.gflops,
            )
        )
    return rows


def _shape(bundle: ModelBundle) -> dict[str, int | list[int]]:
    generator, branch = as_stylegan2(bundle.generator, "a speed report").config, bundle.branch.config
    return {
        "channel_base": generator.channel_base,
        "channel_max": generator.channel_max,
        "w_dim": generator.w_dim,
        "hypercolumn_channels": sum(branch.tap_channels),
        "classes": branch.classes,
        "heads": branch.heads,
        "hidden": list(branch.hidden),
    }
