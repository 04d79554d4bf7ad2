import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from skimage.data import astronaut

from editgan.core.errors import InputError
from editgan.core.images import from_pixels, to_pixels
from editgan.core.runs import RunFolder
from editgan.data.align import crop
from editgan.data.frame import Framing
from editgan.data.photos import PhotoSet
from editgan.models.aligner import Aligner, AlignerConfig
from editgan.training.aligner import (
    AlignerTraining,
    AlignerWork,
    corner_distance,
    mirrored,
    misframed,
    random_adjustments,
    random_insets,
    recoloured,
    remaining,
)
from editgan.training.loop import Schedule, train

pytestmark = pytest.mark.slow

TINY = AlignerTraining(
    aligner=AlignerConfig(resolution=32, channels=4), total_kimg=0.064, batch_size=8, held_out=2
)


def faces(count: int = 10) -> PhotoSet:
    aligned = crop(
        torch.from_numpy(astronaut())[None], Framing(centre_x=224.0, centre_y=122.0, side=110.0), 64
    )
    brightness = torch.linspace(0.5, 1, count).reshape(-1, 1, 1, 1)
    return PhotoSet(to_pixels(aligned * brightness), [f"{i}.png" for i in range(count)], [])


def work(config: AlignerTraining = TINY) -> AlignerWork:
    return AlignerWork(config, faces(), Accelerator(cpu=True))


def schedule(images: int) -> Schedule:
    return Schedule(total_images=images, log_images=16, preview_images=64)


def test_an_aligner_is_small() -> None:
    assert sum(p.numel() for p in Aligner(AlignerConfig()).parameters()) < 500_000


def test_one_photo_gives_what_a_batch_gives() -> None:
    aligner, crops = Aligner(AlignerConfig(resolution=32, channels=4)), torch.rand(5, 3, 32, 32)
    assert torch.allclose(aligner(crops)[2:3], aligner(crops[2:3]), atol=1e-6)


def test_exposure_does_not_change_the_answer() -> None:
    aligner, crops = Aligner(AlignerConfig(resolution=32, channels=4)), torch.rand(3, 3, 32, 32) * 2 - 1
    darker = aligner(crops * 0.9 - 0.1)
    assert torch.allclose(darker, aligner(crops), atol=0.02)
    assert not torch.allclose(aligner(crops.flip(3)), aligner(crops), atol=1e-4)


def test_no_crop_throws_the_frame_far_away() -> None:
    aligner = Aligner(AlignerConfig(resolution=32, channels=4))
    for parameter in aligner.parameters():
        parameter.data.mul_(100)
    answers = aligner(torch.randn(20, 3, 32, 32)).abs()
    assert answers.max() > 0.3 and (answers <= torch.tensor([0.4, 0.4, 0.6, 0.8]) + 1e-6).all()


def test_an_odd_resolution_is_refused() -> None:
    with pytest.raises(InputError, match="multiple of 16"):
        AlignerConfig(resolution=40)


def test_the_wanted_adjustment_gives_back_the_aligned_photo() -> None:
    """Ties training to `Framing.adjusted`: a crop, seen through the adjusted frame, is the aligned photo."""
    config = AlignerTraining(small_share=0.0)
    photos = from_pixels(faces(6).pixels)
    wanted = random_adjustments(6, config) * torch.tensor([0.3, 0.3, 1.0, 1.0])
    crops = misframed(photos, wanted, torch.zeros(6, 4), 64)
    whole = Framing(centre_x=32.0, centre_y=32.0, side=64.0)
    for photo, seen, adjustment in zip(photos, crops, wanted.tolist(), strict=True):
        through = crop(to_pixels(seen[None]), whole.adjusted(*adjustment), 64)
        middle = (slice(None), slice(None), slice(20, 44), slice(20, 44))
        right = (through[middle] - photo[None][middle]).abs().mean()
        untouched = (seen[None][middle] - photo[None][middle]).abs().mean()
        assert right < 0.05 and right < untouched / 2


def test_nothing_wanted_shows_the_photo_itself() -> None:
    photos = from_pixels(faces(4).pixels)
    shown = misframed(photos, torch.zeros(4, 4), torch.zeros(4, 4), 32)
    expected = torch.nn.functional.avg_pool2d(photos, 2)
    assert (shown - expected)[:, :, 4:-4, 4:-4].abs().max() < 0.01


def test_corner_distance_is_in_sides_of_the_wanted_frame() -> None:
    wanted = torch.tensor([[0.1, 0.0, math.log(2), 0.0]])
    assert corner_distance(wanted, wanted).item() < 1e-5
    assert corner_distance(wanted + torch.tensor([[0.2, 0, 0, 0]]), wanted).item() == pytest.approx(
        0.1, abs=1e-5
    )


