import torch

from editgan.core.rng import sample_z, seed_step


def test_sampling_does_not_depend_on_the_batch():
    assert torch.equal(sample_z([7], 16)[0], sample_z(range(16), 16)[7])


def test_seeds_differ():
    assert not torch.equal(sample_z([1], 16), sample_z([2], 16))


def test_sampling_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    sample_z(range(4), 8)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_step_draws_the_same_whenever_it_is_taken():
    def draw(seed: int, step: int, rank: int) -> torch.Tensor:
        seed_step(seed, step, rank)
        return torch.rand(4)

    first = draw(0, 5, 0)
    others = [draw(0, 6, 0), draw(1, 5, 0), draw(0, 5, 1)]
    assert torch.equal(draw(0, 5, 0), first)
    assert not any(torch.equal(first, other) for other in others)
