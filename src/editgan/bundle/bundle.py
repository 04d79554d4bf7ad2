"""ModelBundle: everything for one class of images. BundleDraft: as much of it as has been trained so far.

Both are frozen: another part makes another bundle (`having`), so what is computed from the parts stays true.
"""

import hashlib
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch
from torch import nn

from editgan.bundle.axes import NaturalAxes, natural_axes
from editgan.bundle.facts import Facts, ReaderFacts
from editgan.bundle.metric import measure_metric
from editgan.bundle.random_judge import random_judge
from editgan.bundle.shapes import measure_shapes
from editgan.core.devices import has_fast_bf16
from editgan.core.errors import BundleError
from editgan.core.images import at_once
from editgan.core.labels import LabelSchema
from editgan.core.types import Image, LabelMap, Logits, WPlus
from editgan.models.aligner import Aligner
from editgan.models.discriminator import Discriminator
from editgan.models.encoder import Encoder
from editgan.models.feature_discriminator import FeatureDiscriminator
from editgan.models.identity import IdentityNetwork
from editgan.models.latent_generator import LatentGenerator
from editgan.models.latent_metric import LatentMetric
from editgan.models.part_shapes import PartShapes
from editgan.models.segmentation import SegmentationBranch, default_label_side
from editgan.perception.familiar import Familiar
from editgan.perception.features import DiscriminatorJudge
from editgan.perception.judge import Judge
from editgan.perception.pretrained_judge import pretrained_judge
from editgan.perception.realism import Realism
from editgan.perception.segmenter import Segmenter

Bundle = TypeVar("Bundle", bound="BundleDraft")
Precision = Literal["auto", "float32"]
QUICK_SAMPLES = 64  # of the metric, where none was measured in advance
RENDERED_PX = 100 * 128**2  # at once
FAST_FROM = 10**9  # multiplications a pass: below, casting costs what bfloat16 saves (docs/performance.md)
NETWORKS = (
    *("generator", "discriminator", "heads", "branch", "encoder", "aligner", "identity", "metric"),
    *("reader", "familiar", "shapes"),
)
_TRAINED_BY = {"discriminator": "gan", "heads": "gan", "schema": "branch"}  # others by their own name


@dataclass(frozen=True, slots=True)
class Rendering:
    """What the bundle makes of a `w_plus`."""

    w_plus: WPlus
    image: Image
    logits: Logits

    @property
    def label_map(self) -> LabelMap:
        """The likeliest class of each pixel."""
        return self.logits.argmax(1)


