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
    left_share: float  # 0..1, of the squared difference in the region: what moving does not explain


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


def find_motion(
    before: Image,
    after: Image,
    parts: LabelMap,
    parts_after: LabelMap,
    region: Region,
    how: MotionSearch | None = None,
) -> Motion:
    """The displacement that turns `before` into `after`; zero on the rim of `region` and outside it.

    Args:
        before: [1, 3, r, r], -1..1, and `after`, the edited one.
        parts: [1, s, s], and `parts_after`: their label maps.
        region: [1, 1, s, s]; where things may move.
        how: weights and steps.
    """
    how, fade = how or MotionSearch(), faded(region, SIDE)
    flow = torch.zeros(1, 2, SIDE, SIDE, device=before.device)
    if not fade.any():
        return Motion(flow, 0.0)
    rows, columns = (fade[0, 0].any(axis).nonzero()[:, 0] for axis in (1, 0))
    box = (slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))
    old, new = _looks(before, after, parts, parts_after, how)
    with torch.enable_grad():
        flow[:, :, box[0], box[1]] = _descend(old[..., *box], new[..., *box], fade[..., *box], how)
    old, new = _blurred(old, how.blurs[-1]), _blurred(new, how.blurs[-1])
    asked, left = (((x - new).square() * fade).sum() for x in (old, _taken(old, flow * SIDE)))
    return Motion(flow, float(left / asked.clamp_min(1e-6)))


def _descend(old: Tensor, new: Tensor, fade: Tensor, how: MotionSearch) -> Tensor:
    """Within the box around the region, in units of the frame."""
    height, width = fade.shape[2:]
    points = torch.zeros(1, 2, height // how.cell + 3, width // how.cell + 3, device=old.device)
    points.requires_grad_()
    adam = torch.optim.Adam([points], lr=how.lr, eps=1e-4)  # rounding is no reason to move
    weight = fade / fade.sum()
    for blur in how.blurs:
        a, b = _blurred(old, blur), _blurred(new, blur)
        for _ in range(how.steps // len(how.blurs)):
            px = _between(points, height, width) * fade
            error = ((_taken(a, px) - b).square().sum(1, keepdim=True) * weight).sum()
            rough = points.diff(dim=2).square().mean() + points.diff(dim=3).square().mean()
            loss = error + how.smooth * rough + how.small * points.square().mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
    return (_between(points, height, width) * fade).detach() / SIDE


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


def _looks(
    before: Image, after: Image, parts: LabelMap, parts_after: LabelMap, how: MotionSearch
) -> tuple[Tensor, Tensor]:
    """What is matched: pictures, and the parts that differ, [1, 3 + classes, SIDE, SIDE] each."""
    differing = torch.cat([parts[parts != parts_after], parts_after[parts != parts_after]]).unique()
    both = []
    for image, label_map in ((before, parts), (after, parts_after)):
        picture = F.interpolate(image.float().clamp(-1, 1), size=(SIDE, SIDE), mode="bicubic") / 2
        if len(differing):
            masks = (label_map[:, None] == differing[None, :, None, None]).float() * how.labels**0.5
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
