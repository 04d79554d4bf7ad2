import sys

import pytest
import torch

from benchmarks import peak_memory
from benchmarks.peak_memory import add_peaks, peak_of
from benchmarks.random_bundle import RandomBundle
from benchmarks.speed_operations import SpeedSettings
from benchmarks.speed_rows import measure_speed
from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import BundleError
from editgan.evaluation.peak_memory import MB, Peak, peak_during
from editgan.evaluation.speed_operations import FORWARD

CPU = torch.device("cpu")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a peak cannot be forgotten")


@on_linux
def test_the_peak_is_the_operations_own_and_not_what_came_before() -> None:
    before = torch.ones(int(400 * MB) // 4)
    del before
    peak = peak_during(lambda: torch.ones(int(100 * MB) // 4), CPU)
    assert 90 < peak.growth_mb < 250  # the second run may find the first one's memory still taken
    assert peak.peak_mb > peak.growth_mb
    assert peak_during(lambda: None, CPU).growth_mb < 20


@on_linux
def test_an_operation_is_measured_in_a_process_that_does_nothing_else() -> None:
    ballast = torch.ones(int(1500 * MB) // 4)
    tiny = RandomBundle(resolution=16, classes=2, channel_base=64, channel_max=4, hidden=(4, 2))
    peak = peak_of(tiny, SpeedSettings(only=FORWARD), FORWARD, CPU)
    assert peak is not None and 50 < peak.peak_mb < ballast.nbytes / MB
    with pytest.raises(BundleError, match="no bundle 'nobody'"):  # of the other process, raised in this one
        peak_of("nobody", SpeedSettings(), FORWARD, CPU)


def test_rows_get_their_peaks_and_what_ran_out_of_memory_is_said(
    bundle: ModelBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = SpeedSettings(only="perceptual forward", repeats=1)
    measured = measure_speed(bundle, settings)
    peaks = {FORWARD: Peak(300.0, 20.0), "perceptual forward": None}
    monkeypatch.setattr(
        peak_memory, "peak_of", lambda subject, settings, name, device: peaks.get(name, Peak(1.0, 0.5))
    )
    found = add_peaks(measured, "tiny-32", settings, CPU)
    rows = {row.name: row for row in found.rows}
    assert (rows[FORWARD].peak_mb, rows[FORWARD].growth_mb) == (300.0, 20.0)
    assert rows["perceptual forward"].peak_mb is None
    assert found.notes == ["perceptual forward ran out of memory in a process of its own."]
    assert measured.notes == [] and measured.rows[0].peak_mb is None