@dataclass(frozen=True, eq=False, repr=False)
class BundleDraft:
    """A generator and what has been trained to go with it so far: what trainings take and give.

    Its networks are in inference mode, without gradients to their weights.
    """

    name: str  # "faces-64"
    subject: str  # "face", "cat": what the detector looks for
    generator: LatentGenerator
    discriminator: Discriminator | None = None
    heads: FeatureDiscriminator | None = None  # the discriminator on pretrained features
    branch: SegmentationBranch | None = None
    encoder: Encoder | None = None
    aligner: Aligner | None = None
    identity: IdentityNetwork | None = None
    metric: LatentMetric | None = None
    reader: Segmenter | None = None  # of photos: says what a finished picture shows, whoever drew it
    familiar: Familiar | None = None  # tells pictures that do not look like the class's photos
    shapes: PartShapes | None = None  # tells painted parts that are unlike those the generator draws
    schema: LabelSchema | None = None
    precision: Precision = "auto"  # of passes of which no picture is kept; see `fast`
    perceptual_scale: float = 1.0  # see perception/features.py
    full_precision: bool = False  # saved as float32, generator and discriminator: imported ones draw so
    facts: Facts = field(default_factory=Facts)  # how each part was trained, and how well it does
    folder: Path | None = None  # where it was loaded from: its edit vectors lie beside the networks
    untuned: "BundleDraft | None" = None  # what a photo's own generator came from

    def __post_init__(self) -> None:
        for network in self.networks.values():
            network.eval().requires_grad_(False)

    def __repr__(self) -> str:
        parts = ", ".join(self.networks)
        return f"{type(self).__name__}({self.name}: a {self.subject}, {self.resolution} px; {parts})"

    @property
    def resolution(self) -> int:
        """Side of the image, in pixels."""
        return self.generator.config.resolution

    @property
    def label_side(self) -> int:
        """Side of the label map, in pixels: the branch's, or of a branch that is still to be trained."""
        return default_label_side(self.resolution) if self.branch is None else self.branch.config.resolution

    @property
    def letter_box(self) -> float:
        """Share of the side that is black above the picture, and as much below."""
        return self.facts.letter_box

    @property
    def device(self) -> torch.device:
        """Where the generator's weights are."""
        return self.generator.w_avg.device

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The networks that are there, by name."""
        return {name: network for name in NETWORKS if (network := getattr(self, name)) is not None}

    @property
    def own_parameters(self) -> dict[str, int]:
        """How many weights each network brings: of the reader its decoder's, its features are not ours."""
        own = self.networks | ({} if self.reader is None else {"reader": self.reader.decoder})
        return {name: sum(p.numel() for p in network.parameters()) for name, network in own.items()}

    def to(self: Bundle, device: torch.device | str) -> Bundle:
        """On another device; the networks themselves are moved."""
        for network in self.networks.values():
            network.to(device)
        return type(self)(**self._fields)

    def having(self, **parts: Any) -> "BundleDraft":
        """This bundle with other parts; a `ModelBundle` as soon as nothing is missing."""
        given = self._fields | parts
        is_whole = given["branch"] is not None and given["schema"] is not None
        return (ModelBundle if is_whole else BundleDraft)(**given)

    def reading(self, branch: SegmentationBranch, schema: LabelSchema) -> "ModelBundle":
        """With another branch; the latent metric and the shapes of parts measured anew.

        Without its reader: that one knows the parts of the labels that both were taught with.
        """
        facts = replace(self.facts, reader=ReaderFacts())
        news = {"branch": branch, "schema": schema, "reader": None, "facts": facts}
        read = ModelBundle(**self._fields | news | {"metric": self.measured_metric()})
        return read.having(shapes=read.measured_shapes())

    def need(self: Bundle, *names: str) -> Bundle:
        """Itself, if all these parts are there. Raises BundleError saying how to train what is not."""
        for name in names:
            if getattr(self, name) is None:
                raise self.lacks(name)
        return self

    def lacks(self, name: str) -> BundleError:
        """What to raise where a part is needed that is not there."""
        verb = _TRAINED_BY.get(name, name)
        return BundleError(f"bundle {self.name} has no {name} yet; train one with `editgan train {verb}`")

    @property
    def _fields(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @cached_property
    def axes(self) -> NaturalAxes:
        """W's natural axes."""
        if self.untuned is not None:
            return self.untuned.axes
        return natural_axes(self.generator)

    @cached_property
    def known_metric(self) -> LatentMetric:
        """Its latent metric; a bundle that has none yet gets a rougher one, in about an edit's time."""
        return self.metric or self.measured_metric(samples=QUICK_SAMPLES)

    def measured_metric(self, **settings: int) -> LatentMetric:
        """The latent metric, measured anew; see `measure_metric`."""
        return measure_metric(self.generator, self.axes, self.judge(), self.fast, **settings)

    @cached_property
    def fingerprint(self) -> str:
        """Says whether a latent or an edit vector belongs to this very generator: 16 hex digits.

        Of the weights as they are saved, in float16, so that saving and loading do not change it.
        """
        if self.untuned is not None:
            return self.untuned.fingerprint
        digest = hashlib.sha256()
        for name, tensor in sorted(self.generator.state_dict().items()):
            digest.update(name.encode() + tensor.detach().cpu().half().contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]

    def drawing_with(self: Bundle, generator: LatentGenerator | None) -> Bundle:
        """This bundle with a tuned copy of its generator (None: its own); vectors go on to fit it."""
        if generator is None:
            return self
        return type(self)(**self._fields | {"generator": generator, "untuned": self.untuned or self})

    def likeness(self) -> Judge:
        """What says how near a rendering is to a photo: for embedding, the encoder, tuning and refinement.

        Pretrained features where the bundle was trained and measured with them, else its own judge.
        """
        if self.facts.likeness == "lite1":
            return pretrained_judge(str(self.device))
        return self.judge()

    def judge(self) -> DiscriminatorJudge:
        """The perceptual judge of edits: its discriminator, or random weights in a bundle that has none."""
        if self.discriminator is not None:
            return DiscriminatorJudge(self.discriminator, self.perceptual_scale)
        return self._random_judge

    @cached_property
    def _random_judge(self) -> DiscriminatorJudge:
        return random_judge(self.resolution, self.perceptual_scale, self.device)

    def realism(self) -> Realism:
        """How real its heads find a picture.

        Raises:
            BundleError: it has none.
            UnavailableError: the pretrained network they look through is not installed.
        """
        if self.heads is None:
            raise self.lacks("heads")
        return Realism(self.heads, self.device)

    def fast(self) -> torch.autocast:
        """A context for passes of which no picture is kept: walks, previews, sweeps, reading parts.

        bfloat16 where the machine computes so natively and the generator is large enough to gain by it.
        """
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.is_fast)

    @property
    def is_fast(self) -> bool:
        """Whether `fast` makes a difference here."""
        large = self.generator.config.work >= FAST_FROM
        return large and self.precision == "auto" and has_fast_bf16(self.device)


@dataclass(frozen=True, eq=False, repr=False)
class ModelBundle(BundleDraft):
    """A bundle that can edit: it reads parts, and they have names."""

    branch: SegmentationBranch = field(kw_only=True)
    schema: LabelSchema = field(kw_only=True)

    def __post_init__(self) -> None:
        self.need("branch", "schema")
        super().__post_init__()

    def having(self, **parts: Any) -> "ModelBundle":
        """This bundle with other parts."""
        return ModelBundle(**self._fields | parts)

    def measured_shapes(self, **settings: int) -> PartShapes:
        """What shapes its parts have, measured anew; see `measure_shapes`."""
        count = len(self.schema)
        return measure_shapes(self.generator, lambda w_plus: self.render(w_plus).label_map, count, **settings)

    def render(self, w_plus: WPlus) -> Rendering:
        """latent -> image and parts: one pass, but for many large pictures, which would not fit."""
        count = at_once(self.resolution, len(w_plus), room_px=RENDERED_PX)
        parts = [self._rendered(some) for some in w_plus.split(count)]
        if len(parts) == 1:
            return parts[0]
        return Rendering(w_plus, torch.cat([p.image for p in parts]), torch.cat([p.logits for p in parts]))

    def _rendered(self, w_plus: WPlus) -> Rendering:
        out = self.generator.synthesis(w_plus, taps=self.branch.config.taps)
        with self.fast():
            logits = self.branch(out.features)
        return Rendering(w_plus, out.image, logits)
