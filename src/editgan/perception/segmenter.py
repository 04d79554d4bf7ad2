"""Parts of any picture, by a light decoder on frozen pretrained features: photos and renderings alike.

EfficientNet-Lite is never trained here; its maps at strides 4 to 32 are brought together from coarse to fine
(Lin et al. 2017, "Feature Pyramid Networks"), the finest step also sees the pixels themselves. Only the
decoder is kept in a file.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from editgan.core.config import from_json, to_json
from editgan.core.errors import InputError
from editgan.core.files import parse_json, replacing
from editgan.core.images import resize
from editgan.core.labels import LabelSchema
from editgan.core.types import Image, LabelMap, Logits
from editgan.core.weights import check_weights
from editgan.perception.efficientnet import STRIDES
from editgan.perception.pretrained import FILES, Name, pretrained

FORMAT = 1  # of the file
GROUPS = 8  # of the normalisations: one picture gives what a batch gives


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmenterConfig:
    """Shape of a segmenter."""

    network: Name  # whose features it reads
    side: int = 256  # at which it looks at pictures, px; others are resized
    width: int = 96  # channels of the decoder's maps at strides 32 to 8
    fine_width: int = 64  # at stride 4
    finest_width: int = 32  # at stride 2, the finest

    def __post_init__(self) -> None:
        if self.network not in FILES:
            raise InputError(f"a segmenter reads the features of {' or '.join(FILES)}, got {self.network!r}")
        if self.side % 32 or self.side < 32:
            raise InputError(f"a segmenter's side is a multiple of 32 px, got {self.side}")
        widths = (self.width, self.fine_width, self.finest_width)
        if any(width < 2 * GROUPS or width % GROUPS for width in widths):
            raise InputError(
                f"a segmenter's widths are multiples of {GROUPS} from {2 * GROUPS}, got {widths}"
            )


class Decoder(nn.Module):
    """Maps at strides 4 to 32, and the picture -> logits at stride 2."""

    def __init__(self, config: SegmenterConfig, classes: int) -> None:
        super().__init__()
        widths = [config.width, config.width, config.width, config.fine_width]  # strides 32, 16, 8, 4
        self.project = nn.ModuleList(
            nn.Conv2d(channels, width, 1)
            for channels, width in zip(reversed(STRIDES.values()), widths, strict=True)
        )
        self.narrow = nn.ModuleList(
            nn.Identity() if a == b else nn.Conv2d(a, b, 1) for a, b in pairwise(widths)
        )
        self.mix = nn.ModuleList(_convolved(width, width) for width in widths)
        self.pixels = nn.Conv2d(12, config.finest_width, 3, padding=1)  # 2x2 pixels are one, of 12 channels
        self.finest = _convolved(config.fine_width + config.finest_width, config.finest_width)
        self.classify = nn.Conv2d(config.finest_width, classes, 3, padding=1)

    def forward(self, maps: Sequence[Tensor], image: Image) -> Float[Tensor, "n classes h2 w2"]:
        """`maps` finest first, as `EfficientNetLite.maps` gives them; logits at half the image's side."""
        coarse_to_fine = list(reversed(maps))
        x = self.mix[0](self.project[0](coarse_to_fine[0]))
        for i, found in enumerate(coarse_to_fine[1:]):
            x = self.mix[i + 1](self.project[i + 1](found) + _doubled(self.narrow[i](x)))
        x = torch.cat([_doubled(x), self.pixels(F.pixel_unshuffle(image, 2))], 1)
        logits: Tensor = self.classify(self.finest(x))
        return logits


class Segmenter(nn.Module):
    """picture -> logits of each class of its schema. `network` is frozen, `decoder` is what is learnt."""

    def __init__(
        self,
        config: SegmenterConfig,
        schema: LabelSchema,
        device: torch.device | str = "cpu",
        facts: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.config, self.schema = config, schema
        self.facts = {} if facts is None else facts  # where it comes from, JSON-able
        self.network = pretrained(config.network, device)
        self.decoder = Decoder(config, len(schema)).to(device)

    def forward(self, image: Image) -> Logits:
        """Square pictures in -1..1 of any side, to logits [n, classes, side, side] of `config.side`.

        Gradients reach the picture, and the decoder where its weights want them.
        """
        image = resize(image, self.config.side).clamp(-1, 1)
        logits: Tensor = self.decoder(self.network.maps(image), image)
        return _doubled(logits)

    @torch.no_grad()
    def read(self, image: Image) -> LabelMap:
        """The likeliest class of each pixel, [n, side, side]."""
        label_map: Tensor = self(image).argmax(1)
        return label_map


def save_segmenter(segmenter: Segmenter, path: Path) -> None:
    """The decoder in float16; its network's name and digest, schema and facts in the header."""
    notes = {
        "format": FORMAT,
        "config": to_json(segmenter.config),
        "weights_of_network": FILES[segmenter.config.network][1],
        "schema": segmenter.schema.to_json(),
        "facts": segmenter.facts,
    }
    state = {name: t.detach().cpu().half().contiguous() for name, t in segmenter.decoder.state_dict().items()}
    if not all(t.isfinite().all() for t in state.values()):
        raise InputError("a segmenter's weights are not finite or beyond float16; its training has diverged")
    with replacing(path) as scratch:
        save_file(state, scratch, metadata={"segmenter": json.dumps(notes)})


def load_segmenter(path: Path, device: torch.device | str = "cpu") -> Segmenter:
    """The inverse of `save_segmenter`, in float32 and frozen.

    Raises:
        InputError: no segmenter, of a newer format or other features, or weights that do not fit.
        UnavailableError: the pretrained features are not installed.
    """
    try:
        with safe_open(path, framework="pt") as file:
            notes = parse_json((file.metadata() or {})["segmenter"])
            state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        found, digest = int(notes["format"]), str(notes["weights_of_network"])
        config, schema = from_json(SegmenterConfig, notes["config"]), LabelSchema.from_json(notes["schema"])
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} should be a segmenter, but reading it failed: {error!r}") from None
    if found > FORMAT or digest != FILES[config.network][1]:
        raise InputError(f"{path} is a segmenter of a newer editgan or of other features; train it anew")
    try:
        check_weights(lambda: Decoder(config, len(schema)), state)
    except InputError as error:
        raise InputError(f"{path} should hold the decoder that its header describes: {error}") from None
    segmenter = Segmenter(config, schema, device, notes["facts"])
    segmenter.decoder.load_state_dict(state)
    return segmenter.eval().requires_grad_(False)


def _convolved(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1, bias=False), nn.GroupNorm(GROUPS, after), nn.ReLU()
    )


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
