"""Whether a frame shows a whole subject, as the bundle's reader and its `familiar` part see it.

What the reader finds is laid over what the generator's own pictures have where: eyes where eyes are,
background around. A frame beside the subject, or around something else, has little in common with that.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.core.labels import LabelSchema
from editgan.core.rng import sample_z
from editgan.core.types import Image, Photo
from editgan.data.align import crop
from editgan.data.frame import Framing
from editgan.perception.familiar import SHOWN_PX

NUM_SAMPLES = 16
TRUNCATION_PSI = 0.7
# Least likeness, and most strangeness, of a whole subject. Faces have 0.50 to 0.62, what lies beside them
# 0.45 at most. Cats have 0.58 to 0.70; what is beside a cat, or turned, is less like one or stranger.
LIMITS = {"cat": (0.55, 1.3)}
OTHERS_LIMITS = (0.47, 2.0)


class Wholeness:
    """For one bundle; a bundle without these parts takes every frame."""

    def __init__(self, bundle: ModelBundle) -> None:
        self.bundle = bundle
        self._usual: Float[Tensor, "classes s s"] | None = None

    def __call__(self, pixels: Photo, framing: Framing) -> bool:
        """Whether the first photo, seen through the frame, shows a whole subject."""
        least, most = LIMITS.get(self.bundle.subject, OTHERS_LIMITS)
        if self.bundle.reader is not None and self.likeness(pixels, framing) < least:
            return False
        familiar = self.bundle.familiar
        return familiar is None or familiar(self._seen(pixels, framing, SHOWN_PX)).item() <= most

    @torch.no_grad()
    def likeness(self, pixels: Photo, framing: Framing) -> float:
        """Mean probability, 0..1, that a sample of the generator has at a pixel what the photo has there."""
        reader = self.bundle.need("reader").reader
        assert reader is not None
        read = reader(self._seen(pixels, framing, reader.config.side)).softmax(1)[0]
        usual = self.usual(reader.schema)
        seen = F.adaptive_avg_pool2d(read, usual.shape[-1])
        return float((seen * usual).sum(0).mean())

    @torch.no_grad()
    def usual(self, schema: LabelSchema) -> Float[Tensor, "classes s s"]:
        """How often samples have a class at a pixel; classes as the reader numbers them."""
        if self._usual is None:
            generator = self.bundle.generator
            z = sample_z(range(NUM_SAMPLES), generator.config.z_dim, self.bundle.device)
            drawn = self.bundle.render(generator.sample(z, TRUNCATION_PSI))
            shares = F.one_hot(drawn.label_map, len(self.bundle.schema)).float().mean(0).permute(2, 0, 1)
            places = {name: i for i, name in enumerate(self.bundle.schema.names)}
            none = torch.zeros_like(shares[0])
            self._usual = torch.stack([shares[places[n]] if n in places else none for n in schema.names])
        return self._usual

    def _seen(self, pixels: Photo, framing: Framing, side: int) -> Image:
        return crop(pixels, framing, side).to(self.bundle.device)
