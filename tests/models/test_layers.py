import math

import pytest
import torch
import torch.nn.functional as F

from editgan.models.layers import EqualConv2d, EqualLinear, modulated_conv2d
from editgan.models.ops import binomial_filter, blur


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("kernel_size", [1, 3])
def test_both_modulation_forms_give_the_same_numbers(demodulate, up, kernel_size):
    x, styles = torch.randn(3, 6, 8, 8), torch.randn(3, 6) + 1
    weight = torch.randn(5, 6, kernel_size, kernel_size)
    grouped, scaled = (
        modulated_conv2d(x, weight, styles, demodulate=demodulate, up=up, form=form)
        for form in ("grouped", "scaled")
    )
    torch.testing.assert_close(grouped, scaled, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("up", [True, False])
def test_both_modulation_forms_give_the_same_gradients(demodulate, up):
    leaves = [
        torch.randn(shape, dtype=torch.float64, requires_grad=True)
        for shape in [(2, 3, 4, 4), (4, 3, 3, 3), (2, 3)]
    ]
    gradients = []
    for form in ("grouped", "scaled"):
        out = modulated_conv2d(*leaves, demodulate=demodulate, up=up, form=form)
        chosen = torch.linspace(-1, 1, out.numel(), dtype=torch.float64).reshape(out.shape)
        gradients.append(torch.autograd.grad((out * chosen).sum(), leaves))
    for grouped, scaled in zip(*gradients, strict=True):
        torch.testing.assert_close(grouped, scaled, rtol=1e-9, atol=1e-9)


def test_modulation_is_a_convolution_with_the_kernel_scaled_for_each_sample():
    x, weight, styles = torch.randn(2, 3, 5, 5), torch.randn(4, 3, 3, 3), torch.randn(2, 3)
    out = modulated_conv2d(x, weight, styles)
    for i in range(2):
        kernel = weight * styles[i, None, :, None, None]
        kernel = kernel / (kernel.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        torch.testing.assert_close(out[i : i + 1], F.conv2d(x[i : i + 1], kernel, padding=1))


@pytest.mark.parametrize("form", ["grouped", "scaled"])
def test_demodulation_gives_unit_variance(form):
    x = torch.randn(4, 16, 64, 64)
    styles = torch.rand(4, 16) * 5 + 0.1
    out = modulated_conv2d(x, torch.randn(8, 16, 3, 3), styles, form=form)
    spread = out[:, :, 1:-1, 1:-1].var((2, 3))
    torch.testing.assert_close(spread, torch.ones(4, 8), atol=0.15, rtol=0)


def test_demodulation_survives_styles_of_zero():
    out = modulated_conv2d(torch.randn(1, 3, 4, 4), torch.randn(2, 3, 3, 3), torch.zeros(1, 3))
    assert torch.equal(out, torch.zeros(1, 2, 4, 4))


def test_an_equalised_layer_starts_with_outputs_of_unit_variance():
    assert EqualLinear(256, 512)(torch.randn(64, 256)).var().item() == pytest.approx(1, abs=0.1)
    conv = EqualConv2d(64, 64, 3, activate=False)
    assert conv(torch.randn(2, 64, 32, 32))[:, :, 1:-1, 1:-1].var().item() == pytest.approx(1, abs=0.1)


def test_the_learning_rate_multiplier_slows_a_layer_down_without_changing_its_start():
    torch.manual_seed(3)
    plain = EqualLinear(4, 4, bias_init=0.5)
    torch.manual_seed(3)
    slow = EqualLinear(4, 4, bias_init=0.5, lr_multiplier=0.01)
    x = torch.randn(5, 4)
    torch.testing.assert_close(plain(x), slow(x))
    for layer in (plain, slow):  # the same step of every parameter ...
        with torch.no_grad():
            layer.weight += 0.1
    x = torch.ones(1, 4)
    moved = [layer(x) - layer.bias * layer.bias_gain for layer in (plain, slow)]
    with torch.no_grad():
        before = F.linear(x, (plain.weight - 0.1) * plain.weight_gain)
    # ... moves the outputs a hundredth of the way
    torch.testing.assert_close(moved[1] - before, (moved[0] - before) / 100, atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("kernel_size", [1, 3])
def test_downsampling_convolution_blurs_first_and_halves_the_side(kernel_size):
    conv = EqualConv2d(3, 5, kernel_size, activate=False, bias=False, down=True)
    x = torch.randn(2, 3, 8, 8)
    out = conv(x, gain=math.sqrt(0.5))
    assert out.shape == (2, 5, 4, 4)
    pad = 1 + kernel_size // 2  # the filter's margin and the kernel's
    blurred = blur(x, binomial_filter(), pad=(pad, pad))
    expected = F.conv2d(blurred, conv.weight * conv.weight_gain)[:, :, ::2, ::2] * math.sqrt(0.5)
    torch.testing.assert_close(out, expected)
