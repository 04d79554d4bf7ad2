import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image as PilImage
from typer.testing import CliRunner

from benchmarks.ceilings import Ceilings
from benchmarks.command import as_app
from benchmarks.machine import describe_machine
from benchmarks.speed import speed
from benchmarks.speed_operations import BARE, SpeedSettings, edit_step, oracle
from benchmarks.speed_plot import charts_of, draw_speed
from benchmarks.speed_report import COLUMNS, SpeedReport, cells, figure, ratios
from benchmarks.speed_rows import SpeedOfBundle, SpeedRow
from editgan.core.errors import BundleError, InputError, UnavailableError
from editgan.evaluation.speed_operations import FORWARD, PARTS


def _row(name: str, ms: float, against: str, ratio: float, of: str | None = None, n: int = 1) -> SpeedRow:
    return SpeedRow(
        name=name,
        milliseconds=ms,
        fastest=ms,
        repeats=3,
        pictures=n,
        against=against,
        ratio=ratio,
        oracle_of=of,
    )


STEP = edit_step(0.06)
ROWS = [
    _row(FORWARD, 10, FORWARD, 1),
    _row(BARE, 40, FORWARD, 4),
    _row(PARTS, 20, FORWARD, 2),
    _row(STEP, 60, BARE, 1.5),
    _row(f"{STEP}, batch 4", 30, STEP, 0.5, n=4),
    _row(oracle(PARTS), 100, FORWARD, 10, of=PARTS),
    _row(oracle(STEP), 180, BARE, 4.5, of=STEP),
]


@pytest.fixture
def measured() -> SpeedOfBundle:
    shape = {"channel_base": 512, "channel_max": 16, "classes": 5, "hidden": [16, 8]}
    return SpeedOfBundle(
        bundle="tiny-32",
        resolution=32,
        parameters={"generator": 7},
        shape=shape,
        rows=ROWS,
        notes=["A note."],
    )


@pytest.fixture
def report(measured: SpeedOfBundle) -> SpeedReport:
    ceilings = Ceilings(float32_gflops=50.0, tf32_gflops=None, bfloat16_gflops=120.0, copy_gb_per_s=9.5)
    machine = replace(
        describe_machine(torch.device("cpu")), processor="Abacus", environment={"MALLOC_MMAP_MAX_": "0"}
    )
    return SpeedReport(
        command="python -m benchmarks.speed",
        machine=machine,
        ceilings=ceilings,
        settings=SpeedSettings(),
        bundles=[measured, replace(measured, bundle="other-32", rows=ROWS[:1], notes=[])],
    )


def test_the_ratios_that_say_most_are_those_of_what_was_measured(measured: SpeedOfBundle) -> None:
    assert ratios(measured) == {
        "image and parts / generator forward": 2,
        "edit step, 6 % / bare step": 1.5,
        "oracle: image and parts / image and parts": 5,
        "oracle: edit step, 6 % / edit step, 6 %": 3,
    }
    peaks = {PARTS: (400.0, 50.0), oracle(PARTS): (1000.0, 600.0)}
    rows = [
        replace(row, peak_mb=peaks[row.name][0], growth_mb=peaks[row.name][1]) if row.name in peaks else row
        for row in ROWS
    ]
    found = ratios(replace(measured, rows=rows))
    assert found["peak memory: oracle: image and parts / image and parts"] == 2.5
    assert found["memory growth: oracle: image and parts / image and parts"] == 12
    assert len(found) == 6


def test_everything_is_in_the_json(report: SpeedReport) -> None:
    figures = json.loads(json.dumps(report.to_json()))
    first = figures["bundles"][0]
    assert [row["name"] for row in first["rows"]] == [row.name for row in ROWS]
    assert first["rows"][6]["oracle_of"] == STEP and first["ratios"]["edit step, 6 % / bare step"] == 1.5
    assert figures["ceilings"]["float32_gflops"] == 50 and figures["machine"]["threads"] >= 1
    assert (
        figures["machine"]["torch"] == torch.__version__
        and figures["command"] == "python -m benchmarks.speed"
    )
    assert figures["settings"]["regions"] == [0.01, 0.06, 0.3, 1.0]


