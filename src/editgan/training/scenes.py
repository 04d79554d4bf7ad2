"""Pictures in which it is known where subjects are: aligned photos, cut out softly, pasted on other ground.

Everything else is pasted just so, too, and is no subject: nothing but the subject itself may give it away.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from editgan.core.types import Image
from editgan.training.aligner import recoloured

SHARPER = 1.3  # a photo is never drawn with more than so many of its px in one: shrunk ones are taken
EXTENDED, OWN_GROUND = 0.3, 0.12  # shares of the pictures that one subject fills, or closer looks at it
TILT_DEG = 55.0  # within so many degrees of upright a subject is one; a picture is looked at in four turns
TURNED_DEG = 85.0  # from here on it is none
ONE, SECOND, OTHER = 0.9, 0.4, 0.6  # of the pictures have a subject, another one, something else pasted in
TURNED = 0.3  # of the second subjects
SOFT, NOISE = 0.3, 0.12  # of the pictures are as if enlarged twice; most noise, of -1..1


Scene = Float[Tensor, "n 3 s s"]  # drawn; photos have other sizes


@dataclass(frozen=True, slots=True)
class Scenes:
    """Pictures, and the frames of the subjects in each."""

    image: Image
    places: Float[Tensor, "n most 4"]  # px: centre x, y, then where the x axis points, as long as the side
    is_there: Bool[Tensor, "n most"]


def drawn(subjects: Image, others: Image, side: int, least_px: float, most_px: float) -> Scenes:
    """As many pictures of `side` px as there are photos of subjects, and of others: square ones of one size.

    Frames have sides of `least_px` to `most_px`, evenly in their logarithm.
    """
    n = len(subjects)
    fills, has_first = torch.rand(n) < EXTENDED, torch.rand(n) < ONE
    first = _anywhere(n, side, least_px, most_px)
    is_turned = torch.rand(n) < TURNED
    second = torch.where(
        is_turned[:, None],
        _anywhere(n, side, least_px, most_px / 2, turned=True),
        _anywhere(n, side, least_px, most_px / 2),
    )
    is_apart = (first - second)[:, :2].norm(dim=1) > 0.5 * (_side(first) + _side(second))
    has_second = (torch.rand(n) < SECOND) & ~(has_first & (fills | ~is_apart))
    image = _grounds(subjects, others, side)
    other = _anywhere(n, side, least_px, 1.5 * most_px)
    image = _pasted(image, others.roll(1, 0), other, torch.rand(n) < OTHER)
    image = _pasted(image, subjects.roll(1, 0), second, has_second)
    image = _pasted(image, subjects, first, has_first, fills)
    image = torch.where((torch.rand(n) < SOFT)[:, None, None, None], _softened(image), image)
    image = torch.lerp(image, recoloured(image), torch.rand(n, 1, 1, 1))
    image = image + NOISE * torch.rand(n, 1, 1, 1).square() * torch.randn_like(image)
    is_there = torch.stack([has_first, has_second & ~is_turned], 1)
    return Scenes(image.clamp(-1, 1), torch.stack([first, second], 1), is_there)


def _anywhere(
    n: int, side: int, least_px: float, most_px: float, *, turned: bool = False
) -> Float[Tensor, "n 4"]:
    """Frames with all of their middle halves in the picture."""
    sides = least_px * (most_px / least_px) ** torch.rand(n)
    low, high = (TURNED_DEG, 180.0) if turned else (0.0, TILT_DEG)
    angle = torch.deg2rad(low + (high - low) * torch.rand(n)) * torch.randn(n).sign()
    reach = torch.minimum(0.5 * sides, torch.tensor(side / 2))[:, None]
    centre = reach + torch.rand(n, 2) * (side - 2 * reach)
    # Now and then a little further out: what is cut by the picture's edge is to be found, too
    centre = centre + (torch.rand(n, 1) < 0.2) * (torch.rand(n, 2) - 0.5) * 0.4 * sides[:, None]
    return torch.cat([centre, sides[:, None] * torch.stack([angle.cos(), angle.sin()], 1)], 1)


def _side(places: Float[Tensor, "n 4"]) -> Float[Tensor, "n"]:
    sides: Tensor = places[:, 2:].norm(dim=1)
    return sides


def _pasted(
    image: Scene,
    photos: Image,
    places: Float[Tensor, "n 4"],
    chosen: Bool[Tensor, "n"],
    fills: Bool[Tensor, "n"] | None = None,
) -> Scene:
    """Photos put into the chosen pictures; where one `fills` its picture, its edge repeats instead."""
    which = chosen.nonzero().flatten()
    if not len(which):
        return image
    side = image.shape[-1]
    at = _within(places[which], side)
    seen = _look(photos[which], at, _side(places[which]) * torch.rand(len(which)).clamp(0.35, 1.0))
    alpha = _cut_out(at)
    if fills is not None:
        alpha = torch.where(fills[which][:, None, None, None], 1.0, alpha)
    out = image.clone()
    out[which] = torch.lerp(image[which], seen, alpha)
    return out


def _within(places: Float[Tensor, "n 4"], side: int) -> Float[Tensor, "n s s 2"]:
    """Where the picture's pixels are in frames whose middle is 0, 0 and whose side is 1."""
    axis = torch.arange(side) + 0.5
    seen = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), 2) - places[:, None, None, :2]
    x, y = (places[:, None, None, 2:] / places[:, None, None, 2:].square().sum(3, keepdim=True)).unbind(3)
    return torch.stack([seen[..., 0] * x + seen[..., 1] * y, seen[..., 1] * x - seen[..., 0] * y], 3)


