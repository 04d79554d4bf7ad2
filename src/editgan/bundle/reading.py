"""What is read in a picture, and where the branch's members are in two minds: a first draft for a person."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.core.types import Image, LabelMap, WPlus
from editgan.models.segmentation import disagreement
from editgan.perception.segmenter import Segmenter


@dataclass(frozen=True, slots=True)
class Reading:
    """The parts of a picture, larger than the bundle knows them, and the doubt about them."""

    label_map: LabelMap  # [n, side, side]
    disagreement: Float[Tensor, "n r r"]  # 0..1, `ModelBundle.label_side` px a side


@torch.no_grad()
def read_parts(bundle: ModelBundle, w_plus: WPlus, side: int) -> Reading:
    """Reads the rendering of `w_plus` into a label map of `side` px.

    Logits are enlarged, not ids: the outlines come out smooth instead of as stairs.
    """
    features = bundle.generator.synthesis(w_plus, taps=bundle.branch.config.taps).features
    with bundle.fast():
        heads = bundle.branch.head_logits(features)  # [n, heads, classes, s, s]
    logits = F.interpolate(heads.mean(1), size=(side, side), mode="bilinear")
    return Reading(logits.argmax(1), disagreement(heads))


@torch.no_grad()
def seen_parts(reader: Segmenter, image: Image, side: int) -> LabelMap:
    """What a reader sees in pictures themselves, as a label map of `side` px, logits enlarged alike."""
    return F.interpolate(reader(image), size=(side, side), mode="bilinear").argmax(1)
