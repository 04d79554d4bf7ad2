import copy

import torch
from torch import Tensor, nn

from editgan.models.generator import Generator, GeneratorConfig
from editgan.models.kept import Kept


class Counter:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, weight: Tensor) -> Tensor:
        self.calls += 1
        return weight * 2


def test_what_follows_from_a_frozen_weight_is_made_once() -> None:
    kept, weight, double = Kept(), torch.ones(3), Counter()
    first, again = kept.get("double", weight, double), kept.get("double", weight, double)
    assert double.calls == 1 and first is again and first.tolist() == [2, 2, 2]


def test_it_is_made_anew_when_the_weight_changes_in_place_moves_or_is_another() -> None:
    kept, weight, double = Kept(), nn.Parameter(torch.ones(3), requires_grad=False), Counter()
    kept.get("double", weight, double)
    weight.mul_(2)
    assert kept.get("double", weight, double).tolist() == [4, 4, 4]
    weight.data = torch.zeros(3)
    assert kept.get("double", weight, double).tolist() == [0, 0, 0]
    assert kept.get("double", torch.ones(3), double).tolist() == [2, 2, 2]
    assert double.calls == 4


def test_of_a_weight_in_training_nothing_is_kept() -> None:
    kept, weight, double = Kept(), torch.ones(3, requires_grad=True), Counter()
    assert kept.get("double", weight, double).requires_grad
    kept.get("double", weight, double)
    assert double.calls == 2


def test_what_was_made_in_inference_mode_serves_gradients_afterwards() -> None:
    kept, weight = Kept(), torch.ones(3)
    with torch.inference_mode():
        kept.get("double", weight, lambda w: w * 2)
    x = torch.ones(3, requires_grad=True)
    (kept.get("double", weight, lambda w: w * 2) * x).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [2, 2, 2]


def test_a_generator_whose_weights_are_replaced_draws_with_the_new_ones() -> None:
    config = GeneratorConfig(
        resolution=16, z_dim=4, w_dim=4, mapping_layers=1, channel_base=64, channel_max=4
    )
    first, second = (Generator(config).requires_grad_(False) for _ in range(2))
    w_plus = torch.randn(1, config.num_ws, 4)
    before = first.synthesis(w_plus).image
    tuned = copy.deepcopy(first)
    tuned.load_state_dict(second.state_dict())
    assert torch.equal(tuned.synthesis(w_plus).image, second.synthesis(w_plus).image)
    assert torch.equal(first.synthesis(w_plus).image, before)
    first.load_state_dict(second.state_dict())
    assert torch.equal(first.synthesis(w_plus).image, second.synthesis(w_plus).image)


def test_frozen_and_trained_weights_draw_the_same() -> None:
    config = GeneratorConfig(resolution=32, z_dim=4, w_dim=4, mapping_layers=1, channel_base=256)
    generator, w_plus = Generator(config), torch.randn(2, config.num_ws, 4)
    trained = generator.synthesis(w_plus).image.detach()
    frozen = generator.requires_grad_(False).synthesis(w_plus).image
    torch.testing.assert_close(frozen, trained)
