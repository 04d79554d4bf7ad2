"""How fast this machine can be at most, and how much arithmetic an operation asks of it.

Beside a measured time they say how far it is from the limit.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from editgan.core.devices import has_fast_bf16
from editgan.evaluation.speed import seconds_of

SIDE = 2048  # of the square matrices: 17 GFLOP a product
COPIED_BYTES = 2**28  # larger than any cache
TRIES = 5  # of which the fastest counts: a ceiling is what can be reached


@dataclass(frozen=True, kw_only=True, slots=True)
class Ceilings:
    """The fastest products and copies seen on one device. None: the device has no such arithmetic."""

    float32_gflops: float  # GFLOP/s
    tf32_gflops: float | None
    bfloat16_gflops: float | None
    copy_gb_per_s: float  # bytes read plus bytes written

    @property
    def gflops(self) -> float:
        """What shares are of. On CUDA convolutions may use TF32, PyTorch's default, so it is theirs."""
        return max(self.float32_gflops, self.tf32_gflops or 0.0)


def measure_ceilings(device: torch.device, *, side: int = SIDE, copied: int = COPIED_BYTES) -> Ceilings:
    """Times products of two square matrices of `side`, and copies of `copied` bytes, on `device`."""
    tf32 = None
    if device.type == "cuda":
        before = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision("high")
        tf32 = _products(device, torch.float32, side)
        torch.set_float32_matmul_precision(before)
    return Ceilings(
        float32_gflops=_products(device, torch.float32, side),
        tf32_gflops=tf32,
        bfloat16_gflops=_products(device, torch.bfloat16, side) if has_fast_bf16(device) else None,
        copy_gb_per_s=_copies(device, copied),
    )


def count_flops(operation: Callable[[], object]) -> float | None:
    """GFLOP of one call, its backward pass included; a multiplication and an addition are two.

    Matrix products and convolutions are counted, not what is done pixel by pixel. None where the counter
    stumbles over something in the operation, or knows none of its arithmetic; the call is then made again
    without it, so that whatever else is wrong is raised.
    """
    try:
        with FlopCounterMode(display=False, custom_mapping=IN_PLACE) as counter:
            operation()
    except Exception:  # whatever a counter may dislike; what is wrong without it, too, is raised below
        operation()
        return None
    return counter.get_total_flops() / 1e9 or None


def _added_product(onto: torch.Size, a: torch.Size, b: torch.Size, *_: object, **__: object) -> int:
    """Of shapes [..., m, k] and [..., k, n]."""
    return 2 * a.numel() * b[-1]


# Products that add to what is there: PyTorch's counter knows only those that make a new tensor
IN_PLACE = {torch.ops.aten.addmm_: _added_product, torch.ops.aten.baddbmm_: _added_product}


def _products(device: torch.device, dtype: torch.dtype, side: int) -> float:
    a, b = torch.randn(2, side, side, device=device).to(dtype)
    out = torch.empty_like(a)
    return 2 * side**3 / 1e9 / _fastest(lambda: torch.mm(a, b, out=out), device)


def _copies(device: torch.device, copied: int) -> float:
    source = torch.ones(copied // 4, device=device)
    target = torch.zeros_like(source)
    return 2 * copied / 1e9 / _fastest(lambda: target.copy_(source), device)


def _fastest(operation: Callable[[], object], device: torch.device) -> float:
    operation()  # warms up
    return min(seconds_of(operation, device) for _ in range(TRIES))
