"""`python -m benchmarks.vectors_plot`: EditGAN's trade-off as a picture, from `bench vectors -o`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.command import run
from benchmarks.speed_plot import check_plotting
from editgan.core.files import read_json, replacing
from editgan.evaluation.vectors import VectorRow


def vectors_plot(
    report: Annotated[Path, typer.Argument(help="What `editgan bench vectors --out` wrote.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The picture.")] = Path("vectors.png"),
) -> None:
    """Label change against side effects, for each number of refinement steps."""
    draw([VectorRow(**row) for row in read_json(report)["rows"]], out)


def draw(rows: Sequence[VectorRow], path: Path) -> None:
    """Label change against side effects, a curve over strengths for each number of refinement steps.

    Means over all vectors that were measured. Raises UnavailableError without matplotlib.
    """
    check_plotting()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for steps in sorted({row.refine_steps for row in rows}):
        strengths = sorted({row.strength for row in rows if row.refine_steps == steps})
        points = [mean_of([r for r in rows if (r.refine_steps, r.strength) == (steps, s)]) for s in strengths]
        label = f"{steps} refinement steps" if steps else "vector only"
        axes.plot([p[1] for p in points], [p[0] for p in points], marker="o", label=label)
        for strength, (change, mse) in zip(strengths, points, strict=True):
            axes.annotate(
                f"{strength:g}", (mse, change), textcoords="offset points", xytext=(5, -9), fontsize=7
            )
    axes.set_xscale("log")
    axes.set_xlabel("change outside the region: mean squared error (left is better)")
    axes.set_ylabel("wanted label change that happened")
    axes.legend()
    with replacing(path) as scratch:
        figure.savefig(scratch, dpi=150)


def mean_of(rows: Sequence[VectorRow]) -> tuple[float, float]:
    """Label change and outside error, averaged over vectors."""
    return (
        sum(row.label_change for row in rows) / len(rows),
        sum(row.outside_mse for row in rows) / len(rows),
    )


if __name__ == "__main__":
    run(vectors_plot)
