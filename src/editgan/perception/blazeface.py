"""Faces in a picture, wherever they are: BlazeFace for short ranges, at any size of picture.

After Bazarevsky et al. 2019, "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs". The weights
are MediaPipe's (Google; Apache License 2.0), in safetensors by `python -m benchmarks.blazeface_weights`.
"""

from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from safetensors.torch import load_file
from torch import Tensor, nn

from editgan.core.types import Image
from editgan.perception.frames import Frames

WEIGHTS = Path(__file__).parent / "weights" / "blazeface-short-range.safetensors"
WIDTHS = (24, 24, 28, 32, 36, 42, 48, 56, 64, 72, 80, 88, 96, 96, 96, 96, 96)  # the stem's, then the blocks'
HALVING = (3, 6, 12)  # blocks that halve the resolution
FINE_BLOCKS = 11  # whose output has stride 8; the rest has stride 16
ANCHORS = (2, 6)  # a pixel of the fine map, of the coarse one
SIDE_PX = 128  # of the pictures it was taught with; boxes come in this unit
STRIDES = (8, 16)
POINTS = 6  # eye, eye, nose tip, mouth, ear, ear: first what is at the left as seen


# Where the points lie in an aligned frame, and how much each says: medians and scatter over 150 of them
PLACES = torch.tensor(
    [[0.335, 0.340], [0.665, 0.340], [0.5, 0.550], [0.5, 0.708], [0.155, 0.400], [0.845, 0.400]]
)
WEIGHTS_OF_POINTS = torch.tensor([4.0, 4.0, 1.0, 2.0, 0.3, 0.3]) / 11.6


class BlazeFace(nn.Module):
    """picture -> for each anchor a logit, and a box and six points beside the anchor."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, WIDTHS[0], 5, stride=2)
        self.blocks = nn.ModuleList(
            Block(WIDTHS[i], WIDTHS[i + 1], stride=2 if i + 1 in HALVING else 1)
            for i in range(len(WIDTHS) - 1)
        )
        ends = (WIDTHS[FINE_BLOCKS], WIDTHS[-1])
        self.scores = nn.ModuleList(nn.Conv2d(w, n, 1) for w, n in zip(ends, ANCHORS, strict=True))
        self.places = nn.ModuleList(nn.Conv2d(w, 16 * n, 1) for w, n in zip(ends, ANCHORS, strict=True))

    def forward(self, image: Image) -> tuple[Float[Tensor, "n anchors"], Float[Tensor, "n anchors 8 2"]]:
        """Pictures in -1..1 with sides that 16 divides: logits, and positions (x, y) in px of the picture.

        The eight: the box's centre, its width and height, the six points.
        """
        ends = self.maps(image)
        scores = [head(x).permute(0, 2, 3, 1).flatten(1) for head, x in zip(self.scores, ends, strict=True)]
        places = [
            _placed(head(x), stride) for head, x, stride in zip(self.places, ends, STRIDES, strict=True)
        ]
        return torch.cat(scores, 1), torch.cat(places, 1)

    def maps(self, image: Image) -> list[Float[Tensor, "n c rows columns"]]:
        """What it sees at strides 8 (88 channels) and 16 (96)."""
        x = F.relu(self.stem(_padded(image, 5, 2)))
        ends = []
        for number, block in enumerate(self.blocks, 1):
            x = block(x)
            if number in (FINE_BLOCKS, len(self.blocks)):
                ends.append(x)
        return ends

    @torch.no_grad()
    def frames(self, image: Image, least: float) -> list[Frames]:
        """Of each picture, the aligned frame at every anchor with a logit of at least `least`.

        Neighbours see the same face.
        """
        found = []
        for scores, places in zip(*self(image), strict=True):
            kept = scores >= least
            found.append(Frames(scores[kept], _framed(places[kept, 2:])))
        return found


def _framed(points: Float[Tensor, "found 6 2"]) -> Float[Tensor, "found 4"]:
    """The frames in which the points lie as in aligned ones, by least squares: what a similarity can do."""
    weights, places = WEIGHTS_OF_POINTS.to(points), PLACES.to(points)
    middle, seen_middle = weights @ places, weights @ points  # [2], [found, 2]
    a = torch.view_as_complex(places - middle)
    b = torch.view_as_complex((points - seen_middle[:, None]).contiguous())
    # A similarity is a complex factor: the side is its absolute value, the angle its argument
    axis = (weights * a.conj() * b).sum(1) / (weights * a.abs().square()).sum()
    centre = torch.view_as_complex(seen_middle.contiguous()) + axis * torch.view_as_complex(0.5 - middle)
    return torch.cat([torch.view_as_real(centre), torch.view_as_real(axis)], 1)


class Block(nn.Module):
    """A depthwise and a pointwise convolution beside a short cut, which reaches as far as it has channels."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        # At stride 1 TensorFlow's "same" is the usual padding: the convolution's own takes less time
        self.depthwise = nn.Conv2d(before, before, 3, stride=stride, padding=2 - stride, groups=before)
        self.pointwise = nn.Conv2d(before, after, 1)

    def forward(self, x: Tensor) -> Tensor:
        """As large, or half as large."""
        beside = x if self.stride == 1 else F.max_pool2d(x, 2)
        seen: Tensor = self.pointwise(self.depthwise(x if self.stride == 1 else _padded(x, 3, self.stride)))
        seen[:, : beside.shape[1]] += beside
        return seen.relu_()


def _padded(x: Tensor, kernel: int, stride: int) -> Tensor:
    """As TensorFlow's "same": of an odd number of pixels, the one more at the right and below."""
    total = kernel - stride
    low = total // 2
    return F.pad(x, (low, total - low, low, total - low))


def _placed(raw: Float[Tensor, "n c h w"], stride: int) -> Float[Tensor, "n anchors 8 2"]:
    """Px beside the middle of the anchor's pixel, to px of the picture; width and height stay."""
    n, _, h, w = raw.shape
    places = raw.permute(0, 2, 3, 1).reshape(n, h, w, -1, 8, 2)
    ys, xs = torch.arange(h, device=raw.device), torch.arange(w, device=raw.device)
    middle = (torch.stack(torch.meshgrid(xs, ys, indexing="xy"), 2) + 0.5) * stride
    places = places + middle[None, :, :, None, None] * _IS_PLACE.to(raw)[:, None]
    return places.reshape(n, -1, 8, 2)


_IS_PLACE = torch.tensor([1.0, 0.0] + [1.0] * POINTS)  # all but the box's size


@cache
def blazeface() -> BlazeFace:
    """With its weights, frozen; one for all, on the CPU."""
    network = BlazeFace()
    network.load_state_dict({name: value.float() for name, value in load_file(WEIGHTS).items()})
    return network.eval().requires_grad_(False)
