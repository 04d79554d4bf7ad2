"""A recipe: the configuration of every training of one bundle."""

from dataclasses import dataclass, field, replace

from editgan.core.labels import LabelSchema
from editgan.recipes.vectors import WantedVector
from editgan.training.aligner import AlignerTraining
from editgan.training.branch import BranchTraining
from editgan.training.encoder import EncoderTraining
from editgan.training.gan.config import GanTraining
from editgan.training.identity import IdentityTraining
from editgan.training.reader import ReaderTraining


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingRecipe:
    """Whole runs, from photos to a bundle."""

    bundle: str  # the bundle's name
    subject: str  # what the detector looks for
    gan: GanTraining
    encoder: EncoderTraining
    aligner: AlignerTraining = field(default_factory=AlignerTraining)
    branch: BranchTraining = field(default_factory=BranchTraining)
    identity: IdentityTraining = field(default_factory=IdentityTraining)
    reader: ReaderTraining = field(default_factory=ReaderTraining)
    vectors: tuple[WantedVector, ...] = ()  # those the bundle ships
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)  # names for several parts at once
    keeps_shape: bool = False  # a GAN run takes the shape of the generator it starts from
    terms: str = "see the data's own terms"  # of the data it is meant for: goes into the model card

    def with_groups(self, schema: LabelSchema) -> LabelSchema:
        """The schema with this recipe's groups, as far as their classes exist in it."""
        names = set(schema.names)
        known = {k: v for k, v in self.groups.items() if set(v) <= names and k not in names}
        return LabelSchema(schema.classes, schema.groups | known)

    def facing_one_way(self) -> "TrainingRecipe":
        """The same for photos that all face one way, of which no training may then show a mirror image.

        The generator would learn to draw both ways. The branch follows the GAN's switch; the aligner has
        none, since it serves detected subjects (faces, cats) alone.
        """
        gan, encoder = replace(self.gan, mirror=False), replace(self.encoder, mirror=False)
        return replace(self, gan=gan, encoder=encoder)
