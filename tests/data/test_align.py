import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.data import astronaut

from editgan.core.config import from_json, to_json
from editgan.core.errors import PhotoError
from editgan.core.images import from_pixels, psnr_db, to_pixels
from editgan.data.align import between_bars, crop, paste
from editgan.data.frame import Framing

framings = st.builds(
    Framing,
    centre_x=st.floats(-20, 120),
    centre_y=st.floats(-20, 100),
    side=st.floats(5, 200),
    angle=st.floats(-math.pi, math.pi),
)


def photo(height: int = 80, width: int = 100) -> torch.Tensor:
    return torch.randint(0, 256, (1, height, width, 3), dtype=torch.uint8)


def portrait() -> torch.Tensor:
    return torch.from_numpy(astronaut())[None]


def square(side: int) -> Framing:
    return Framing(centre_x=side / 2, centre_y=side / 2, side=float(side))


@given(framings, st.lists(st.tuples(st.floats(-1, 2), st.floats(-1, 2)), min_size=1, max_size=5))
def test_frame_and_photo_positions_are_inverse(framing: Framing, points: list[tuple[float, float]]) -> None:
    here = torch.tensor(points, dtype=torch.float64)
    assert torch.allclose(framing.from_photo(framing.to_photo(here)), here, atol=1e-9)


@given(framings)
def test_a_framing_survives_json(framing: Framing) -> None:
    assert from_json(Framing, json.loads(json.dumps(to_json(framing)))) == framing


@given(framings, st.floats(-0.3, 0.3), st.floats(-0.3, 0.3), st.floats(-0.5, 0.5), st.floats(-1, 1))
def test_adjusting_is_a_similarity_seen_from_inside_the_frame(
    framing: Framing, dx: float, dy: float, log_scale: float, angle: float
) -> None:
    points = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.3, 0.8]], dtype=torch.float64)
    cos, sin = math.cos(angle), math.sin(angle)
    turn = torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)
    seen = (points - 0.5) @ turn.T * math.exp(log_scale) + 0.5 + torch.tensor([dx, dy]).double()
    moved = framing.adjusted(dx, dy, log_scale, angle).to_photo(points)
    assert torch.allclose(moved, framing.to_photo(seen), atol=1e-3)


def test_a_box_becomes_the_square_around_its_middle() -> None:
    framing = Framing.from_box(10, 20, 30, 50, photo_width=100, photo_height=80)
    assert framing == Framing(centre_x=25.0, centre_y=45.0, side=50.0, angle=0.0)


@pytest.mark.parametrize("box", [(10, 10, 0, 5), (10, 10, 5, -1), (10, 10, math.nan, 5), (0, 0, math.inf, 5)])
def test_an_empty_box_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(PhotoError, match="over 0 px"):
        Framing.from_box(*box, photo_width=100, photo_height=80)


@pytest.mark.parametrize("box", [(100, 10, 5, 5), (10, 80, 5, 5), (-5, 10, 5, 5), (10, -9, 5, 9)])
def test_a_box_outside_the_photo_is_refused(box: tuple[int, int, int, int]) -> None:
    with pytest.raises(PhotoError, match="outside the 100x80 photo"):
        Framing.from_box(*box, photo_width=100, photo_height=80)
    Framing.from_box(99, 79, 5, 5, photo_width=100, photo_height=80)


@pytest.mark.parametrize("side", [32, 67])
def test_the_whole_photo_at_its_own_size_is_the_photo(side: int) -> None:
    pixels = photo(side, side)
    assert torch.equal(to_pixels(crop(pixels, square(side), side)), pixels)


def test_a_quarter_turn_turns_exactly() -> None:
    pixels = photo(64, 64)
    turned = crop(pixels, Framing(centre_x=32.0, centre_y=32.0, side=64.0, angle=math.pi / 2), 64)
    # The frame's x axis points down the photo: what is seen has turned anticlockwise
    assert torch.equal(to_pixels(turned), pixels.rot90(1, (1, 2)))


