"""How light or dark skin is in a photo, by its individual typology angle.

ITA = arctan((L* - 50) / b*), in degrees, of CIELAB: Chardon, Cretois & Hourseau 1991, "Skin colour typology
and suntanning pathways"; its classes as in Del Bino & Bernerd 2013, "Variations in skin colour and the
biological consequences of ultraviolet radiation exposure". It was made for measured skin: in a photo it is
the light's and the camera's, too.
"""

import torch
from jaxtyping import Bool
from torch import Tensor

from editgan.core.images import to_lab
from editgan.core.types import Image

TONES = (  # the least angle; two of the six classes in one, so that groups are not too small
    (41.0, "light (ITA over 41)"),
    (10.0, "intermediate or tan (10 to 41)"),
    (-90.0, "brown or dark (under 10)"),
)
FEWEST = 100  # pixels of skin; fewer say nothing


def typology_angle(image: Image, skin: Bool[Tensor, "1 h w"]) -> float | None:
    """Degrees, the median over the skin of one picture; None where hardly any is seen."""
    if int(skin.sum()) < FEWEST:
        return None
    lightness, _, yellow = to_lab(image)[0][:, skin[0]].double()
    return torch.atan2(lightness - 50, yellow.clamp_min(1e-6)).rad2deg().median().item()


def tone_of(angle: float) -> str:
    """The group that an angle belongs to."""
    return next(name for least, name in TONES if angle >= least)
