from dataclasses import asdict
from pathlib import Path

from PIL import Image as PilImage
from typer.testing import CliRunner

from benchmarks.command import as_app
from benchmarks.vectors_plot import mean_of, vectors_plot
from editgan.core.files import write_json
from editgan.evaluation.vectors import VectorRow


def _row(strength: float, steps: int, change: float = 0.5, mse: float = 0.01) -> VectorRow:
    return VectorRow(
        vector="larger",
        strength=strength,
        refine_steps=steps,
        photos=6,
        label_change=change,
        works=0.5,
        outside_mse=mse,
        outside_psnr_db=20.0,
        outside_distance=0.1,
        identity_similarity=None,
        region_share=0.2,
    )


def test_a_report_becomes_a_plot(tmp_path: Path) -> None:
    rows = [_row(strength, steps) for strength in (0.5, 1.0) for steps in (0, 20)]
    write_json(tmp_path / "report.json", {"rows": [asdict(row) for row in rows]})
    files = [str(tmp_path / "report.json"), "-o", str(tmp_path / "plot.png")]
    result = CliRunner().invoke(as_app(vectors_plot), files)
    assert result.exit_code == 0, result.exception
    with PilImage.open(tmp_path / "plot.png") as picture:
        assert picture.width > 500


def test_vectors_are_averaged() -> None:
    assert mean_of([_row(1, 0, 0.25, 0.5), _row(1, 0, 0.75, 1.5)]) == (0.5, 1.0)
