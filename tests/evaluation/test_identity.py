import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from editgan.core.errors import InputError
from editgan.evaluation.identity import identity_similarity, verification


def brightness_and_tint(image: Tensor) -> Tensor:
    return F.normalize(image.mean((2, 3)), dim=1)


def test_similarity_is_the_cosine_of_each_pair() -> None:
    red, green = torch.tensor([1.0, 0, 0]), torch.tensor([0, 1.0, 0])
    before = torch.stack([red, red, red])[:, :, None, None].expand(3, 3, 8, 8)
    after = torch.stack([red, green, -red])[:, :, None, None].expand(3, 3, 8, 8)
    found = identity_similarity(brightness_and_tint, before, after)
    assert torch.allclose(found, torch.tensor([1.0, 0.0, -1.0]), atol=1e-6)


def test_similarity_asks_for_no_gradients() -> None:
    before = torch.rand(2, 3, 8, 8, requires_grad=True)
    assert not identity_similarity(brightness_and_tint, before, before.flip(0)).requires_grad


def on_a_circle(*degrees: float) -> Tensor:
    angles = torch.tensor(degrees).deg2rad()
    return torch.stack([angles.cos(), angles.sin()], 1)


def test_people_who_lie_apart_are_told_apart_without_a_mistake() -> None:
    people = torch.tensor([0, 0, 1, 1, 2, 2])
    found = verification(on_a_circle(0, 5, 90, 95, 180, 185), people)
    assert (found.auc, found.accuracy, found.equal_error_rate) == (1, 1, 0)
    assert found.pairs == 6 and found.same_mean == pytest.approx(0.9962, abs=1e-3)
    assert found.different_mean < found.threshold <= found.same_mean + 1e-6


def test_embeddings_that_know_nothing_guess() -> None:
    found = verification(F.normalize(torch.randn(300, 16), dim=1), torch.arange(300) % 30)
    assert found.auc == pytest.approx(0.5, abs=0.03)
    assert found.equal_error_rate == pytest.approx(0.5, abs=0.03)


def test_equal_embeddings_are_half_right_not_all_right() -> None:
    found = verification(torch.ones(8, 1), torch.arange(8) % 2)
    assert found.auc == 0.5 and found.accuracy == 0.5


def test_the_figures_are_those_counted_by_hand() -> None:
    # Pairs of one person at 20 and 60 degrees; of two, drawn from 4: whichever two, checked one by one
    embeddings, people = on_a_circle(0, 20, 50, 110), torch.tensor([0, 0, 1, 1])
    same = torch.tensor([20.0, 60]).deg2rad().cos()
    wins = {
        sum(float(s > d) for s in same for d in torch.tensor(pair).deg2rad().cos()) / 4
        for pair in [(50.0, 110.0), (50.0, 30.0), (50.0, 90.0), (110.0, 30.0), (110.0, 90.0), (30.0, 90.0)]
    }
    assert verification(embeddings, people).auc in wins


def test_the_same_seed_draws_the_same_pairs() -> None:
    embeddings, people = F.normalize(torch.randn(60, 8), dim=1), torch.arange(60) % 20
    assert verification(embeddings, people, seed=3) == verification(embeddings, people, seed=3)
    assert verification(embeddings, people, seed=3) != verification(embeddings, people, seed=4)


@pytest.mark.parametrize("people", [[0, 0, 0], [0, 1, 2]])
def test_pairs_of_one_kind_alone_cannot_be_told_apart(people: list[int]) -> None:
    with pytest.raises(InputError, match="two people"):
        verification(on_a_circle(0, 10, 20), torch.tensor(people))
