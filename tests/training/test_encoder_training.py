from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator

from editgan.bundle.bundle import BundleDraft, ModelBundle
from editgan.core.errors import InputError
from editgan.core.images import to_pixels
from editgan.core.runs import RunFolder
from editgan.data.photos import PhotoSet
from editgan.models.encoder import Encoder
from editgan.training import encoder as encoder_training
from editgan.training.batches import mixed_w_plus
from editgan.training.encoder import EncoderTraining, EncoderWork
from editgan.training.loop import Schedule, Work, train

pytestmark = pytest.mark.slow

TINY = EncoderTraining(total_kimg=0.064, batch_size=4, warm_up_kimg=0.016, held_out=0)

PHOTOS = PhotoSet(torch.full((10, 32, 32, 3), 90, dtype=torch.uint8), [str(i) for i in range(10)], [])


@pytest.fixture(autouse=True)
def _small_encoders(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = encoder_training.EncoderConfig
    narrow = {"channel_base": 512, "channel_max": 16, "pyramid_channels": 8, "head_channels": 8}

    def small(**shape: int) -> encoder_training.EncoderConfig:
        return whole(**(shape | narrow))

    monkeypatch.setattr(encoder_training, "EncoderConfig", small)


def work(bundle: ModelBundle, config: EncoderTraining = TINY) -> EncoderWork:
    z = torch.randn(10, 16, generator=torch.Generator().manual_seed(7))
    photos = PhotoSet(to_pixels(bundle.generator(z)), [str(i) for i in range(10)], [])
    own = BundleDraft(
        bundle.name, bundle.subject, bundle.generator, bundle.discriminator, perceptual_scale=1.0
    )
    return EncoderWork(config, own, photos, Accelerator(cpu=True))


def test_it_is_work_for_the_loop(bundle: ModelBundle) -> None:
    assert isinstance(work(bundle), Work)


def test_warm_up_shows_samples_only_and_photos_come_after(bundle: ModelBundle) -> None:
    trained = work(bundle)
    samples = {"sample_perceptual", "sample_pixels", "sample_latent"}
    assert trained.step(0).keys() == samples
    assert trained.step(16).keys() == samples | {"photo_perceptual", "photo_pixels", "photo_stay"}


def test_training_really_learns_to_invert(bundle: ModelBundle) -> None:
    trained = work(bundle, replace(TINY, total_kimg=1.0, batch_size=8, warm_up_kimg=0.12, lr=5e-3))
    z = torch.randn(16, 16, generator=torch.Generator().manual_seed(8))
    images = bundle.generator(z, truncation_psi=0.9).clamp(-1, 1)

    def error() -> float:
        with torch.no_grad():
            found = bundle.generator.synthesis(trained.encoder(images)).image
            return (found - images).square().mean().item()

    before = error()
    for i in range(30):
        trained.step(8 * i)
    assert error() < 0.8 * before


def test_the_generator_and_its_judge_stay_as_they_are(bundle: ModelBundle) -> None:
    before = {k: v.clone() for k, v in bundle.generator.state_dict().items()}
    trained = work(bundle)
    trained.step(0)
    assert all(torch.equal(bundle.generator.state_dict()[k], v) for k, v in before.items())
    assert all(p.grad is None for n in bundle.networks.values() for p in n.parameters())


def test_a_resumed_run_equals_an_uninterrupted_one(bundle: ModelBundle, tmp_path: Path) -> None:
    whole, first, second = work(bundle), work(bundle), work(bundle)
    list(train(whole, RunFolder(tmp_path / "whole", TINY), Schedule(total_images=40)))
    list(train(first, RunFolder(tmp_path / "parts", TINY), Schedule(total_images=24)))
    list(train(second, RunFolder(tmp_path / "parts", TINY), Schedule(total_images=40)))
    for name in ("encoder", "ema"):
        a, b = (getattr(w, name).state_dict() for w in (whole, second))
        assert all(torch.equal(a[key], b[key]) for key in a), name
    assert (tmp_path / "parts" / "samples").is_dir()


def test_the_average_follows_the_encoder(bundle: ModelBundle) -> None:
    trained = work(bundle)
    start = {k: v.clone() for k, v in trained.ema.state_dict().items()}
    trained.step(0)
    moved = [k for k, v in trained.ema.state_dict().items() if not torch.equal(v, start[k])]
    assert moved and torch.equal(trained.ema.w_avg, bundle.generator.mapping.w_avg)


def test_mixed_latents_are_of_two_pictures(bundle: ModelBundle) -> None:
    mixed, plain = (mixed_w_plus(bundle.generator, 6, style_mixing=p) for p in (1.0, 0.0))
    kinds = [len(w.unique(dim=0)) for w in mixed]
    assert kinds == [2] * 6 and all(len(w.unique(dim=0)) == 1 for w in plain)


def test_an_encoder_can_start_as_another_one(bundle: ModelBundle) -> None:
    first = work(bundle)
    first.step(0)
    again = EncoderWork(TINY, bundle, PHOTOS, Accelerator(cpu=True), start=first.encoder)
    pairs = zip(first.encoder.parameters(), again.encoder.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert torch.equal(again.ema.w_avg, bundle.generator.mapping.w_avg)


def test_an_encoder_of_another_shape_is_no_start(bundle: ModelBundle) -> None:
    other = Encoder(replace(work(bundle).encoder.config, head_channels=16))
    with pytest.raises(InputError, match="head_channels=16"):
        EncoderWork(TINY, bundle, PHOTOS, Accelerator(cpu=True), start=other)
