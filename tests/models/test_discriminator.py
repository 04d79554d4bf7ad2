import math

import pytest
import torch

from editgan.models.discriminator import minibatch_deviation


def test_one_logit_per_image(discriminator):
    logits = discriminator(torch.randn(8, 3, 32, 32))
    assert logits.shape == (8,)
    assert logits.dtype == torch.float32
    assert logits.std() > 0


def test_features_come_finest_first_at_half_the_side_each(discriminator, tiny_config):
    features = discriminator.features(torch.randn(2, 3, 32, 32))
    assert [tuple(f.shape[1:]) for f in features] == [(tiny_config.channels(r), r, r) for r in (16, 8, 4)]


@pytest.mark.parametrize("n, group", [(8, 4), (4, 4), (6, 6), (2, 2), (1, 1)])
def test_minibatch_deviation_equals_the_naive_one(n, group):
    x = torch.randn(n, 3, 4, 4)
    num_groups = n // group
    out = minibatch_deviation(x)
    for member in range(n):
        peers = [x[i] for i in range(n) if i % num_groups == member % num_groups]
        assert len(peers) == group
        total = 0.0
        for c in range(3):
            for i in range(4):
                for j in range(4):
                    values = [p[c, i, j].item() for p in peers]
                    mean = sum(values) / group
                    total += math.sqrt(sum((v - mean) ** 2 for v in values) / group + 1e-8)
        torch.testing.assert_close(out[member], torch.full((1, 4, 4), total / 48), rtol=1e-4, atol=1e-5)


def test_equal_images_deviate_by_nothing():
    assert minibatch_deviation(torch.ones(4, 2, 4, 4)).max() < 1e-3


def test_features_of_an_image_do_not_depend_on_its_batch(discriminator):
    images = torch.randn(3, 3, 32, 32)
    together = discriminator.features(images)
    for i in range(3):
        for all_of_them, one in zip(together, discriminator.features(images[i : i + 1]), strict=True):
            torch.testing.assert_close(all_of_them[i : i + 1], one, rtol=1e-5, atol=1e-5)