def test_shrinking_averages_instead_of_skipping() -> None:
    checks = (torch.arange(256)[:, None] + torch.arange(256)) % 2
    pixels = (checks[None, :, :, None] * 255).to(torch.uint8).expand(1, 256, 256, 3)
    tilted = Framing(centre_x=128.0, centre_y=128.0, side=160.0, angle=0.3)
    assert crop(pixels, tilted, 32).abs().max() < 0.1


def test_outside_the_photo_its_edge_repeats() -> None:
    pixels = torch.zeros(1, 40, 40, 3, dtype=torch.uint8)
    pixels[:, :, -1] = 255
    beyond = crop(pixels, Framing(centre_x=60.0, centre_y=20.0, side=20.0), 32)
    assert beyond.min() > 0.99
    crop(pixels, Framing(centre_x=1e6, centre_y=-1e6, side=20.0), 32)


def test_a_crop_shows_what_lies_under_its_pixels() -> None:
    ramp = torch.arange(200, dtype=torch.uint8)[None, None, :, None].expand(1, 150, 200, 3)
    framing = Framing(centre_x=90.3, centre_y=70.0, side=70.0, angle=0.4)
    u = (torch.arange(16) + 0.5) / 16
    positions = framing.to_photo(torch.stack(torch.meshgrid(u, u, indexing="xy"), 2).double())
    expected = positions[..., 0] - 0.5  # a pixel's value is its centre's
    assert ((crop(ramp, framing, 16)[0, 0] + 1) * 127.5 - expected).abs().max() < 0.6


def allowed_by_definition(framing: Framing, region: torch.Tensor, height: int, width: int) -> np.ndarray:
    """Pixels whose centre lies in a true pixel of the region, written out once more, without tensors."""
    resolution, mask = region.shape[-1], np.zeros((height, width), dtype=bool)
    cos, sin = math.cos(framing.angle), math.sin(framing.angle)
    for j in range(height):
        for i in range(width):
            x, y = i + 0.5 - framing.centre_x, j + 0.5 - framing.centre_y
            column = math.floor(((cos * x + sin * y) / framing.side + 0.5) * resolution)
            row = math.floor(((-sin * x + cos * y) / framing.side + 0.5) * resolution)
            if 0 <= column < resolution and 0 <= row < resolution:
                mask[j, i] = bool(region[0, 0, row, column])
    return mask


@settings(max_examples=25, deadline=None)
@given(
    framings,
    st.sampled_from(["difference", "replace"]),
    st.floats(0, 6),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.02, 0.5, 1.0]),
)
def test_pixels_outside_the_region_keep_their_bytes(
    framing: Framing, mode: str, feather_px: float, seed: int, share: float
) -> None:
    torch.manual_seed(seed)
    pixels = photo(40, 50)
    before, after = torch.rand(2, 1, 3, 16, 16) * 4 - 2
    region = torch.rand(1, 1, 16, 16) < share
    original = pixels.clone()
    pasted, mask = paste(pixels, framing, before, after, region, mode=mode, feather_px=feather_px)  # type: ignore[arg-type]
    assert torch.equal(pixels, original)
    assert torch.equal(pasted[0][~mask], original[0][~mask])
    assert np.array_equal(mask.numpy(), allowed_by_definition(framing, region, 40, 50))


@pytest.mark.parametrize("strip_px", [1, 1_000_000])
def test_strips_do_not_show(strip_px: int, monkeypatch: pytest.MonkeyPatch) -> None:
    framing = Framing(centre_x=210.0, centre_y=120.0, side=150.0, angle=0.2)
    before, after = torch.rand(2, 1, 3, 16, 16)
    region = torch.rand(1, 1, 16, 16) < 0.7
    whole, _ = paste(portrait(), framing, before, after, region, feather_px=2.0)
    monkeypatch.setattr("editgan.data.align.STRIP_PX", strip_px)
    striped, _ = paste(portrait(), framing, before, after, region, feather_px=2.0)
    assert torch.equal(whole, striped)


def test_no_difference_changes_nothing() -> None:
    same = torch.rand(1, 3, 16, 16)
    pasted, mask = paste(
        portrait(), square(512), same, same, torch.ones(1, 1, 16, 16, dtype=torch.bool), feather_px=1.0
    )
    assert mask.all() and torch.equal(pasted, portrait())


