"""Weights on disk: safetensors in half precision, or exact, in files small enough for git."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from editgan.core.errors import BundleError

MAX_BYTES = 15 * 2**20  # a file of a bundle stays under 16 MB, header included


def save_tensors(
    state: Mapping[str, Tensor], folder: Path, stem: str, *, full_precision: bool = False
) -> list[str]:
    """Writes `stem`.safetensors, or `stem`-1.safetensors, -2, ... where one file would be too big.

    Values are rounded to float16, or kept as float32 with `full_precision`. Returns the file names.
    """
    dtype = torch.float32 if full_precision else torch.float16
    shards: list[dict[str, Tensor]] = [{}]
    size = 0
    for name, value in state.items():
        kept = stored(name, value, dtype)
        if shards[-1] and size + kept.nbytes > MAX_BYTES:
            shards.append({})
            size = 0
        shards[-1][name] = kept
        size += kept.nbytes
    numbered = [f"-{i + 1}" if len(shards) > 1 else "" for i in range(len(shards))]
    names = [f"{stem}{number}.safetensors" for number in numbered]
    for name, shard in zip(names, shards, strict=True):
        save_file(shard, folder / name)
        (folder / name).chmod(0o644)  # the library makes it private
    return names


def load_tensors(paths: list[Path]) -> dict[str, Tensor]:
    """The inverse of `save_tensors`, as float32. Raises BundleError for a file that is not safetensors."""
    state: dict[str, Tensor] = {}
    for path in paths:
        try:
            with safe_open(path, framework="pt") as file:
                state |= {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError) as error:
            raise BundleError(
                f"{path} should be a safetensors file, but reading it failed: {error}"
            ) from None
    return state


def stored(name: str, value: Tensor, dtype: torch.dtype = torch.float16) -> Tensor:
    """As it lies in a file. Raises BundleError where `dtype` cannot hold it."""
    kept = value.detach().cpu().to(dtype).contiguous()
    if not kept.isfinite().all():
        raise BundleError(f"{name} has values beyond {dtype} or not finite; the training has diverged")
    return kept
