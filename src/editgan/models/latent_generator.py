"""What is asked of a generator to open, edit and teach with it: z -> w -> one w a layer -> picture, features.

`Generator`, StyleGAN2's, is one. Another type is a subclass with a config of its own, and a line in
`bundle/folder.py`; bundles then name it (docs/formats.md).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn

from editgan.core.images import at_once
from editgan.core.rng import sample_z
from editgan.core.types import Features, Image, W, WPlus, Z


@runtime_checkable
class LatentShape(Protocol):
    """A generator's config: a frozen dataclass that goes through JSON, and says this of the shape."""

    @property
    def resolution(self) -> int:
        """Side of the square image, in pixels."""
        ...

    @property
    def z_dim(self) -> int:
        """Numbers of a z."""
        ...

    @property
    def w_dim(self) -> int:
        """Numbers of a w."""
        ...

    @property
    def num_ws(self) -> int:
        """How many layers take a w."""
        ...

    @property
    def tap_channels(self) -> dict[str, int]:
        """Every feature tap in network order, with its channels."""
        ...

    @property
    def work(self) -> int:
        """Multiplications of one pass, for one picture: whether fast arithmetic pays."""
        ...


@dataclass(frozen=True, slots=True)
class Synthesised:
    """What one pass through the synthesis network yields."""

    image: Image
    features: Features = field(default_factory=dict)  # the tapped layers only, in network order


class LatentGenerator(nn.Module, ABC):
    """A base class, not a protocol: whoever holds one also moves, copies and saves it as a network.

    `synthesis(w_plus, taps=names)` gives a `Synthesised`, differentiably, the same at every call, and raises
    InputError for taps that `config` does not name.
    """

    config: LatentShape
    synthesis: nn.Module

    @property
    @abstractmethod
    def w_avg(self) -> Float[Tensor, "w_dim"]:
        """The mean w, centre of truncation."""

    @abstractmethod
    def to_w(self, z: Z, truncation_psi: float = 1.0) -> W:
        """Any finite z is legal. `truncation_psi` pulls w towards `w_avg`."""

    @abstractmethod
    def fine_weights(self, coarsest_px: int) -> dict[str, Tensor]:
        """By name, weights of `synthesis` that may be fitted to one photo while edit vectors go on to fit.

        Those of layers at `coarsest_px` a side and finer, but not those that a w speaks to.
        """

    def broadcast(self, w: W) -> WPlus:
        """One w for every layer."""
        return w.unsqueeze(1).expand(-1, self.config.num_ws, -1)

    def sample(self, z: Z, truncation_psi: float = 1.0) -> WPlus:
        """z -> the same w on every layer; a view, to be cloned by who writes into it."""
        return self.broadcast(self.to_w(z, truncation_psi))


def samples(
    generator: LatentGenerator,
    count: int,
    *,
    first: int = 0,
    truncation_psi: float = 1.0,
    batch_size: int = 16,
) -> Iterator[Image]:
    """`count` seeds from `first` on, a batch at a time; large pictures in smaller batches. Not clamped."""
    batch = at_once(generator.config.resolution, batch_size)
    for start in range(first, first + count, batch):
        seeds = range(start, min(start + batch, first + count))
        z = sample_z(seeds, generator.config.z_dim, generator.w_avg.device)
        out: Synthesised = generator.synthesis(generator.sample(z, truncation_psi))
        yield out.image
