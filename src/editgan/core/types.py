"""Every tensor shape the library speaks of, named once.

The names follow the field: see the glossary in `docs/concepts.md`. Label maps have a side of their own, the
image's or less: `core.labels.at_side` brings what is in their pixels to an image's.
"""

from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

Pixels = UInt8[Tensor, "n h w 3"]  # what files and browsers hold, 0..255
Photo = UInt8[Tensor, "1 photo_h photo_w 3"]  # one original, beside tensors of its aligned crop
Image = Float[Tensor, "n 3 h w"]  # what networks eat and produce, -1..1
Z = Float[Tensor, "n z_dim"]  # the generator's input noise, normal
W = Float[Tensor, "n w_dim"]  # the mapping network's output
WPlus = Float[Tensor, "n num_ws w_dim"]  # one w per synthesis layer
Delta = Float[Tensor, "num_ws w_dim"]  # an edit vector
LabelMap = Int[Tensor, "n label_h label_w"]  # class ids
Logits = Float[Tensor, "n classes label_h label_w"]
Region = Bool[Tensor, "n 1 label_h label_w"]  # True where an edit may happen, in the label map's pixels
Keep = Bool[Tensor, "1 1 kept_h kept_w"]  # True where nothing may change, in the frame at any side
Mask = Bool[Tensor, "n 1 h w"]  # True at some pixels of an image

Features = dict[str, Tensor]  # tapped activations by layer name, [n, c, r, r] each
Terms = dict[str, Tensor]  # an objective's named scalars, weights applied
