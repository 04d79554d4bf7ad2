"""Motion: most of an edit moves what is there, and the photo has it in more detail than any rendering.

From the renderings before and after, and their parts, a smooth displacement is found that turns the one into
the other; the photo's own pixels are then moved by it (`data.moving`). Dorta et al. 2020, "The GAN that
Warped", and Yildirim et al. 2024, "Warping the Residuals", move pictures and features so.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from editgan.core.labels import at_side
from editgan.core.types import Image, LabelMap, Region
from editgan.data.moving import Flow

SIDE = 128  # px at which motion is sought: finer than parts are read, coarser than a photo


@dataclass(frozen=True, slots=True)
class Motion:
    """How things move."""

    flow: Flow
    # 0..1, of the squared difference in the region: what moving does not explain; None: nothing was sought
    left_share: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MotionSearch:
    """How a displacement is sought."""

    cell: int = 6  # px of `SIDE` between control points; cubic in between
    steps: int = 60
    lr: float = 0.15  # of Adam, in px of `SIDE`
    blurs: tuple[float, ...] = (4.0, 2.0, 1.0)  # px of `SIDE`, coarse to fine, as many steps each
    labels: float = 0.3  # weight of the parts beside the image
    smooth: float = 0.04  # on squared differences of neighbouring control points, px
    small: float = 0.0003  # on squared displacements, px
    # Where a part goes away, instead of `labels` and `smooth`:
    gone_labels: float = 1.5
    gone_stretch: float = 0.0035  # along the displacement: what goes away is squeezed to nothing
    gone_shear: float = 0.035  # across it: but what is beside it stays straight


USUAL = MotionSearch()
CLOSING = MotionSearch(
    cell=3, steps=120, blurs=(4.0, 2.0, 2.0), smooth=0.08
)  # a gap is squeezed within few pixels
GOES = 0.6  # a part of which less than this share is left goes away


def find_motion(
    before: Image,
    after: Image,
    parts: LabelMap,
    parts_after: LabelMap,
    region: Region,
    how: MotionSearch | None = None,
) -> Motion:
    """The displacement that turns `before` into `after`; zero on the rim of `region` and outside it.

    A part that goes away, as a mouth's interior does when it closes, takes a finer search, led by the parts
    more than by the pictures.

    Args:
        before: [1, 3, r, r], -1..1, and `after`, the edited one.
        parts: [1, s, s], and `parts_after`: their label maps.
        region: [1, 1, s, s]; where things may move.
        how: weights and steps.
    """
    fade, gone = faded(region, SIDE), _gone(parts, parts_after)
    how = how or (CLOSING if (gone * fade).any() else USUAL)
    flow = torch.zeros(1, 2, SIDE, SIDE, device=before.device)
    if not fade.any():
        return Motion(flow, 0.0)
    rows, columns = (fade[0, 0].any(axis).nonzero()[:, 0] for axis in (1, 0))
    box = (slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))
    old, new = _looks(before, after, parts, parts_after)
    with torch.enable_grad():
        near = [x[..., *box] for x in (old, new, fade, gone)]
        flow[..., *box] = _descend(near[0], near[1], near[2], near[3], how)
    weights = torch.tensor([1.0] * 3 + [USUAL.labels] * (old.shape[1] - 3), device=old.device)[:, None, None]
    old, new = _blurred(old, how.blurs[-1]), _blurred(new, how.blurs[-1])
    asked, left = (((x - new).square() * weights * fade).sum() for x in (old, _taken(old, flow * SIDE)))
    return Motion(flow, float(left / asked.clamp_min(1e-6)))


def _descend(old: Tensor, new: Tensor, fade: Tensor, gone: Tensor, how: MotionSearch) -> Tensor:
    """Within the box around the region, in units of the frame."""
    height, width = fade.shape[2:]
    points = torch.zeros(1, 2, height // how.cell + 3, width // how.cell + 3, device=old.device)
    points.requires_grad_()
    adam = torch.optim.Adam([points], lr=how.lr, eps=1e-4)  # rounding is no reason to move
    weight = fade / fade.sum()
    by_parts = weight * (how.labels + (how.gone_labels - how.labels) * gone)
    at_points = F.interpolate(gone, size=points.shape[2:], mode="bilinear", align_corners=True)[0, 0]
    for blur in how.blurs:
        a, b = _blurred(old, blur), _blurred(new, blur)
        for _ in range(how.steps // len(how.blurs)):
            px = _between(points, height, width) * fade
            squares = (_taken(a, px) - b).square()
            error = (squares[:, :3].sum(1, keepdim=True) * weight).sum()
            error = error + (squares[:, 3:].sum(1, keepdim=True) * by_parts).sum()
            loss = error + _roughness(points, at_points, how) + how.small * points.square().mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
    return (_between(points, height, width) * fade).detach() / SIDE


def _roughness(points: Tensor, gone: Tensor, how: MotionSearch) -> Tensor:
    """Of control points [1, 2, h, w]: squared differences of neighbours, per squared distance as at 6 px."""
    stretch, shear = (how.smooth * (soft / how.smooth) ** gone for soft in (how.gone_stretch, how.gone_shear))
    down, right = points[0].diff(dim=1).square(), points[0].diff(dim=2).square()  # [x and y, h, w]
    along = (stretch[1:] * down[1]).mean() + (stretch[:, 1:] * right[0]).mean()
    across = (shear[1:] * down[0]).mean() + (shear[:, 1:] * right[1]).mean()
    return (along + across) / 2 * (6 / how.cell) ** 2


def _gone(parts: LabelMap, parts_after: LabelMap) -> Float[Tensor, "1 1 side side"]:
    """1 where a part was that goes away, 0 elsewhere; smooth."""
    gone = torch.zeros_like(parts, dtype=torch.bool)
    for class_id in parts.unique():
        was, stays = parts == class_id, parts_after == class_id
        if stays.sum() < GOES * was.sum():
            gone |= was & ~stays
    at = F.interpolate(gone[:, None].float(), size=(SIDE, SIDE), mode="bilinear")
    return _blurred(F.max_pool2d(at, 3, 1, 1), 1.5)


def _taken(image: Tensor, px: Tensor) -> Tensor:
    """Every pixel from where the displacement says, in pixels of the image."""
    height, width = image.shape[2:]
    ys, xs = torch.meshgrid(
        torch.arange(height, device=image.device), torch.arange(width, device=image.device), indexing="ij"
    )
    at = torch.stack([(xs + px[:, 0] + 0.5) * 2 / width - 1, (ys + px[:, 1] + 0.5) * 2 / height - 1], -1)
    return F.grid_sample(image, at, mode="bilinear", padding_mode="border", align_corners=False)


def faded(region: Region, side: int) -> Float[Tensor, "1 1 side side"]:
    """1 well inside the region, 0 on its rim, which the frame's edge is, too: smooth over a few pixels."""
    inside = at_side(region, side).float()
    width = max(side // 32, 1)
    outside = F.pad(1 - inside, [2 * width] * 4, value=1.0)  # beyond the frame nothing moves
    core = 1 - F.max_pool2d(outside, 2 * width + 1, 1, width)  # shrunk, then smoothed: never beyond it
    smooth = _blurred(core, width / 2)[..., 2 * width : -2 * width, 2 * width : -2 * width]
    return smooth * inside


def _looks(before: Image, after: Image, parts: LabelMap, parts_after: LabelMap) -> tuple[Tensor, Tensor]:
    """What is matched: pictures, and the parts that differ, [1, 3 + classes, SIDE, SIDE] each, 0..1 apart."""
    differing = torch.cat([parts[parts != parts_after], parts_after[parts != parts_after]]).unique()
    both = []
    for image, label_map in ((before, parts), (after, parts_after)):
        picture = F.interpolate(image.float().clamp(-1, 1), size=(SIDE, SIDE), mode="bicubic") / 2
        if len(differing):
            masks = (label_map[:, None] == differing[None, :, None, None]).float()
            masks = F.interpolate(masks, size=(SIDE, SIDE), mode="bilinear")
            picture = torch.cat([picture, masks], 1)
        both.append(picture)
    return both[0], both[1]


def _between(points: Tensor, height: int, width: int) -> Tensor:
    """Cubic between the control points, whose outermost lie beyond the box."""
    return F.interpolate(points, size=(height, width), mode="bicubic", align_corners=True)


def _blurred(x: Tensor, sigma: float) -> Tensor:
    """Gaussian, with the edge repeated."""
    radius = max(1, round(2.5 * sigma))
    offsets = torch.arange(-radius, radius + 1, device=x.device, dtype=x.dtype)
    kernel = torch.exp(-(offsets**2) / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).expand(x.shape[1], 1, -1)
    x = F.conv2d(F.pad(x, (radius, radius, 0, 0), mode="replicate"), kernel[:, :, None], groups=x.shape[1])
    return F.conv2d(F.pad(x, (0, 0, radius, radius), mode="replicate"), kernel[..., None], groups=x.shape[1])
