import torch

from editgan.benchmark.samples import measure_samples
from editgan.bundle.bundle import ModelBundle
from editgan.core.images import to_pixels
from editgan.core.rng import sample_z


def test_a_generators_own_samples_are_nearer_than_other_pictures(bundle: ModelBundle):
    with torch.no_grad():
        own = to_pixels(bundle.generator(sample_z(range(100, 140), bundle.generator.config.z_dim)))
    near = measure_samples(bundle, own, samples=40)
    far = measure_samples(bundle, 255 - own, samples=40)
    assert near["fid_40"] < far["fid_40"]
    assert near["kid_40"] < far["kid_40"]
    assert near["photos"] == 40
    assert near["resolution"] == 32


def test_figures_do_not_depend_on_when_they_are_taken(bundle: ModelBundle):
    photos = torch.randint(0, 255, (20, 64, 64, 3), dtype=torch.uint8)
    first = measure_samples(bundle, photos, samples=20, resolution=64)
    assert measure_samples(bundle, photos, samples=20, resolution=64) == first
    assert first["resolution"] == 64