def test_what_remains_after_the_right_adjustment_is_nothing() -> None:
    found, wanted = (
        random_adjustments(16, AlignerTraining()).clone(),
        random_adjustments(16, AlignerTraining()),
    )
    assert remaining(wanted, wanted).abs().max() < 1e-6
    whole = Framing(centre_x=0.0, centre_y=0.0, side=1.0)
    for a, b, rest in zip(found.tolist(), wanted.tolist(), remaining(found, wanted).tolist(), strict=True):
        one, two = whole.adjusted(*a).adjusted(*rest), whole.adjusted(*b)
        got = (one.centre_x, one.centre_y, one.side, one.angle)
        assert got == pytest.approx((two.centre_x, two.centre_y, two.side, two.angle), abs=1e-5)


def test_adjustments_stay_within_the_configured_limits() -> None:
    drawn = random_adjustments(2000, AlignerTraining(small_share=0.0)).abs().amax(0)
    limits = torch.tensor([0.15, 0.15, 0.4 * math.log(2), math.radians(25)])
    assert (drawn <= limits).all() and (drawn > 0.98 * limits).all()


def test_the_seam_is_rarely_at_the_frame() -> None:
    insets = random_insets(1000)
    assert insets.min() >= 0 and insets.max() <= 0.18
    assert (insets.amax(1) == 0).float().mean() < 0.3
    black_and_white = torch.tensor([-1.0, 1.0]).repeat(20).reshape(-1, 1, 1, 1).expand(40, 3, 64, 64)
    shown = misframed(black_and_white, torch.zeros(40, 4), torch.full((40, 4), 0.15), 64)
    spread = (shown.amax((1, 2, 3)) - shown.amin((1, 2, 3))) > 0.05
    assert 5 < spread.sum() < 35  # some get another background, some go on as they are


def test_mirroring_flips_some_and_recolouring_moves_nothing() -> None:
    photos = torch.rand(64, 3, 8, 8)
    flipped = (mirrored(photos) == photos.flip(3)).all(3).all(2).all(1)
    assert 16 < flipped.sum() < 48
    half = torch.zeros(16, 3, 8, 8)
    half[..., 4:] = 1
    out = recoloured(half).mean(1)
    assert (out[:, :, 6] > out[:, :, 1]).all() and out[:, :, 7].std() > 0.05


def test_training_lowers_the_corner_error(tmp_path: Path) -> None:
    config = AlignerTraining(
        aligner=AlignerConfig(resolution=32, channels=8), total_kimg=1.28, batch_size=16, lr=4e-3, held_out=2
    )
    plan = Schedule(total_images=1280, log_images=160, preview_images=1280)
    errors = [s.terms["corner_error"] for s in train(work(config), RunFolder(tmp_path, config), plan)]
    assert sum(errors[-2:]) < 0.8 * sum(errors[:2])


def test_resuming_is_bit_exact(tmp_path: Path) -> None:
    whole, halves = work(), work()
    list(train(whole, RunFolder(tmp_path / "whole", TINY), schedule(64)))
    list(train(halves, RunFolder(tmp_path / "halves", TINY), schedule(32)))
    resumed = work()
    list(train(resumed, RunFolder(tmp_path / "halves", TINY), schedule(64)))
    for name, value in whole.aligner.state_dict().items():
        assert torch.equal(value, resumed.aligner.state_dict()[name]), name
    assert any(
        not torch.equal(v, halves.aligner.state_dict()[k]) for k, v in whole.aligner.state_dict().items()
    )


def test_every_step_draws_afresh_and_the_same_in_every_run() -> None:
    config = replace(TINY, lr=1e-12)
    alike = PhotoSet(faces().pixels[-1:].expand(10, 64, 64, 3), faces().names, [])
    here, there = (AlignerWork(config, alike, Accelerator(cpu=True)) for _ in range(2))
    first, second = here.step(0)["corner_error"], here.step(8)["corner_error"]
    assert (first - second).abs() > 1e-4
    assert torch.isclose(there.step(8)["corner_error"], second, atol=1e-6)


def test_held_out_photos_are_never_trained_on() -> None:
    here = work()
    assert len(here.photos.pixels) == 8 and torch.equal(here.preview_photos, faces().pixels[8:])
    with pytest.raises(InputError, match="only 10"):
        AlignerWork(AlignerTraining(held_out=10), faces(), Accelerator(cpu=True))


def test_a_preview_does_not_disturb_the_training() -> None:
    here = work()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = here.preview()
    assert torch.equal(torch.rand(3), expected)
    assert first.tobytes() == here.preview().tobytes() and first.size == (64, 64)
