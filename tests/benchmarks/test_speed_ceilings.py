from dataclasses import replace

import pytest
import torch

from benchmarks.ceilings import Ceilings, count_flops, measure_ceilings
from editgan.evaluation.speed import seconds_of

CPU = torch.device("cpu")


def test_ceilings_are_those_of_this_machine() -> None:
    ceilings = measure_ceilings(CPU, side=128, copied=2**20)
    assert 0.01 < ceilings.float32_gflops < 1e6 and 0.01 < ceilings.copy_gb_per_s < 1e5
    assert ceilings.tf32_gflops is None
    assert ceilings.gflops == ceilings.float32_gflops


def test_shares_are_of_the_arithmetic_that_convolutions_may_use() -> None:
    cpu = Ceilings(float32_gflops=50.0, tf32_gflops=None, bfloat16_gflops=100.0, copy_gb_per_s=10.0)
    assert cpu.gflops == 50.0
    assert replace(cpu, tf32_gflops=400.0).gflops == 400.0


def test_products_are_counted_forward_and_backward() -> None:
    a, b = torch.randn(100, 200), torch.randn(200, 300, requires_grad=True)
    assert count_flops(lambda: a @ b) == pytest.approx(2 * 100 * 200 * 300 / 1e9)
    assert count_flops(lambda: (a @ b).sum().backward()) == pytest.approx(2 * 2 * 100 * 200 * 300 / 1e9)
    total = torch.zeros(100, 300)
    assert count_flops(lambda: total.addmm_(a, b.detach())) == count_flops(lambda: a @ b)
    assert count_flops(lambda: a + 1) is None  # nothing that is counted


def test_a_counter_that_stumbles_costs_the_count_alone() -> None:
    calls = []

    def stumbles_once() -> None:
        calls.append(len(calls))
        if len(calls) == 1:
            raise RuntimeError("not under a counter")

    assert count_flops(stumbles_once) is None and calls == [0, 1]


def test_what_is_wrong_without_a_counter_is_raised() -> None:
    def broken() -> None:
        raise ValueError("always")

    with pytest.raises(ValueError, match="always"):
        count_flops(broken)


def test_seconds_are_those_of_one_call() -> None:
    calls = []
    assert 0 <= seconds_of(lambda: calls.append(1), CPU) < 1
    assert calls == [1]
