"""What a bundle says of itself: how each part was made, how well it does, what is weak. All may be missing.

Trainings write it, the model card shows it; little of it steers anything: the letter box, whether the
generator draws mirrored, the judge of likeness, and what photos are compared with (`Reference`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from editgan.core.errors import InputError
from editgan.core.json_object import JsonObject

Likeness = Literal["features", "lite1"]  # the discriminator's, or pretrained ones


@dataclass(frozen=True, kw_only=True)
class ImportFacts(JsonObject):
    """The file that a generator was imported from."""

    file: str | None = None
    sha256: str | None = None
    kind: str | None = None  # whose StyleGAN2: "NVIDIA, PyTorch"
    class_: int | None = None  # of a generator of several classes
    notes: str | None = None  # what a person should know about this import
    date: str | None = None  # ISO, as all dates here


@dataclass(frozen=True, kw_only=True)
class DataFacts(JsonObject):
    """The photos of the GAN's training."""

    file: str | None = None  # names of folders or zips, with commas between
    photos: int | None = None
    set_aside: int | None = None  # of these, never learnt from
    held_out: str | None = None  # which those are, in words
    skipped_as_broken: int | None = None
    letter_box: float | None = None  # share of the side that is black above the picture, and as much below
    terms: str | None = None  # source and licence


@dataclass(frozen=True, kw_only=True)
class GanFacts(JsonObject):
    """The GAN's training."""

    kimg_in_this_run: float | None = None  # thousand images shown
    kimg_in_all: float | None = None  # with those of the runs it started from
    resumed_from: str | None = None  # a bundle or a snapshot
    mirror: bool | None = None  # whether photos were shown mirrored, too; None: not known
    device: str | None = None
    date: str | None = None


@dataclass(frozen=True, kw_only=True)
class EncoderFacts(JsonObject):
    """The encoder's training."""

    kimg: float | None = None  # thousand pictures shown
    resumed_from: str | None = None
    device: str | None = None
    date: str | None = None


@dataclass(frozen=True, kw_only=True)
class Nearness(JsonObject):
    """How near reconstructions come to photos: means over them."""

    psnr_db: float | None = None
    perceptual_distance: float | None = None  # 0.5: two unrelated photos of the class


@dataclass(frozen=True, kw_only=True)
class EmbeddingFacts(JsonObject):
    """How well unseen photos embed; `others` has `after_60_steps`, which is as `encoder_only`."""

    photos: int | None = None
    judge: str | None = None  # of the perceptual distance
    encoder_only: Nearness = Nearness()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """How far embedded photos are that the generator has not seen: at each of `percents`, nearest first."""

    photos: int
    subject: str  # "face": what the photos are of
    judge: str  # of the perceptual distance, and of the embedding
    steps: int  # of the embedding
    percents: tuple[float, ...]  # 0..100
    perceptual_distance: tuple[float, ...]  # between photo and reconstruction
    psnr_db: tuple[float, ...]  # of the reconstruction; falling
    latent_distance: tuple[float, ...]  # from the mean: root mean square, in standard deviations of w

    def __post_init__(self) -> None:
        lengths = {len(values) for values in (self.perceptual_distance, self.psnr_db, self.latent_distance)}
        if lengths != {len(self.percents)}:
            raise InputError(f"a reference needs {len(self.percents)} of each distance, got {lengths}")


@dataclass(frozen=True, kw_only=True)
class AlignerFacts(JsonObject):
    """The aligner's training."""

    kimg: float | None = None  # thousand photos shown, put askew
    date: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReadingFacts(JsonObject):
    """How well parts of annotated, unseen photos are read."""

    photos: int | None = None
    miou: float | None = None  # 0..1, mean over the classes that are there
    iou_per_class: Mapping[str, float] | None = None  # 0..1, by name
    ms: float | None = None  # a photo


@dataclass(frozen=True, kw_only=True)
class BranchFacts(JsonObject):
    """The segmentation branch's training, or where it was imported from."""

    imported_from: str | None = None
    members: int | None = None  # of an imported ensemble
    annotated_photos: int | None = None
    left_out: Mapping[str, int] | None = None  # shapes that cover nothing, by kind
    held_out_pixels_loss: float | None = None  # cross-entropy
    date: str | None = None
    test: ReadingFacts = ReadingFacts()


@dataclass(frozen=True, kw_only=True)
class ReaderTest(JsonObject):
    """`editgan bench reader`: the reader, and the branch on the embedded photos beside it."""

    photos: int | None = None
    reader: ReadingFacts = ReadingFacts()
    branch: ReadingFacts = ReadingFacts()


@dataclass(frozen=True, kw_only=True)
class ReaderFacts(JsonObject):
    """The training of the reader of photos."""

    annotated_photos: int | None = None
    samples: int | None = None  # labelled by the branch
    photos_without_labels: int | None = None
    kimg: float | None = None  # thousand pictures shown
    device: str | None = None
    date: str | None = None
    test: ReaderTest = ReaderTest()


@dataclass(frozen=True, kw_only=True)
class IdentityFacts(JsonObject):
    """The identity network's training."""

    data: str | None = None
    terms: str | None = None
    learnt: Mapping[str, float] | None = None  # people, photos, and kimg shown
    verification_of_unseen_people: Mapping[str, float] | None = None  # see evaluation/identity.py
    device: str | None = None
    date: str | None = None


@dataclass(frozen=True, kw_only=True)
class FamiliarFacts(JsonObject):
    """What the class's usual look was learnt from."""

    photos: int | None = None
    usual_by: int | None = None  # other photos, by which it is known how far usual ones are


@dataclass(frozen=True, kw_only=True)
class Facts(JsonObject):
    """Of one bundle; under these names in `bundle.json`."""

    likeness: Likeness | None = None  # what judges embeddings; None: the discriminator's features
    import_: ImportFacts = ImportFacts()
    data: DataFacts = DataFacts()
    gan: GanFacts = GanFacts()
    samples: Mapping[str, Any] | None = None  # `editgan bench samples`: names carry the count, fid_10k
    encoder: EncoderFacts = EncoderFacts()
    embedding: EmbeddingFacts = EmbeddingFacts()
    domain: Reference | None = None
    aligner: AlignerFacts = AlignerFacts()
    branch: BranchFacts = BranchFacts()
    reader: ReaderFacts = ReaderFacts()
    identity: IdentityFacts = IdentityFacts()
    familiar: FamiliarFacts = FamiliarFacts()
    weak: tuple[str, ...] | None = None  # sentences

    @property
    def letter_box(self) -> float:
        """Share of the side that is black above the picture, and as much below."""
        return self.data.letter_box or 0.0

    @property
    def draws_mirrored(self) -> bool:
        """Whether the generator draws both ways; one of unknown making does."""
        return self.gan.mirror is not False