def test_an_empty_region_changes_nothing() -> None:
    nothing = torch.zeros(1, 1, 16, 16, dtype=torch.bool)
    pasted, mask = paste(
        portrait(), square(512), torch.zeros(1, 3, 16, 16), torch.ones(1, 3, 16, 16), nothing, feather_px=1.0
    )
    assert not mask.any() and torch.equal(pasted, portrait())


def centre_region(resolution: int = 32) -> torch.Tensor:
    region = torch.zeros(1, 1, resolution, resolution, dtype=torch.bool)
    region[:, :, 8:24, 8:24] = True
    return region


def test_replacing_shows_the_rendering_deep_inside() -> None:
    pixels, after = photo(320, 320), torch.full((1, 3, 32, 32), 0.5)
    pasted, _ = paste(pixels, square(320), -after, after, centre_region(), mode="replace", feather_px=3.0)
    assert (from_pixels(pasted[:, 120:200, 120:200]) - 0.5).abs().max() < 0.01


def test_adding_the_difference_keeps_the_photos_detail() -> None:
    pixels = torch.randint(100, 140, (1, 320, 320, 3), dtype=torch.uint8)
    before, after = torch.zeros(1, 3, 32, 32), torch.full((1, 3, 32, 32), 20 / 127.5)
    pasted, _ = paste(pixels, square(320), before, after, centre_region(), feather_px=3.0)
    assert torch.equal(pasted[:, 120:200, 120:200], pixels[:, 120:200, 120:200] + 20)


@pytest.mark.parametrize("mode", ["difference", "replace"])
def test_bytes_do_not_wrap_around(mode: str) -> None:
    white = torch.full((1, 64, 64, 3), 250, dtype=torch.uint8)
    after = torch.full((1, 3, 32, 32), 1.6)
    pasted, _ = paste(white, square(64), 0 * after, after, centre_region(), mode=mode, feather_px=2.0)  # type: ignore[arg-type]
    assert pasted.min() >= 250


def test_the_seam_fades_in_from_the_regions_outline() -> None:
    grey = torch.full((1, 640, 640, 3), 100, dtype=torch.uint8)
    before, after = torch.zeros(1, 3, 32, 32), torch.full((1, 3, 32, 32), 0.5)
    pasted, mask = paste(grey, square(640), before, after, centre_region(), feather_px=4.0)
    change = pasted[0, 320, :, 0].int() - 100
    inside = mask[320].nonzero().flatten()
    assert (inside.min().item(), inside.max().item()) == (160, 479)
    assert change[160] <= 1 and change[320] == 64
    assert change[:320].diff().min() >= 0  # rises only
    assert change.diff().abs().max() <= 2  # and nowhere suddenly: 64 steps over 80 px
    assert 28 <= change[160 + 40] <= 36  # halfway at half the feather


def test_a_thin_region_is_still_edited() -> None:
    grey = torch.full((1, 320, 320, 3), 100, dtype=torch.uint8)
    line = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    line[:, :, 15:17] = True
    pasted, _ = paste(
        grey, square(320), torch.zeros(1, 3, 32, 32), torch.ones(1, 3, 32, 32) * 0.4, line, feather_px=9.0
    )
    assert pasted.max() >= 145


def test_an_edit_is_enlarged_smoothly() -> None:
    grey = torch.full((1, 640, 640, 3), 100, dtype=torch.uint8)
    after = torch.zeros(1, 3, 32, 32)
    after[..., 16:] = 0.8
    pasted, _ = paste(
        grey, square(640), 0 * after, after, torch.ones(1, 1, 32, 32, dtype=torch.bool), feather_px=1.0
    )
    assert pasted[0, 320, 60:580, 0].int().diff().abs().max() < 12  # a block edge would be a step of 102


def test_crop_then_paste_returns_the_photo() -> None:
    framing = Framing(centre_x=222.0, centre_y=118.0, side=128.0, angle=0.15)
    seen = crop(portrait(), framing, 128)
    everywhere = torch.ones(1, 1, 128, 128, dtype=torch.bool)
    pasted, mask = paste(portrait(), framing, seen, seen, everywhere, mode="replace", feather_px=1.0)
    where = mask[None, None]
    assert psnr_db(from_pixels(pasted), from_pixels(portrait()), where) > 32
    aside = framing.adjusted(0.01, 0.0, 0.0, 0.0)
    missed, mask = paste(portrait(), aside, seen, seen, everywhere, mode="replace", feather_px=1.0)
    assert psnr_db(from_pixels(missed), from_pixels(portrait()), mask[None, None]) < 30


