from dataclasses import replace

import pytest
import torch

from editgan.core.errors import InputError
from editgan.models.discriminator import Discriminator
from editgan.models.generator import Generator, GeneratorConfig
from editgan.models.ops import upsample2x
from editgan.training.gan.grow import grow_discriminator, grow_generator


def grow(
    generator: Generator, discriminator: Discriminator, config: GeneratorConfig
) -> tuple[Generator, Discriminator]:
    return grow_generator(generator, config), grow_discriminator(discriminator, config)


@pytest.fixture
def bigger(tiny_config: GeneratorConfig) -> GeneratorConfig:
    return replace(tiny_config, resolution=64)


def test_the_same_size_is_a_copy(
    generator: Generator, discriminator: Discriminator, tiny_config: GeneratorConfig
) -> None:
    g, d = grow(generator, discriminator, tiny_config)
    z = torch.randn(2, 8)
    assert torch.equal(g(z), generator(z))
    assert torch.equal(d(generator(z)), discriminator(generator(z)))
    assert g is not generator and next(g.parameters()).requires_grad


def test_low_layers_stay_identical(
    generator: Generator, discriminator: Discriminator, bigger: GeneratorConfig
) -> None:
    g, d = grow(generator, discriminator, bigger)
    kept = g.state_dict()
    assert all(torch.equal(kept[name], value) for name, value in generator.state_dict().items())
    w_plus = g.broadcast(g.mapping(torch.randn(2, 8)))
    taps = list(generator.config.tap_channels)
    small, large = generator.synthesis(w_plus[:, :8], taps=taps), g.synthesis(w_plus, taps=taps)
    assert all(torch.equal(large.features[tap], small.features[tap]) for tap in taps)
    x = torch.randn(2, discriminator.config.channels(32), 32, 32)
    assert torch.equal(d.blocks[1](x), discriminator.blocks[0](x))


def test_a_grown_generator_first_draws_the_old_pictures_enlarged(
    generator: Generator, discriminator: Discriminator, bigger: GeneratorConfig
) -> None:
    g, _ = grow(generator, discriminator, bigger)
    z = torch.randn(2, 8)
    enlarged = upsample2x(generator(z), generator.synthesis.filter)
    assert torch.allclose(g(z), enlarged, atol=1e-6)


def test_a_grown_discriminator_first_judges_enlarged_pictures_as_the_old_one_did(
    generator: Generator, tiny_config: GeneratorConfig
) -> None:
    roomy = replace(tiny_config, channel_base=512)  # 8 channels at 64 px, too
    old = Discriminator(roomy)
    for name, parameter in old.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.3)
    _, d = grow(Generator(roomy), old, replace(roomy, resolution=64))
    flat = torch.rand(6, 3, 1, 1).expand(-1, -1, 64, 64) * 2 - 1
    drawn = torch.nn.functional.interpolate(generator(torch.randn(6, 8)), (64, 64), mode="bilinear")
    for images in (flat, drawn):
        wanted = old(torch.nn.functional.interpolate(images, (32, 32), mode="area"))
        assert (d(images) - wanted).abs().max() < 0.3 * wanted.std()


def test_two_levels_can_be_grown_at_once(
    generator: Generator, discriminator: Discriminator, tiny_config: GeneratorConfig
) -> None:
    g, d = grow(generator, discriminator, replace(tiny_config, resolution=128))
    image = g(torch.randn(1, 8))
    assert image.shape == (1, 3, 128, 128) and torch.isfinite(d(image)).all()


def test_every_layer_of_a_grown_network_can_learn(
    generator: Generator, discriminator: Discriminator, bigger: GeneratorConfig
) -> None:
    g, d = grow(generator, discriminator, bigger)
    d(g(torch.randn(2, 8), noise_mode="random")).sum().backward()
    assert g.synthesis.blocks[-1].to_rgb.weight.grad.abs().sum() > 0  # type: ignore[union-attr]
    assert all(p.grad is not None for p in d.parameters())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"resolution": 16}, "32 px down to 16 px"),
        ({"w_dim": 12}, "the recipe it was made with"),
        ({"channel_max": 4}, "the recipe it was made with"),
        ({"mapping_layers": 3}, "lacks mapping.layers.2"),
        ({"mapping_layers": 1}, "no layer"),
        ({"resolution": 64, "w_dim": 12}, "the recipe it was made with"),
        ({"resolution": 64, "mapping_layers": 3}, "lacks mapping.layers.2"),
    ],
)
def test_networks_of_another_shape_are_refused(
    change: dict[str, int],
    says: str,
    generator: Generator,
    discriminator: Discriminator,
    tiny_config: GeneratorConfig,
) -> None:
    with pytest.raises(InputError, match=says):
        grow(generator, discriminator, replace(tiny_config, **change))  # type: ignore[arg-type]
