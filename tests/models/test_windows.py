import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from editgan.models.windows import Patch, Window, cut, enlarge

WINDOWS = [Window(0, 0, 32, 32), Window(0, 5, 9, 6), Window(30, 0, 32, 32), Window(11, 13, 24, 31)]


def maps(*sides: int) -> list[Tensor]:
    return [torch.randn(2, 3, side, side, dtype=torch.float64) for side in sides]


def interpolated(xs: list[Tensor], window: Window) -> Tensor:
    total = sum(F.interpolate(x, (32, 32), mode="bilinear") for x in xs)
    assert isinstance(total, Tensor)
    return window.of(total).permute(0, 2, 3, 1)


@pytest.mark.parametrize("window", WINDOWS)
def test_a_window_is_that_part_of_the_enlarged_maps_sum(window: Window) -> None:
    xs = maps(4, 8, 16, 32, 64)  # the last is made smaller
    found = enlarge([cut(x, 32, window) for x in xs], 32, window)
    torch.testing.assert_close(found, interpolated(xs, window))


def test_patches_of_the_whole_serve_every_window() -> None:
    xs = maps(4, 16)
    patches = [cut(x, 32, Window(0, 0, 32, 32)) for x in xs]
    for window in WINDOWS:
        torch.testing.assert_close(enlarge(patches, 32, window), interpolated(xs, window))


def test_it_is_added_where_it_is_told_to() -> None:
    (x,), window = maps(8), WINDOWS[3]
    onto = torch.ones(2, 13, 18, 3, dtype=torch.float64)
    assert enlarge([cut(x, 32, window)], 32, window, onto) is onto
    torch.testing.assert_close(onto - 1, interpolated([x], window))


def test_gradients_are_those_of_interpolation() -> None:
    (x,), window = maps(8), WINDOWS[3]
    leaves = [x.clone().requires_grad_() for _ in range(2)]
    enlarge([cut(leaves[0], 32, window)], 32, window).square().sum().backward()
    interpolated([leaves[1]], window).square().sum().backward()
    torch.testing.assert_close(leaves[0].grad, leaves[1].grad)


def test_only_what_a_window_needs_is_cut_out() -> None:
    patch = cut(maps(8)[0], 32, Window(8, 16, 12, 20))  # within one pixel of the map, and its neighbours
    assert isinstance(patch, Patch) and (patch.top, patch.left) == (1, 3)
    assert patch.values.shape == (2, 3, 3, 3)


@pytest.mark.parametrize("pixels", [1, 100, 10_000])
def test_tiles_cover_every_pixel_once(pixels: int) -> None:
    window, seen = Window(3, 5, 90, 170), torch.zeros(100, 200)
    for tile in window.tiles(pixels):
        tile.of(seen).add_(1)
    assert window.of(seen).eq(1).all() and seen.sum() == window.height * window.width
