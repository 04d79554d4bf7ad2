"""Files as other people's programs write them, without those programs: stand-ins bear their names."""

import io
import pickle
import sys
from argparse import Namespace
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import torch

SOURCE = "raise SystemExit('source code was run')\n" + "# as long as it usually is\n" * 5


class EasyDict(dict):  # type: ignore[type-arg]
    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Network:
    """As TensorFlow's: its state is what `__getstate__` says."""

    def __init__(self, name: str, variables: list[tuple[str, np.ndarray]], **components: "Network") -> None:  # type: ignore[type-arg]
        self.kept = {"version": 4, "name": name, "static_kwargs": EasyDict(fmaps=8), "variables": variables}
        self.kept["components"] = EasyDict(components)

    def __getstate__(self) -> dict[str, Any]:
        return self.kept


class Persistent:
    """A module that brings its source along."""

    def __init__(self, class_name: str, tensors: dict[str, torch.Tensor], **children: "Persistent") -> None:
        self.meta = {
            "type": "class",
            "version": 6,
            "module_src": SOURCE,
            "class_name": class_name,
            "state": {
                "training": False,
                "_parameters": OrderedDict((k, torch.nn.Parameter(v)) for k, v in tensors.items()),
                "_buffers": OrderedDict(scale=torch.tensor(0.5)),
                "_modules": OrderedDict(children),
                "_init_kwargs": EasyDict(z_dim=4),
            },
        }

    def __reduce__(self) -> Any:
        return _reconstruct_persistent_obj, (self.meta,)


def _reconstruct_persistent_obj(meta: Any) -> None:
    raise AssertionError("this would run the file's source code")


_STAND_INS = {
    "dnnlib": {},
    "dnnlib.util": {"EasyDict": EasyDict},
    "dnnlib.tflib": {},
    "dnnlib.tflib.network": {"Network": Network},
    "torch_utils": {},
    "torch_utils.persistence": {"_reconstruct_persistent_obj": _reconstruct_persistent_obj},
}


@contextmanager
def stand_ins() -> Iterator[None]:
    """While it lasts, what is pickled names the programs' own modules."""
    modules = {name: ModuleType(name) for name in _STAND_INS}
    named = [
        (modules[module], name, thing)
        for module, things in _STAND_INS.items()
        for name, thing in things.items()
    ]
    own = [thing.__module__ for _, _, thing in named]
    with mock.patch.dict(sys.modules, modules):
        try:
            for module, name, thing in named:
                setattr(module, name, thing)
                thing.__module__ = module.__name__
            yield
        finally:
            for (_, _, thing), home in zip(named, own, strict=True):
                thing.__module__ = home


def weights(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def nvidia_values() -> dict[str, Any]:
    """What a StyleGAN2-ADA snapshot holds."""

    def network(seed: int) -> Persistent:
        layer = Persistent("Layer", {"weight": weights(seed, 3, 2), "bias": weights(seed + 1, 3)})
        return Persistent("Generator", {"const": weights(seed + 2, 2, 2)}, fc0=layer, fc1=layer)

    return {
        "G": network(0),
        "D": network(10),
        "G_ema": network(20),
        "augment_pipe": None,
        "training_set_kwargs": EasyDict(class_name="ImageFolderDataset", resolution=64, use_labels=False),
    }


def nvidia_pickle(protocol: int = 4) -> bytes:
    with stand_ins():
        return pickle.dumps(nvidia_values(), protocol)


def tensorflow_pickle(protocol: int = 3) -> bytes:
    """(G, D, Gs)."""
    with stand_ins():
        networks = []
        for index in range(3):
            kernel = weights(index, 3, 3, 2, 4).numpy()
            part = Network("synthesis", [("4x4/Conv/weight", kernel), ("lod", np.float32(index))])
            networks.append(Network("G", [("dlatent_avg", np.arange(4, dtype="f4"))], synthesis=part))
        return pickle.dumps(tuple(networks), protocol)


def training_values() -> dict[str, Any]:
    """What a training script in torch saves: networks, optimiser, arguments."""
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer = torch.optim.Adam(model.parameters())
    optimizer.step()
    whole = torch.arange(24, dtype=torch.float32)
    return {
        "g_ema": model.state_dict(),
        "g_optim": optimizer.state_dict(),
        "args": Namespace(size=64, path="photos", betas=(0.0, 0.99), local=None),
        "latent_avg": whole[4:12],
        "transposed": whole.reshape(4, 6).T,
        "strided": whole.reshape(2, 3, 4)[:, 1:, ::2],
        "half": torch.tensor([1.5, -2.0]).half(),
        "bfloat16": torch.tensor([[1.5], [-2.0]]).bfloat16(),
        "double": torch.tensor(2.5, dtype=torch.float64),
        "complex": torch.tensor([1 + 2j]),
        "bool": torch.tensor([True, False]),
        "uint16": torch.tensor([1, 65535], dtype=torch.uint16),
        "long": torch.tensor([-(2**62), 7]),
        "empty": torch.zeros(0, 3),
        "shape": torch.Size([2, 3]),
        "dtype": torch.float16,
        "history": defaultdict(list, {"fid": [4.5, 3.25]}),
        "names": {"a", "b"},
        "step": 1000,
    }


def torch_file(values: Any, *, is_zip: bool = True) -> bytes:
    file = io.BytesIO()
    torch.save(values, file, _use_new_zipfile_serialization=is_zip)
    return file.getvalue()


def same(made: Any, meant: Any) -> bool:
    """Is what was read what was written, in plain values?"""
    if isinstance(meant, Namespace):
        meant = vars(meant)
    if isinstance(meant, torch.Tensor):
        return (
            isinstance(made, torch.Tensor) and made.dtype == meant.dtype and torch.equal(made, meant.detach())
        )
    if isinstance(meant, np.ndarray):
        return isinstance(made, torch.Tensor) and np.array_equal(made.numpy(), meant)
    if isinstance(meant, dict):
        return (
            type(made) is dict and list(made) == list(meant) and all(same(made[k], meant[k]) for k in meant)
        )
    if isinstance(meant, list | tuple):
        kind = tuple if isinstance(meant, tuple) else list
        return type(made) is kind and len(made) == len(meant) and all(map(same, made, meant))
    return bool(made == meant) and type(made) is type(meant)
