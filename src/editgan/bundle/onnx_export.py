"""A bundle as ONNX: mapping, and synthesis with parts, for programs without PyTorch.

Enough to apply edit vectors: w_plus + strength * delta goes in, image and label map come out. The graphs are
checked with onnxruntime against PyTorch before they are written.
"""

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from safetensors import safe_open
from torch import Tensor, nn

from editgan.bundle.bundle import BundleDraft
from editgan.core.errors import UnavailableError
from editgan.core.files import filling, write_json
from editgan.core.rng import sample_z
from editgan.core.types import Features, Image, WPlus, Z
from editgan.models.latent_generator import LatentGenerator
from editgan.models.segmentation import SegmentationBranch

FILES = MAPPING, SYNTHESIS, VECTORS, ABOUT = "mapping.onnx", "synthesis.onnx", "vectors.npz", "about.json"
EXAMPLES = 2  # pictures the graphs are traced and checked with; any number fits afterwards
TOLERANCE = 1e-3  # of the range -1..1: the largest difference of any value
AGREEMENT = 0.999  # of the label map: a pixel between two parts may fall to either


class MappingGraph(nn.Module):
    """z, truncation_psi -> w_plus."""

    def __init__(self, generator: LatentGenerator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, z: Z, truncation_psi: Float[Tensor, ""]) -> WPlus:
        """The psi is an input, so that programs can choose it."""
        w_avg = self.generator.w_avg
        return self.generator.broadcast(w_avg + truncation_psi * (self.generator.to_w(z) - w_avg))


class SynthesisGraph(nn.Module):
    """w_plus -> image, and its label map where there is a branch."""

    def __init__(self, generator: LatentGenerator, branch: SegmentationBranch | None) -> None:
        super().__init__()
        self.generator, self.branch = generator, branch

    def forward(self, w_plus: WPlus) -> tuple[Image] | tuple[Image, Int[Tensor, "n s s"]]:
        """Constant noise, float32 throughout."""
        taps = () if self.branch is None else self.branch.config.taps
        out = self.generator.synthesis(w_plus, taps=taps)
        if self.branch is None:
            return (out.image,)
        return out.image, _logits(self.branch, out.features).argmax(1)


def _logits(branch: SegmentationBranch, features: Features) -> Float[Tensor, "n classes s s"]:
    """The ensemble as plain operations: tiles and matrix products pay in PyTorch, not in a graph.

    One member at a time, since all of them at once fill memory.
    """
    config = branch.config
    units = config.hidden[0]
    total: Tensor | None = None
    for head in range(config.heads):
        rows = slice(head * units, (head + 1) * units)
        sums: dict[int, Tensor] = {}
        for name, weight in zip(config.taps, branch.first, strict=True):
            x = F.conv2d(features[name], weight[rows, :, None, None])
            sums[x.shape[2]] = x + sums[x.shape[2]] if x.shape[2] in sums else x
        hidden = branch.first_bias[rows, None, None]
        for side, x in sums.items():
            size = (config.resolution, config.resolution)
            hidden = hidden + (x if side == config.resolution else F.interpolate(x, size, mode="bilinear"))
        second = F.conv2d(F.relu(hidden), branch.second[head, :, :, None, None], branch.second_bias[head])
        logits = F.conv2d(F.relu(second), branch.third[head, :, :, None, None], branch.third_bias[head])
        total = logits if total is None else total + logits
    assert total is not None
    return total / config.heads


@dataclass(frozen=True, slots=True)
class Checked:
    """How far onnxruntime is from PyTorch on the examples."""

    w_plus: float  # largest difference
    image: float  # largest difference; the range is -1..1
    labels: float | None  # share of equal pixels; None without a branch


@torch.no_grad()
def export_onnx(bundle: BundleDraft, out: Path) -> Checked:
    """Writes `FILES` to the folder `out`, where others stay.

    Raises:
        UnavailableError: the packages of `editgan[onnx]` are not here, or the graphs differ from PyTorch.
    """
    _need_packages()
    bundle = bundle.to("cpu")
    config = bundle.generator.config
    z = sample_z(range(EXAMPLES), config.z_dim)
    w_plus = bundle.generator.sample(z).contiguous()
    mapping, synthesis = MappingGraph(bundle.generator), SynthesisGraph(bundle.generator, bundle.branch)
    outputs = ["image"] + (["label_map"] if bundle.branch is not None else [])
    with filling(out) as scratch:
        psi = torch.tensor(0.7)
        _write(mapping, {"z": z, "truncation_psi": psi}, ["w_plus"], scratch / MAPPING)
        _write(synthesis, {"w_plus": w_plus}, outputs, scratch / SYNTHESIS)
        checked = _check(scratch, mapping, synthesis, z, w_plus)
        _write_vectors(bundle, scratch)
    return checked


def _need_packages() -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise UnavailableError(
            f"exporting to ONNX needs {error.name}; install it with: pip install 'editgan[onnx]'"
        ) from None


def _write(module: nn.Module, inputs: dict[str, Tensor], outputs: list[str], path: Path) -> None:
    """The first dimension of everything but single numbers stays free."""
    free = {name: {0: torch.export.Dim.DYNAMIC} if value.ndim else None for name, value in inputs.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter speaks of its own innards
        torch.onnx.export(
            module.eval(),
            tuple(inputs.values()),
            path,
            input_names=list(inputs),
            output_names=outputs,
            dynamic_shapes=tuple(free.values()),
            dynamo=True,
            external_data=False,
            verbose=False,
        )


def _check(folder: Path, mapping: nn.Module, synthesis: nn.Module, z: Tensor, w_plus: Tensor) -> Checked:
    found = _run(folder / MAPPING, z=z.numpy(), truncation_psi=np.array(0.5, np.float32))[0]
    w_error = float(np.abs(found - mapping(z, torch.tensor(0.5)).numpy()).max())
    alone = w_plus[:1]  # another batch than the one it was traced with
    image, *labels = _run(folder / SYNTHESIS, w_plus=alone.numpy())
    wanted, *wanted_labels = synthesis(alone)
    checked = Checked(
        w_error,
        float(np.abs(image - wanted.numpy()).max()),
        float((labels[0] == wanted_labels[0].numpy()).mean()) if labels else None,
    )
    labels_agree = checked.labels is None or checked.labels >= AGREEMENT
    if max(checked.w_plus, checked.image) > TOLERANCE or not labels_agree:
        raise UnavailableError(f"the ONNX graphs differ from PyTorch ({checked}), so nothing was written")
    return checked


def _run(path: Path, **inputs: Any) -> list[Any]:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    outputs: list[Any] = session.run(None, inputs)
    return outputs


def _write_vectors(bundle: BundleDraft, folder: Path) -> None:
    """vectors.npz: each delta by its name; about.json: what programs need to know besides."""
    deltas, notes = {}, {}
    for path in sorted((bundle.folder / "vectors").glob("*.safetensors")) if bundle.folder else ():
        with safe_open(path, framework="numpy") as file:
            deltas[path.stem] = file.get_tensor("delta")
            said = json.loads(file.metadata()["edit_vector"])
        notes[path.stem] = {"classes": said["classes"], "strengths": said["strengths"]}
    np.savez(folder / VECTORS, **deltas)
    about = {
        "bundle": bundle.name,
        "fingerprint": bundle.fingerprint,
        "image_range": [-1, 1],
        "letter_box": bundle.letter_box,
        "schema": None if bundle.schema is None else bundle.schema.to_json(),
        "vectors": notes,
    }
    write_json(folder / ABOUT, about)