def _cut_out(at: Float[Tensor, "n s s 2"]) -> Float[Tensor, "n 1 s s"]:
    """1 in the middle, 0 outside: between an ellipse and a square, more or less soft, and not all of it."""
    n = len(at)
    power = 2 * 6 ** torch.rand(n, 1, 1)
    half = 0.36 + 0.14 * torch.rand(n, 1, 1, 2)
    shifted = at + (torch.rand(n, 1, 1, 2) - 0.5) * 0.06
    radius = (shifted.abs() / half).clamp(1e-3, 8)
    radius = radius.pow(power[..., None]).sum(3).pow(1 / power)
    softness = 0.03 + 0.2 * torch.rand(n, 1, 1)
    return ((1 - radius) / softness + 0.5).clamp(0, 1)[:, None]


def _look(photos: Image, at: Float[Tensor, "n s s 2"], shown_px: Float[Tensor, "n"]) -> Scene:
    """Photos at places of their frames, as if they were `shown_px` wide: never aliased, often soft."""
    out = torch.empty(len(photos), 3, at.shape[1], at.shape[2])
    level = (photos.shape[-1] / shown_px / SHARPER).log2().ceil().clamp(0, 3).long()
    for number in level.unique().tolist():
        mine = (level == number).nonzero().flatten()
        small = F.avg_pool2d(photos[mine], 2**number) if number else photos[mine]
        out[mine] = F.grid_sample(small, at[mine] * 2, padding_mode="border", align_corners=False)
    return out


def _grounds(subjects: Image, others: Image, side: int) -> Scene:
    """Closer looks at other photos, all of them, gradients, noise, and some of a subject's fur."""
    n, kind = len(others), torch.rand(len(others))
    zoom = torch.where(kind < 0.45, 0.15 + 0.5 * torch.rand(n), 0.7 + 0.8 * torch.rand(n))
    own = torch.rand(n) < OWN_GROUND
    zoom = torch.where(own, 0.1 + 0.2 * torch.rand(n), zoom)
    photos = torch.where(own[:, None, None, None], subjects.roll(2, 0), others)
    angle = torch.where(torch.rand(n) < 0.6, 0.0, torch.rand(n) * math.tau)
    sides = side / zoom
    centre = side / 2 + (torch.rand(n, 2) - 0.5) * ((1 - zoom).clamp(min=0) * sides)[:, None]
    axis = sides[:, None] * torch.stack([angle.cos(), angle.sin()], 1)
    at = _within(torch.cat([centre, axis], 1), side)
    folded = (1 - ((at + 0.5) % 2 - 1).abs()) - 0.5
    seen = _look(photos, folded, sides)
    plain = (~own & (kind > 0.8)).nonzero().flatten()
    made = torch.cat([_gradients(len(plain), side), _noise(len(plain), side)])
    seen[plain] = made[torch.arange(len(plain)) + len(plain) * (torch.rand(len(plain)) < 0.5)]
    return seen


def _gradients(n: int, side: int) -> Scene:
    colours = torch.rand(n, 3, 2, 2) * 2 - 1
    mean = colours.mean((2, 3), keepdim=True)
    colours = mean + (colours - mean) * torch.rand(n, 1, 1, 1)
    return F.interpolate(colours, size=(side, side), mode="bilinear", align_corners=True)


def _noise(n: int, side: int) -> Scene:
    """Of three sizes on a colour."""
    out = torch.rand(n, 3, 1, 1) * 1.4 - 0.7
    for cells in (side // 16, side // 4, side):
        rough = torch.randn(n, 3, cells, cells)
        rough = torch.lerp(rough, rough.mean(1, keepdim=True).expand_as(rough), torch.rand(n, 1, 1, 1))
        out = out + 0.4 * torch.rand(n, 1, 1, 1) * F.interpolate(rough, size=(side, side), mode="bilinear")
    return out.clamp(-1, 1).expand(n, 3, side, side)


def _softened(image: Scene) -> Scene:
    """As if enlarged twice."""
    small = F.avg_pool2d(image, 2)
    return F.interpolate(small, size=image.shape[2:], mode="bilinear", align_corners=False)
