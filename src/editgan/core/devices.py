"""Which device, which precision."""

import torch

from editgan.core.errors import InputError


def pick_device(name: str | None = None) -> torch.device:
    """The device asked for, or the best one here: CUDA, then Apple's MPS, then the CPU."""
    if name is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f"device {name!r} cannot be used here ({str(error).splitlines()[0]}); try cpu"
        ) from None
    return device


def has_fast_bf16(device: torch.device) -> bool:
    """Whether bfloat16 arithmetic is native: Ampere and later, or a CPU with AVX512-BF16 or AMX."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())
