"""What EditGAN's release holds besides networks of other projects: its segmentation ensemble, edit vectors
and latents.

The ensemble is ten files, `car_model_0.pth` to `car_model_9.pth`, each {"model_state_dict": ...} of one pixel
classifier: linear, ReLU, batch normalisation, twice, then linear, 6016-256-128-32 for the cars. It reads
every feature tap of the generator, the constant input first, enlarged bilinearly and stacked, and the logits
are averaged: as a SegmentationBranch does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from editgan.checkpoints.keys import without_prefix
from editgan.checkpoints.reading.reader import open_checkpoint
from editgan.core.errors import CheckpointError
from editgan.core.types import Delta
from editgan.data.formats.datasetgan import load_latents as load_latents  # [n, num_ws, w_dim] from a .npy
from editgan.models.folding import Members, Norm, fold_members
from editgan.models.segmentation import BranchConfig, SegmentationBranch

Read = Callable[[Path], Any]  # a file -> plain values: dicts, lists, numbers, tensors

LINEAR, NORMS = (0, 3, 6), (2, 5)  # positions in the original's sequence of layers; 1 and 4 are ReLU
EPS = 1e-5  # of its batch normalisation
_NORM_PARTS = ("weight", "bias", "running_mean", "running_var")
_DROPPED = {f"{i}.num_batches_tracked" for i in NORMS}  # counts training steps


@dataclass(frozen=True, slots=True)
class ReleasedVector:
    """An edit vector as EditGAN keeps it."""

    delta: Delta
    class_ids: tuple[int, ...]  # the parts it edits, where the file names them: the web interface's does


def read_values(path: Path) -> Any:
    """All that a checkpoint holds, read without running any of it."""
    with open_checkpoint(path) as file:
        return file.value()


def load_ensemble(
    paths: Sequence[Path], tap_channels: Mapping[str, int], side: int, read: Read = read_values
) -> SegmentationBranch:
    """The branch of the released classifiers, batch normalisation folded into the layers after it.

    Args:
        paths: one file per member.
        tap_channels: the generator's taps in network order, as in its config.
        side: of the label maps, in pixels; the original's are 512, also for a generator of 1024.
        read: how to read a file.

    Raises:
        CheckpointError: a file is none of them, was made for another generator, or differs from the others.
    """
    if not paths or len(set(paths)) < len(paths):
        raise CheckpointError("an ensemble needs its classifiers' files, each once: car_model_0.pth, ...")
    members = [_member(path, read) for path in paths]
    for path, member in zip(paths, members, strict=True):
        _check_shapes(path, member, paths[0], members[0])
    (h1, features), (h2, _) = members[0]["0.weight"].shape, members[0]["3.weight"].shape
    if features != (wanted := sum(tap_channels.values())):
        raise CheckpointError(
            f"{paths[0]} reads {features} features a pixel, but this generator has {wanted}; it belongs to "
            "another generator"
        )
    shape = BranchConfig(
        taps=tuple(tap_channels),
        tap_channels=tuple(tap_channels.values()),
        classes=len(members[0]["6.weight"]),
        resolution=side,
        heads=len(members),
        hidden=(h1, h2),
    )
    return fold_members(_together(members), shape).eval().requires_grad_(False)


def load_vector(path: Path, num_ws: int, w_dim: int, read: Read = read_values) -> ReleasedVector:
    """From a .npy [num_ws, w_dim], or the web interface's pickle of `edit_vector` and `roi_ids`.

    Raises:
        CheckpointError: neither, or a vector of another shape: for another generator.
        InputError: no .npy of numbers.
    """
    ids: tuple[int, ...] = ()
    if path.suffix.lower() == ".npy":
        delta = load_latents(path)
    else:
        delta, ids = _from_interface(path, read(path))
    delta = delta[0] if delta.ndim == 3 and len(delta) == 1 else delta
    if list(delta.shape) != [num_ws, w_dim]:
        raise CheckpointError(
            f"{path} should hold an edit vector {[num_ws, w_dim]}, but it is {list(delta.shape)}; it belongs "
            "to another generator"
        )
    return ReleasedVector(delta, ids)


def _member(path: Path, read: Read) -> dict[str, Tensor]:
    """One classifier's tensors, named by their layer's position."""
    value = read(path)
    state = value.get("model_state_dict", value) if isinstance(value, Mapping) else None
    if not isinstance(state, Mapping) or (state is not value and len(value) > 1):
        raise CheckpointError(f"{path} should hold one model_state_dict, as EditGAN's classifiers do")
    named = without_prefix(without_prefix(state), "layers.")
    keys = set(_shapes((0, 0, 0, 0)))
    for verb, names in (("lacks", keys - set(named)), ("has also", set(named) - keys - _DROPPED)):
        if names:
            some = ", ".join(sorted(map(str, names))[:5])
            raise CheckpointError(f"{path} {verb} {some}; it is no pixel classifier of EditGAN's")
    tensors = {name: named[name] for name in sorted(keys)}
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor) or not tensor.is_floating_point() or not tensor.isfinite().all():
            raise CheckpointError(f"{path} should have finite numbers in {name}")
    return {name: tensor.float() for name, tensor in tensors.items()}


def _check_shapes(path: Path, member: Mapping[str, Tensor], first: Path, model: Mapping[str, Tensor]) -> None:
    """Raises CheckpointError where layers do not fit each other, or the first member's."""
    weights = [member[f"{i}.weight"] for i in LINEAR]
    if any(weight.ndim != 2 for weight in weights):
        raise CheckpointError(f"{path} should have matrices as weights of its linear layers")
    wanted = _shapes([weights[0].shape[1], *map(len, weights)])
    for name, tensor in member.items():
        if list(tensor.shape) != (shape := wanted[name]):
            raise CheckpointError(f"{path} has {list(tensor.shape)} as {name}, but its layers want {shape}")
        if tensor.shape != model[name].shape:
            raise CheckpointError(
                f"{path} has {list(tensor.shape)} as {name}, but {first} has {list(model[name].shape)}; they "
                "are of two ensembles"
            )