def test_a_difference_makes_nothing_lighter_than_its_surroundings():
    photo = torch.full((1, 64, 64, 3), 150, dtype=torch.uint8)
    photo[:, 28:36, 20:44] = 90  # a brow, rendered darker than it is, and then taken away
    before, after = torch.full((1, 3, 64, 64), 0.2), torch.full((1, 3, 64, 64), 0.2)
    before[:, :, 28:36, 20:44] = -0.9
    region = torch.ones(1, 1, 64, 64, dtype=torch.bool)
    framing = Framing(centre_x=32.0, centre_y=32.0, side=64.0)
    pasted, _ = paste(photo, framing, before, after, region, feather_px=1)
    assert pasted[:, 30:34, 24:40].min() > 140 and pasted.max() <= 154


def test_detail_of_a_part_that_is_gone_goes_with_it():
    photo = torch.full((1, 256, 256, 3), 128, dtype=torch.uint8)
    photo[:, ::2] = 168  # stripes far finer than a pixel of the frame
    still = torch.zeros(1, 3, 32, 32)
    region, changed = torch.ones(1, 1, 32, 32, dtype=torch.bool), torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    changed[..., 16:] = True
    framing = Framing(centre_x=128.0, centre_y=128.0, side=256.0)
    pasted, _ = paste(photo, framing, still, still, region, feather_px=1, changed=changed)
    assert torch.equal(pasted[:, 16:-16, 16:112], photo[:, 16:-16, 16:112])
    assert pasted[:, 16:-16, 144:-16].float().std() < 4 < photo.float().std()


def test_a_region_of_another_side_is_pasted_as_the_same_region_in_the_renderings_pixels() -> None:
    pixels, before, after = photo(64, 64), *torch.rand(2, 1, 3, 32, 32).mul(2).sub(1)
    region, changed = torch.zeros(2, 1, 1, 16, 16, dtype=torch.bool)
    region[..., 3:9, 4:12] = True
    for mode in ("difference", "replace"):
        small, large = (
            paste(pixels, square(64), before, after, where, mode=mode, feather_px=2.0)  # type: ignore[arg-type]
            for where in (region, region.repeat_interleave(2, 2).repeat_interleave(2, 3))
        )
        assert torch.equal(small[0], large[0]) and torch.equal(small[1], large[1])
        assert small[1].sum() == 24 * 32
    changed[..., 5:7, 6:9] = True
    told, _ = paste(pixels, square(64), before, after, region, feather_px=2.0, changed=changed)
    plain, _ = paste(pixels, square(64), before, after, region, feather_px=2.0)
    assert not torch.equal(told, plain)


def test_the_rows_between_the_bars_are_the_picture() -> None:
    image = torch.rand(2, 3, 32, 32)
    assert torch.equal(between_bars(image, 1 / 8), image[:, :, 4:28])
    assert torch.equal(between_bars(image, 0.0), image)


def test_a_letter_boxed_frame_has_black_bars_and_pasting_leaves_what_they_hide() -> None:
    pixels, wide = photo(64, 64), replace(square(64), letter_box=1 / 8)
    seen = crop(pixels, wide, 32)
    assert (seen[:, :, :4] == -1).all() and (seen[:, :, 28:] == -1).all()
    assert torch.equal(seen[:, :, 4:28], crop(pixels, square(64), 32)[:, :, 4:28])
    everywhere = torch.ones(1, 1, 32, 32, dtype=torch.bool)
    pasted, mask = paste(pixels, wide, seen, -seen, everywhere, mode="replace", feather_px=1.0)
    assert not mask[:8].any() and not mask[56:].any() and mask[8:56].all()
    assert torch.equal(pasted[:, :8], pixels[:, :8]) and torch.equal(pasted[:, 56:], pixels[:, 56:])
    assert not torch.equal(pasted[:, 8:56], pixels[:, 8:56])
