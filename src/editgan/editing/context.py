"""What every edit has at hand: the networks that draw and read, and those that judge."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from jaxtyping import Float
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.opened import OpenPhoto
from editgan.core.types import Image
from editgan.perception.judge import Judge

Identity = Callable[[Image], Float[Tensor, "n d"]]  # a face's embedding, unit length


@dataclass(frozen=True, slots=True)
class EditContext:
    """A bundle and its judges."""

    bundle: ModelBundle
    judge: Judge  # of edits
    likeness: Judge  # of embeddings and refinements
    identity: Identity | None  # who is in a picture; None: nobody can say

    @classmethod
    def of(
        cls, bundle: ModelBundle, judge: Judge | None = None, identity: Identity | None = None
    ) -> "EditContext":
        """The bundle's own judges and identity network, unless others are given."""
        return cls(bundle, judge or bundle.judge(), judge or bundle.likeness(), identity or bundle.identity)

    def drawing(self, photo: OpenPhoto) -> "EditContext":
        """With the generator that draws this photo, which may be tuned to it."""
        return replace(self, bundle=self.bundle.drawing_with(photo.generator))
