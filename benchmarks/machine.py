"""Where figures were measured: without it they cannot be compared with others."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import torch

# What moves CPU times by a quarter and more: the allocator and the threads
TELLING = (
    "MALLOC_",
    "LD_PRELOAD",
    "THP_MEM_ALLOC_ENABLE",
    "OMP_",
    "MKL_",
    "KMP_",
    "PYTORCH_",
    "DNNL_",
    "ONEDNN_",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """Processor, device and software."""

    processor: str
    device: str  # "cpu", or the accelerator's name
    threads: int  # that PyTorch uses on the CPU
    system: str
    python: str
    torch: str
    editgan: str
    date: str  # UTC, ISO 8601
    environment: dict[str, str]  # variables that change how fast PyTorch is


def describe_machine(device: torch.device) -> Machine:
    """This machine, now."""
    return Machine(
        processor=_processor(),
        device=torch.cuda.get_device_name(device) if device.type == "cuda" else str(device),
        threads=torch.get_num_threads(),
        system=platform.platform(),
        python=platform.python_version(),
        torch=torch.__version__,
        editgan=version("editgan"),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        environment={name: value for name, value in sorted(os.environ.items()) if name.startswith(TELLING)},
    )


def _processor() -> str:
    """Its name as the maker gave it, where the system tells (Linux)."""
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