def test_the_markdown_has_a_full_table_for_each_bundle(report: SpeedReport) -> None:
    text = report.to_markdown()
    assert "Abacus" in text and "MALLOC_MMAP_MAX_=0" in text and "50 GFLOP/s in float32" in text
    assert "TF32" not in text and "9.5 GB/s" in text and "A note." in text
    assert "## tiny-32: 32 px" in text and "## other-32: 32 px" in text
    assert "| edit step, 6 % | 60.0 | 1.50 | bare step | – | – | – |" in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} == {len(COLUMNS) + 1, 3}


def test_cells_say_what_is_not_known() -> None:
    row = replace(ROWS[2], gflop=123.4, ceiling_share=0.256, peak_mb=1234.5)
    assert cells(row) == (PARTS, "20.0", "2.00", FORWARD, "123", "26 %", "1,234")
    assert cells(ROWS[0]) == (FORWARD, "10.0", "1.00", "–", "–", "–", "–")
    assert [figure(x) for x in (None, 0.123, 9.99, 12.34, 99.96, 1234.5)] == [
        "–",
        "0.12",
        "9.99",
        "12.3",
        "100.0",
        "1,234",
    ]


def test_the_plot_shows_each_operation_once(measured: SpeedOfBundle, tmp_path: Path) -> None:
    charts = charts_of(measured)
    assert [[row.name for row in rows] for rows in charts.values()] == [
        [BARE, PARTS],
        [STEP],
        [f"{STEP}, batch 4"],
    ]
    draw_speed([measured, replace(measured, rows=ROWS[:1])], "here", tmp_path / "plot.png")
    with PilImage.open(tmp_path / "plot.png") as picture:
        assert picture.width > 1000 and picture.height > 200
        assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 10
    with pytest.raises(InputError, match="nothing to draw"):
        draw_speed([replace(measured, rows=ROWS[:1])], "here", tmp_path / "empty.png")


def test_the_command_measures_and_writes_all_three_files(saved_bundle: Path, tmp_path: Path) -> None:
    out, table, plot = tmp_path / "speed.json", tmp_path / "speed.md", tmp_path / "speed.png"
    files = ["-o", str(out), "--markdown", str(table), "--plot", str(plot)]
    random = ["--random", "16", "--channel-base", "64", "--channel-max", "8", "--hidden", "4,2"]
    chosen = ["--only", "edit step", "--region", "0.1", "--batch", "1,2", "--repeats", "1"]
    result = CliRunner().invoke(as_app(speed), ["-b", str(saved_bundle), *random, *chosen, *files])
    assert result.exit_code == 0, result.exception
    bundles = json.loads(out.read_text())["bundles"]
    assert [bundle["bundle"] for bundle in bundles] == ["tiny-32", "random-16"]
    names = [row["name"] for row in bundles[1]["rows"]]
    assert names == [
        FORWARD,
        BARE,
        "edit step, 6 %",
        "edit step, 10 %",
        "edit step, 6 %, batch 2",
        "oracle: edit step, 10 %",
    ]
    assert bundles[1]["shape"]["hidden"] == [4, 2] and bundles[1]["shape"]["channel_max"] == 8
    assert "oracle: edit step, 10 %" in table.read_text() and plot.stat().st_size > 1000


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        (["--region", "a"], InputError, "--region takes numbers"),
        (["--region", "2"], InputError, "regions are shares"),
        (["--batch", "1.5"], InputError, "--batch takes whole numbers"),
        (["--hidden", "64"], InputError, "--hidden takes two whole numbers"),
        (["--random", "33"], InputError, "power of two"),
        (["--classes", "1"], InputError, "two classes"),
        (["-b", "faces-64", "-b", "nobody"], BundleError, "no bundle 'nobody'"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(
    options: list[str], error: type[Exception], says: str
) -> None:
    result = CliRunner().invoke(as_app(speed), ["--random", "16", *options])
    assert isinstance(result.exception, error) and says in str(result.exception)


def test_a_plot_without_matplotlib_is_refused_before_anything_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    out = tmp_path / "speed.json"
    result = CliRunner().invoke(as_app(speed), ["-o", str(out), "--plot", str(tmp_path / "plot.png")])
    assert isinstance(result.exception, UnavailableError) and "pip install matplotlib" in str(
        result.exception
    )
    assert not out.exists()
