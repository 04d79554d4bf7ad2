"""How the trainings of a plan stand, as a Markdown table."""

from pathlib import Path
from typing import Any

from editgan.jobs.queue.plan import Plan
from editgan.jobs.queue.progress import MOST_FAILURES, Progress

HEAD = (
    "| training | recipe | starts from | images in this run | core hours | images/s | last scores |",
    "|---|---|---|--:|--:|--:|---|",
)


def table(plan: Plan, out: Path) -> str:
    """A row for each training, in the plan's order."""
    rows = []
    for training in plan.trainings:
        known = Progress.load(out / training.name)
        start = Path(training.start).name if training.start else "random weights"
        speed = f"{known.images / known.seconds:.1f}" if known.seconds else ""
        state = f"{known.images:,} of {1000 * training.kimg:,.0f}"
        if known.failures >= MOST_FAILURES:
            state += f", given up: {known.error}"
        told = _scores(known.exports[-1]["scores"]) if known.exports else ""
        cells = (training.name, training.recipe, start, state, f"{known.seconds / 3600:.1f}", speed, told)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join((*HEAD, *rows))


def _scores(scores: dict[str, Any]) -> str:
    """FID of each describer, with precision and recall of the last."""
    told = [_fid(scores)]
    told += [_fid(value) for value in scores.values() if isinstance(value, dict) and "features" in value]
    return "; ".join(told)


def _fid(row: dict[str, Any]) -> str:
    figures = {name.split("_")[0]: value for name, value in row.items() if isinstance(value, float)}
    return (
        f"{row['features']}: FID {figures['fid']:.1f}, precision {figures['precision']:.2f}, "
        f"recall {figures['recall']:.2f}"
    )
