"""ModelBundle: everything for one class of images."""

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from editgan.bundle.axes import NaturalAxes, natural_axes
from editgan.bundle.random_judge import random_judge
from editgan.core.devices import has_fast_bf16
from editgan.core.errors import BundleError
from editgan.core.images import at_once
from editgan.core.labels import LabelSchema
from editgan.core.types import Image, LabelMap, Logits, WPlus
from editgan.models.aligner import Aligner
from editgan.models.discriminator import Discriminator
from editgan.models.encoder import Encoder
from editgan.models.feature_discriminator import FeatureDiscriminator
from editgan.models.generator import Generator
from editgan.models.identity import IdentityNetwork
from editgan.models.latent_metric import LatentMetric
from editgan.models.segmentation import SegmentationBranch, default_label_side
from editgan.perception.features import DiscriminatorJudge
from editgan.perception.judge import Judge
from editgan.perception.pretrained_judge import pretrained_judge
from editgan.perception.realism import Realism

Precision = Literal["auto", "float32"]
Likeness = Literal["features", "lite1"]  # the discriminator's, or pretrained ones
QUICK_SAMPLES = 64  # of the metric, where none was measured in advance
RENDERED_PX = 100 * 128**2  # at once
FAST_FROM = 10**9  # multiplications a pass: below, casting costs what bfloat16 saves (docs/performance.md)


@dataclass(frozen=True, slots=True)
class Rendering:
    """What the bundle makes of a `w_plus`."""

    image: Image
    logits: Logits

    @property
    def label_map(self) -> LabelMap:
        """The likeliest class of each pixel."""
        return self.logits.argmax(1)


