"""Attributes are guessed by what was learnt from other people's faces, and it is said how well."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage

from benchmarks.attributes import balanced, features, learnt
from editgan.core.errors import InputError
from editgan.core.images import from_pil, from_pixels


def striped(is_young: bool, seed: int) -> PilImage.Image:
    """Along or across, of whatever colours."""
    rng = np.random.default_rng(seed)
    lines = (np.arange(64) // 8 % 2)[:, None] * np.ones((64, 64))
    lines = lines if is_young else lines.T
    colours = rng.integers(0, 256, (2, 3))
    return PilImage.fromarray(colours[lines.astype(int)].astype(np.uint8))


def test_what_is_learnt_holds_for_people_not_learnt_from(tmp_path: Path) -> None:
    with (tmp_path / "attributes.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "identity", "Young"])
        for i in range(60):
            striped(i % 2 == 0, i).save(tmp_path / f"{i:02}.png")
            writer.writerow([f"{i:02}.png", i // 2, int(i % 2 == 0)])
    weights, right = learnt(tmp_path, ["Young"], 60)
    assert min(right["Young"]) > 0.9
    odds = (
        features(from_pixels(from_pil(striped(True, 99))))[0] @ weights["Young"][:-1] + weights["Young"][-1]
    )
    assert odds > 0
    with pytest.raises(InputError, match="with the columns file, identity and Hat"):
        learnt(tmp_path, ["Hat"], 60)


def test_a_guess_that_is_always_the_same_is_half_right_when_balanced() -> None:
    truth = torch.tensor([True] * 9 + [False])
    assert balanced(torch.ones(10, dtype=torch.bool), truth) == 0.5
    assert balanced(truth, truth) == 1
