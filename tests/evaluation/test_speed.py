import itertools

import pytest
import torch

from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import InputError
from editgan.evaluation import speed
from editgan.evaluation.speed import Pace, affordable, is_due, measure_costs, time_in_turns
from editgan.evaluation.speed_operations import EDIT, FORWARD, OPERATIONS


def test_every_operation_of_a_bundle_is_timed(bundle: ModelBundle) -> None:
    told: list[str] = []
    rows = measure_costs(bundle, Pace(repeats=2), tell=told.append)
    assert [row.name for row in rows] == list(OPERATIONS)
    forward = rows[0]
    for row in rows:
        assert 0 < row.fastest <= row.milliseconds < 10_000 and row.repeats == 2
        assert row.ratio == pytest.approx(row.milliseconds / forward.milliseconds)
        assert row.peak_mb is row.growth_mb is None
    assert any("round 2 of 2" in text for text in told)


def test_one_operation_comes_with_the_pass_that_it_is_compared_with(bundle: ModelBundle) -> None:
    rows = measure_costs(bundle, Pace(repeats=1), only="Edit step", memory=True)
    assert [row.name for row in rows] == [FORWARD, EDIT]
    for row in rows:
        assert row.peak_mb is not None and row.growth_mb is not None and row.peak_mb > 50 > row.growth_mb
    with pytest.raises(
        InputError, match="no operation is called like 'sleep'; there are: generator forward;"
    ):
        measure_costs(bundle, only="sleep")


def test_operations_take_turns_and_slow_ones_have_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    runs = {name: lambda name=name: calls.append(name) for name in "ab"}
    settings = Pace(repeats=5)
    monkeypatch.setattr(speed, "affordable", lambda seconds, _: 5 if len(calls) < 2 else 3)  # b is slow
    monkeypatch.setattr(speed, "SHORT", 0.0)
    seconds = time_in_turns(runs, torch.device("cpu"), settings, lambda _: None)
    assert "".join(calls) == "ab" + "a" + "ab" + "a" + "ab" + "ab"
    assert {name: len(times) for name, times in seconds.items()} == {"a": 5, "b": 3}


def test_a_short_operation_runs_once_untimed_in_every_turn() -> None:
    calls: list[str] = []
    seconds = time_in_turns(
        {"a": lambda: calls.append("a")}, torch.device("cpu"), Pace(repeats=3), lambda _: None
    )
    assert len(seconds["a"]) == 3
    assert len(calls) == 1 + 2 * 3


@pytest.mark.parametrize(("seconds", "repeats"), [(0.001, 7), (1.9, 5), (4.0, 3), (60.0, 3)])
def test_slow_operations_are_repeated_as_often_as_time_allows(seconds: float, repeats: int) -> None:
    assert affordable(seconds, Pace(repeats=7, seconds=10)) == repeats
    assert affordable(seconds, Pace(repeats=2, seconds=10)) == 2


def test_fewer_repeats_are_spread_over_all_turns() -> None:
    for turns in range(1, 12):
        for repeats in range(1, turns + 1):
            due = [turn for turn in range(turns) if is_due(turn, repeats, turns)]
            assert len(due) == repeats
            gaps = [b - a for a, b in itertools.pairwise(due)]
            assert not gaps or max(gaps) - min(gaps) <= 1
