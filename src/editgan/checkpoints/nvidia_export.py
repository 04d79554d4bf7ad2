"""Our networks -> a pickle that NVIDIA's repositories load.

Their pickles hold a network's attributes, tensors and source text. The attributes follow from the
configuration (`nvidia_attributes`); in place of the source stands a line that takes the classes from the
repository that loads the file.
"""

import pickle
import sys
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from editgan.checkpoints.nvidia_attributes import (
    Attributes,
    discriminator_attributes,
    generator_attributes,
)
from editgan.checkpoints.nvidia_names import NVIDIA
from editgan.core.files import replacing
from editgan.models.discriminator import Discriminator
from editgan.models.generator import Generator

SOURCE = """try:
    from training.networks_stylegan2 import *  # NVlabs/stylegan3
except ModuleNotFoundError as error:
    if error.name != "training.networks_stylegan2":
        raise
    from training.networks import *  # NVlabs/stylegan2-ada-pytorch
"""
VERSION = 6  # of torch_utils.persistence
_BUFFERS = ("w_avg", "noise_const", "resample_filter")


def write_nvidia(generator: Generator, discriminator: Discriminator | None, path: Path) -> None:
    """A training snapshot without training state, as `legacy.load_network_pkl` reads it.

    That one insists on a discriminator; without it, only readers of `G_ema` alone can use the file.
    """
    averaged = _module("", generator_attributes(generator.config), NVIDIA.write(generator))
    snapshot: dict[str, Any] = {
        "G": averaged,
        "G_ema": averaged,
        "training_set_kwargs": None,
        "augment_pipe": None,
    }
    if discriminator is not None:
        attributes = discriminator_attributes(discriminator.config)
        snapshot["D"] = _module("", attributes, NVIDIA.write(discriminator))
    with replacing(path) as scratch, scratch.open("wb") as file, _named_as_theirs():
        pickle.dump(snapshot, file, protocol=4)


class _Persistent:
    """Pickles as a call of the function that rebuilds NVIDIA's modules."""

    def __init__(self, class_name: str, state: dict[str, Any]) -> None:
        self.class_name, self.state = class_name, state

    def __reduce__(self) -> tuple[Any, ...]:
        meta = {
            "type": "class",
            "version": VERSION,
            "module_src": SOURCE,
            "class_name": self.class_name,
            "state": self.state,
        }
        return _reconstruct_persistent_obj, (meta,)


def _reconstruct_persistent_obj(meta: Mapping[str, Any]) -> None:
    raise NotImplementedError("only its name is written; NVIDIA's repositories have the function")


@contextmanager
def _named_as_theirs() -> Iterator[None]:
    """While it lasts, our stand-in is pickled under their function's name: pickle looks it up to be sure."""
    package, name = ModuleType("torch_utils"), "torch_utils.persistence"
    module = ModuleType(name)
    module._reconstruct_persistent_obj = _reconstruct_persistent_obj  # type: ignore[attr-defined]
    theirs = {package.__name__: package, name: module}
    before = {name: sys.modules[name] for name in theirs if name in sys.modules}
    own, _reconstruct_persistent_obj.__module__ = _reconstruct_persistent_obj.__module__, name
    sys.modules.update(theirs)
    try:
        yield
    finally:
        _reconstruct_persistent_obj.__module__ = own
        for name in theirs:
            del sys.modules[name]
        sys.modules.update(before)


def _module(path: str, attributes: Attributes, tensors: Mapping[str, Tensor]) -> _Persistent:
    """One module with those below it."""
    prefix = f"{path}." if path else ""
    class_name, own = attributes[path]
    state = dict(vars(nn.Module())) | own | {"training": False}
    parameters: OrderedDict[str, Any] = OrderedDict()
    buffers: OrderedDict[str, Any] = OrderedDict()
    for name, value in tensors.items():
        if name.startswith(prefix) and "." not in (short := name.removeprefix(prefix)):
            kind = buffers if short in _BUFFERS else parameters
            kind[short] = value if kind is buffers else nn.Parameter(value, requires_grad=False)
    below = [name.removeprefix(prefix) for name in attributes if name.startswith(prefix) and name != path]
    modules = OrderedDict(
        (name, _module(f"{prefix}{name}", attributes, tensors)) for name in below if "." not in name
    )
    state |= {"_parameters": parameters, "_buffers": buffers, "_modules": modules}
    return _Persistent(class_name, state)
