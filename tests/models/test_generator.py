import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from editgan.core.errors import InputError
from editgan.models.generator import Generator, GeneratorConfig


def random_w_plus(config: GeneratorConfig, n: int = 2) -> torch.Tensor:
    return torch.randn(n, config.num_ws, config.w_dim)


@pytest.mark.parametrize(
    "resolution, num_ws", [(32, 8), (64, 10), (128, 12), (256, 14), (512, 16), (1024, 18)]
)
def test_there_are_two_ws_per_doubling(resolution, num_ws):
    assert GeneratorConfig(resolution=resolution).num_ws == num_ws


@pytest.mark.parametrize("resolution", [32, 64])
def test_every_resolution_draws_its_own_size_and_uses_every_w(resolution):
    config = GeneratorConfig(
        resolution=resolution, z_dim=4, w_dim=4, mapping_layers=1, channel_base=256, channel_max=4
    )
    synthesis = Generator(config).synthesis
    w_plus = random_w_plus(config, 1).requires_grad_()
    image = synthesis(w_plus).image
    assert image.shape == (1, 3, resolution, resolution)
    image.square().sum().backward()
    assert w_plus.grad is not None
    assert (w_plus.grad.abs().amax((0, 2)) > 0).all()


@pytest.mark.parametrize("bad", [{"resolution": 48}, {"resolution": 8}, {"resolution": 2048}])
def test_a_resolution_that_cannot_be_is_refused(bad):
    with pytest.raises(InputError, match="power of two"):
        GeneratorConfig(**bad)


def test_an_empty_network_is_refused():
    with pytest.raises(InputError, match="at least 1"):
        GeneratorConfig(resolution=32, w_dim=0)


def test_taps_come_back_by_name_at_their_own_resolution_and_channels(generator, tiny_config):
    names = list(tiny_config.tap_channels)
    assert names[:4] == ["4.const", "4.conv", "8.up", "8.conv"]
    assert len(names) == tiny_config.num_ws  # the constant input and every styled convolution
    features = generator.synthesis(random_w_plus(tiny_config), taps=names).features
    assert list(features) == names
    for name, channels in tiny_config.tap_channels.items():
        side = int(name.split(".")[0])
        assert features[name].shape == (2, channels, side, side)


def test_only_the_taps_asked_for_come_back_in_network_order(generator, tiny_config):
    w_plus = random_w_plus(tiny_config)
    features = generator.synthesis(w_plus, taps=["16.conv", "4.const"]).features
    assert list(features) == ["4.const", "16.conv"]
    assert generator.synthesis(w_plus).features == {}


def test_asking_for_taps_does_not_change_the_image(generator, tiny_config):
    w_plus = random_w_plus(tiny_config)
    with_taps = generator.synthesis(w_plus, taps=tiny_config.tap_channels).image
    assert torch.equal(with_taps, generator.synthesis(w_plus).image)


def test_an_unknown_tap_is_refused_by_name(generator, tiny_config):
    with pytest.raises(InputError, match=r"64\.conv"):
        generator.synthesis(random_w_plus(tiny_config), taps=["64.conv"])


def test_w_plus_of_another_network_is_refused(generator, tiny_config):
    with pytest.raises(InputError, match="8 layers, got 10"):
        generator.synthesis(torch.zeros(1, 10, tiny_config.w_dim))


def test_constant_noise_is_the_same_every_time_and_random_noise_is_not(generator, tiny_config):
    w_plus = random_w_plus(tiny_config)

    def draw(noise_mode):
        return generator.synthesis(w_plus, noise_mode=noise_mode).image

    assert torch.equal(draw("const"), draw("const"))
    assert torch.equal(draw("none"), draw("none"))
    assert not torch.equal(draw("random"), draw("random"))
    assert not torch.equal(draw("const"), draw("none"))


def test_truncation_to_zero_gives_w_avg_for_every_z(generator, tiny_config):
    w = generator.mapping(torch.randn(5, tiny_config.z_dim), truncation_psi=0.0)
    assert torch.equal(w, generator.mapping.w_avg.expand(5, -1))


def test_truncation_pulls_towards_w_avg(generator, tiny_config):
    z = torch.randn(5, tiny_config.z_dim)
    w_avg, full = generator.mapping.w_avg, generator.mapping(z)
    torch.testing.assert_close(generator.mapping(z, truncation_psi=0.25), w_avg + 0.25 * (full - w_avg))


def test_truncation_works_in_bfloat16(generator, tiny_config):
    z = torch.randn(3, tiny_config.z_dim)
    with torch.autocast("cpu", torch.bfloat16):
        image = generator(z, truncation_psi=0.5)
    assert image.dtype == torch.float32
    assert (image - generator(z, truncation_psi=0.5)).abs().mean() < 0.05


def test_the_length_of_z_does_not_matter(generator, tiny_config):
    z = torch.randn(3, tiny_config.z_dim)
    torch.testing.assert_close(generator.mapping(z), generator.mapping(10 * z), rtol=1e-4, atol=1e-5)


def test_a_sample_does_not_depend_on_its_batch(generator, tiny_config):
    z = torch.randn(4, tiny_config.z_dim)
    together = generator(z)
    alone = torch.cat([generator(row) for row in z.split(1)])
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-5)


def test_one_w_for_every_layer_is_what_the_generator_draws(generator, tiny_config):
    z = torch.randn(2, tiny_config.z_dim)
    w_plus = generator.mapping(z).unsqueeze(1).repeat(1, tiny_config.num_ws, 1)
    assert torch.equal(generator(z), generator.synthesis(w_plus).image)


def test_its_work_is_what_its_convolutions_multiply():
    config = GeneratorConfig(resolution=32, z_dim=4, w_dim=4, mapping_layers=1, channel_base=2048)
    synthesis = Generator(config).requires_grad_(False).synthesis
    with FlopCounterMode(display=False) as counter:
        synthesis(random_w_plus(config, 1))
    counted = counter.get_total_flops() / 2  # a multiplication and an addition each
    assert config.work < counted < 1.15 * config.work  # blurring and colours are the rest


def test_bfloat16_draws_nearly_the_same(generator, tiny_config):
    w_plus = random_w_plus(tiny_config)
    exact = generator.synthesis(w_plus).image
    with torch.autocast("cpu", torch.bfloat16):
        fast = generator.synthesis(w_plus).image
    assert fast.dtype == torch.float32 and not torch.equal(fast, exact)
    assert (fast - exact).square().mean() < 1e-3 * exact.square().mean()