def _shapes(widths: Sequence[int]) -> dict[str, list[int]]:
    """Of every tensor of a classifier with these widths, from the features to the classes."""
    pairs = pairwise(widths)
    shapes = {f"{i}.weight": [after, before] for i, (before, after) in zip(LINEAR, pairs, strict=True)}
    shapes |= {f"{i}.bias": [width] for i, width in zip(LINEAR, widths[1:], strict=True)}
    return shapes | {
        f"{i}.{part}": [width] for i, width in zip(NORMS, widths[1:3], strict=True) for part in _NORM_PARTS
    }


def _together(members: Sequence[Mapping[str, Tensor]]) -> Members:
    def stacked(name: str) -> Tensor:
        return torch.stack([member[name] for member in members])

    def norm(i: int) -> Norm:
        mean, var = stacked(f"{i}.running_mean"), stacked(f"{i}.running_var")
        return Norm(stacked(f"{i}.weight"), stacked(f"{i}.bias"), mean, var, EPS)

    return Members(
        tuple(stacked(f"{i}.weight").transpose(1, 2) for i in LINEAR),
        tuple(stacked(f"{i}.bias") for i in LINEAR),
        (norm(NORMS[0]), norm(NORMS[1])),
    )


def _from_interface(path: Path, value: Any) -> tuple[Tensor, tuple[int, ...]]:
    if not isinstance(value, Mapping) or set(value) != {"edit_vector", "roi_ids"}:
        raise CheckpointError(f"{path} should hold edit_vector and roi_ids, as EditGAN's web page saves them")
    delta, ids = value["edit_vector"], value["roi_ids"]
    ids = ids.flatten().tolist() if isinstance(ids, Tensor) else ids
    if not isinstance(delta, Tensor) or not delta.is_floating_point() or not delta.isfinite().all():
        raise CheckpointError(f"{path} should hold finite numbers as edit_vector")
    if not isinstance(ids, list | tuple) or any(type(i) is not int for i in ids):
        raise CheckpointError(f"{path} should hold class ids as roi_ids")
    return delta.float(), tuple(sorted(set(ids)))
