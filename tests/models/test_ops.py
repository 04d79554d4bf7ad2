import math

import pytest
import torch

from editgan.models.ops import (
    SLOPE,
    bias_act,
    binomial_filter,
    blur,
    downsample2x,
    noise_bias_act,
    upsample2x,
)


def naive_filter(x: torch.Tensor, kernel: torch.Tensor, pad: tuple[int, int]) -> torch.Tensor:
    """Weighted sums of shifted pictures, with zeros around them."""
    n, c, h, w = x.shape
    before, after = pad
    wide = x.new_zeros(n, c, h + before + after, w + before + after)
    wide[:, :, before : before + h, before : before + w] = x
    rows, columns = wide.shape[2] - 3, wide.shape[3] - 3
    total = x.new_zeros(n, c, rows, columns)
    for i in range(4):
        for j in range(4):
            total += kernel[i, j] * wide[:, :, i : i + rows, j : j + columns]
    return total


@pytest.mark.parametrize("pad", [(1, 1), (2, 2), (2, 1), (0, 3)])
def test_blur_equals_a_naive_filter(pad):
    x = torch.randn(2, 3, 7, 5)
    expected = naive_filter(x, binomial_filter(), pad) * 4
    torch.testing.assert_close(blur(x, binomial_filter(), pad=pad, gain=4), expected)


def test_upsampling_is_zero_insertion_and_the_filter():
    x = torch.randn(2, 3, 5, 5)
    spread = torch.zeros(2, 3, 10, 10)
    spread[:, :, ::2, ::2] = x
    expected = naive_filter(spread, binomial_filter(), (2, 1)) * 4
    torch.testing.assert_close(upsample2x(x, binomial_filter()), expected)


def test_downsampling_is_the_filter_and_every_second_pixel():
    x = torch.randn(2, 3, 8, 8)
    expected = naive_filter(x, binomial_filter(), (1, 1))[:, :, ::2, ::2]
    torch.testing.assert_close(downsample2x(x, binomial_filter()), expected)


def test_resampling_halves_and_doubles_the_side_and_keeps_a_flat_colour():
    flat = torch.full((1, 2, 16, 16), 0.7)
    larger, smaller = upsample2x(flat, binomial_filter()), downsample2x(flat, binomial_filter())
    assert larger.shape == (1, 2, 32, 32)
    assert smaller.shape == (1, 2, 8, 8)
    inside = (slice(None), slice(None), slice(2, -2), slice(2, -2))
    torch.testing.assert_close(larger[inside], torch.full_like(larger[inside], 0.7))
    torch.testing.assert_close(smaller[inside], torch.full_like(smaller[inside], 0.7))


def test_the_activation_keeps_positive_values_and_leaks_a_fifth_of_negative_ones():
    x = torch.tensor([[1.0, -3.0]])
    bias = torch.tensor([1.0, 1.0])
    expected = torch.tensor([[2.0, -0.4]]) * math.sqrt(2)
    torch.testing.assert_close(bias_act(x, bias), expected)


def test_the_bias_runs_along_the_channels():
    out = bias_act(torch.zeros(1, 2, 3, 3), torch.tensor([1.0, 2.0]))
    torch.testing.assert_close(out[0, :, 1, 1], torch.tensor([1.0, 2.0]) * math.sqrt(2))


@pytest.mark.parametrize("noises", [0, 1, 3])
def test_noise_and_bias_in_one_product_are_noise_and_bias_one_after_the_other(noises: int):
    x = torch.randn(3, 5, 8, 8, requires_grad=True)
    strength, bias = torch.tensor(0.3, requires_grad=True), torch.randn(5, requires_grad=True)
    noise = torch.randn(noises, 1, 8, 8) if noises else None
    added = 0 if noise is None else noise * strength
    expected = torch.nn.functional.leaky_relu(x + added + bias[:, None, None], SLOPE)
    weights = torch.randn_like(expected)
    found = noise_bias_act(x, noise, strength, bias)
    torch.testing.assert_close(found, expected)
    leaves = [x, bias] if noise is None else [x, bias, strength]
    for a, b in zip(
        torch.autograd.grad((found * weights).sum(), leaves),
        torch.autograd.grad((expected * weights).sum(), leaves),
        strict=True,
    ):
        torch.testing.assert_close(a, b)
