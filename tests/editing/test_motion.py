"""Moving a photo's own pixels."""

import pytest
import torch
import torch.nn.functional as F
from PIL import Image as PilImage
from skimage.data import astronaut
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.core.images import from_pixels, to_pixels
from editgan.data.align import crop
from editgan.data.frame import Framing
from editgan.data.moving import move
from editgan.editing.composition import Composition
from editgan.editing.motion import SIDE, faded, find_motion
from editgan.editing.parts import grow
from editgan.editing.walk import Editing
from editgan.editor import Editor
from editgan.inversion.embed import Embedding

PHOTO = torch.from_numpy(astronaut())[None]
FACE = Framing(centre_x=224, centre_y=120, side=200)
NOTHING = torch.zeros(1, 64, 64, dtype=torch.long)


def region() -> Tensor:
    there = torch.zeros(1, 1, 64, 64, dtype=torch.bool)
    there[..., 12:44, 12:52] = True
    return there


def displacement(side: int) -> Tensor:
    """Smooth, up to four hundredths of the frame, within the region."""
    centres = (torch.arange(side) + 0.5) / side
    y, x = torch.meshgrid(centres, centres, indexing="ij")
    bump = torch.exp(-((x - 0.5) ** 2 / 0.02 + (y - 0.44) ** 2 / 0.008))
    return torch.stack([0.2 * bump * (x - 0.5), 0.04 * bump])[None]


def psnr(a: Tensor, b: Tensor, where: Tensor) -> float:
    return float(-10 * ((from_pixels(a) - from_pixels(b)) / 2)[0].square().mean(0)[where].mean().log10())


def test_a_known_displacement_is_found_from_two_small_pictures_and_moves_the_large_photo() -> None:
    true, may_change = move(PHOTO, FACE, displacement(256), region())
    before, after = crop(PHOTO, FACE, 64), crop(true, FACE, 64)
    motion = find_motion(before, after, NOTHING, NOTHING, region())
    moved, mask = move(PHOTO, FACE, motion.flow, region())
    assert torch.equal(mask, may_change)
    assert psnr(moved, true, mask) > psnr(PHOTO, true, mask) + 4
    assert motion.left_share < 0.3


def test_a_part_that_goes_away_is_squeezed_between_those_beside_it() -> None:
    """As a mouth closes: lips come together over what was between them, and the rest of the frame stays."""
    lips, teeth, skin = 1, 2, 0
    parts = torch.full((1, 64, 64), skin)
    parts[:, 22:36, 18:46] = lips
    parts[:, 26:32, 20:44] = teeth
    closed = parts.where(parts != teeth, lips)
    colours = torch.tensor([[0.5, 0.2, 0.1], [0.3, -0.6, -0.5], [0.9, 0.9, 0.8]])
    before, after = (colours[p].permute(0, 3, 1, 2).contiguous() for p in (parts, closed))
    motion = find_motion(before, after, parts, closed, region())
    left = colours[teeth] - torch.tensor(0.5)

    def bright(flow: Tensor) -> int:
        pixels = to_pixels(F.interpolate(before, size=(512, 512), mode="nearest"))
        whole = Framing(centre_x=256, centre_y=256, side=512)
        return int(
            (from_pixels(move(pixels, whole, flow, region())[0])[0] > left[:, None, None]).all(0).sum()
        )

    assert bright(motion.flow) < 0.2 * bright(torch.zeros_like(motion.flow))


def test_what_does_not_move_keeps_its_bytes() -> None:
    before = crop(PHOTO, FACE, 64)
    still = find_motion(before, before, NOTHING, NOTHING, region())
    assert torch.equal(move(PHOTO, FACE, still.flow, region())[0], PHOTO)
    nowhere, mask = move(PHOTO, FACE, displacement(128), torch.zeros_like(region()))
    assert torch.equal(nowhere, PHOTO) and not mask.any()


def test_a_displacement_fades_to_nothing_on_the_regions_rim() -> None:
    fade = faded(region(), SIDE)
    inside = F.interpolate(region().float(), size=(SIDE, SIDE)) > 0
    assert fade[~inside].max() == 0 and fade.max() == pytest.approx(1, abs=1e-4)
    moved, mask = move(PHOTO, FACE, displacement(SIDE) * fade, region())
    assert torch.equal(moved[:, ~mask], PHOTO[:, ~mask]) and not torch.equal(moved, PHOTO)


@pytest.mark.parametrize("side", [64, 16])
def test_the_frames_edge_is_a_rim_too(side: int) -> None:
    """A region that reaches it must not leave a step in the photo there."""
    everywhere = torch.ones(1, 1, side, side, dtype=torch.bool)
    fade = faded(everywhere, SIDE)[0, 0]
    for edge in (fade[0], fade[-1], fade[:, 0], fade[:, -1]):
        assert edge.max() < 0.05  # of a displacement of some pixels: not to be seen
    assert fade[SIDE // 2, SIDE // 2] == pytest.approx(1, abs=1e-4)
    assert fade.diff(dim=0).abs().max() < 0.25  # and gets there smoothly


def test_an_edit_in_motion_moves_pixels_in_the_region_only_and_is_replayed(bundle: ModelBundle) -> None:
    editor = Editor(bundle)
    photo = editor.open(
        PilImage.fromarray(astronaut()), box=(164, 60, 120, 120), embedding=Embedding(steps=20)
    )
    edit = editor.edit(photo, grow(photo.label_map, [4], 1), settings=Editing(steps=20))
    result = edit.result
    assert torch.equal(result.pixels[0][~result.may_change], photo.pixels[0][~result.may_change])
    assert result.report.pasted_outside_max_abs_diff == 0 and result.report.unmoved_share is not None
    sample = editor.sample(1)  # a rendering, so it is edited exactly
    drawn = Composition({edit.vector: 1.0}, paste_mode="difference")
    assert torch.equal(editor.apply(sample, {edit.vector: 1.0}).pixels, editor.apply(sample, drawn).pixels)
    moving = Composition({edit.vector: 1.0}, paste_mode="motion")
    assert torch.equal(editor.apply(photo, moving).pixels, editor.apply(photo, moving).pixels)