@dataclass(slots=True)
class ModelBundle:
    """A generator with the networks that belong to it. A bundle in the making may lack some."""

    name: str  # "faces-64"
    subject: str  # "face", "cat": what the detector looks for
    generator: Generator
    discriminator: Discriminator | None = None
    heads: FeatureDiscriminator | None = None  # the discriminator on pretrained features
    branch: SegmentationBranch | None = None
    encoder: Encoder | None = None
    aligner: Aligner | None = None
    identity: IdentityNetwork | None = None
    metric: LatentMetric | None = None
    schema: LabelSchema | None = None
    precision: Precision = "auto"  # of passes of which no picture is kept; see `fast`
    perceptual_scale: float = 1.0  # see perception/features.py
    full_precision: bool = (
        False  # saves generator and discriminator as float32: imported ones draw exactly so
    )
    facts: dict[str, Any] = field(default_factory=dict)  # how each part was trained, and how well it does
    folder: Path | None = None  # where it was loaded from: its edit vectors lie beside the networks
    _axes: NaturalAxes | None = field(default=None, repr=False)
    _metric: LatentMetric | None = field(default=None, repr=False)
    _judge: DiscriminatorJudge | None = field(default=None, repr=False)
    _fingerprint: str | None = field(default=None, repr=False)

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
        return float(self.facts.get("data", {}).get("letter_box", 0.0))

    @property
    def device(self) -> torch.device:
        """Where the generator's weights are."""
        return self.generator.mapping.w_avg.device

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The networks that are there, by name."""
        names = ("generator", "discriminator", "heads", "branch", "encoder", "aligner", "identity", "metric")
        return {name: network for name in names if (network := getattr(self, name)) is not None}

    def to(self, device: torch.device | str) -> "ModelBundle":
        """Moves every network; returns itself."""
        for network in self.networks.values():
            network.to(device)
        self._axes = self._metric = self._judge = None
        return self

    def frozen(self) -> "ModelBundle":
        """Every network in inference mode, without gradients to its weights; returns itself."""
        for network in self.networks.values():
            network.eval().requires_grad_(False)
        return self

    def need(self, *names: str) -> "ModelBundle":
        """Itself, if all these parts are there. Raises BundleError saying how to train what is not."""
        for name in names:
            if getattr(self, name) is None:
                verb = {"discriminator": "gan", "heads": "gan", "schema": "branch"}.get(name, name)
                raise BundleError(
                    f"bundle {self.name} has no {name} yet; train one with `editgan train {verb}`"
                )
        return self

    @property
    def axes(self) -> NaturalAxes:
        """W's natural axes, computed once."""
        if self._axes is None:
            self._axes = natural_axes(self.generator.mapping, self.generator.config.z_dim)
        return self._axes

    def known_metric(self) -> LatentMetric:
        """Its latent metric; a bundle that has none yet gets a rougher one, in about an edit's time."""
        if self.metric is not None:
            return self.metric
        if self._metric is None:
            from editgan.bundle.metric import measure_metric

            self._metric = measure_metric(self, samples=QUICK_SAMPLES)
        return self._metric

    @property
    def fingerprint(self) -> str:
        """Says whether a latent or an edit vector belongs to this very generator: 16 hex digits.

        Of the weights as they are saved, in float16, so that saving and loading do not change it.
        """
        if self._fingerprint is None:
            digest = hashlib.sha256()
            for name, tensor in sorted(self.generator.state_dict().items()):
                digest.update(name.encode() + tensor.detach().cpu().half().contiguous().numpy().tobytes())
            self._fingerprint = digest.hexdigest()[:16]
        return self._fingerprint

    def drawing_with(self, generator: Generator | None) -> "ModelBundle":
        """This bundle with a tuned copy of its generator (None: its own); vectors go on to fit it."""
        if generator is None:
            return self
        return replace(self, generator=generator, _axes=self.axes, _fingerprint=self.fingerprint)

    def likeness(self) -> Judge:
        """What says how near a rendering is to a photo: for embedding, the encoder, tuning and refinement.

        Pretrained features where the bundle was trained and measured with them, else its own judge.
        """
        if self.facts.get("likeness") == "lite1":
            return pretrained_judge(str(self.device))
        return self.judge()

    def judge(self) -> DiscriminatorJudge:
        """The perceptual judge of edits: its discriminator, or random weights in a bundle that has none."""
        if self.discriminator is not None:
            return DiscriminatorJudge(self.discriminator, self.perceptual_scale)
        if self._judge is None:
            self._judge = random_judge(self.resolution, self.perceptual_scale, self.device)
        return self._judge

    def realism(self) -> Realism:
        """How real its heads find a picture.

        Raises:
            BundleError: it has none.
            UnavailableError: the pretrained network they look through is not installed.
        """
        self.need("heads")
        assert self.heads is not None
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

    def render(self, w_plus: WPlus) -> Rendering:
        """latent -> image and parts: one pass, but for many large pictures, which would not fit."""
        count = at_once(self.resolution, len(w_plus), room_px=RENDERED_PX)
        parts = [self._rendered(some) for some in w_plus.split(count)]
        if len(parts) == 1:
            return parts[0]
        return Rendering(torch.cat([p.image for p in parts]), torch.cat([p.logits for p in parts]))

    def _rendered(self, w_plus: WPlus) -> Rendering:
        self.need("branch")
        assert self.branch is not None
        out = self.generator.synthesis(w_plus, taps=self.branch.config.taps)
        with self.fast():
            logits = self.branch(out.features)
        return Rendering(out.image, logits)

    def save(self, folder: Path) -> None:
        """Writes the bundle, whole or not at all. See `bundle/folder.py`."""
        from editgan.bundle.folder import save_bundle

        save_bundle(self, folder)

    @classmethod
    def from_pretrained(cls, where: str | Path, device: torch.device | str = "cpu") -> "ModelBundle":
        """A built-in bundle by name, a folder, or owner/name on the Hugging Face Hub; verified, frozen.

        Raises:
            BundleError: no such bundle, or a missing, corrupt, misshapen or newer-version file.
        """
        from editgan.bundle.find import find_bundle
        from editgan.bundle.folder import load_bundle

        return load_bundle(find_bundle(where)).to(device).frozen()
