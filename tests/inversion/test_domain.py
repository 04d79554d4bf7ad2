import json

import pytest
import torch

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.facts import Facts, Reference
from editgan.core.config import to_json
from editgan.inversion.domain import Distances, Domain, judge_domain, measure_distances, reference


def far(perceptual: float = 0.5, psnr: float = 24.5, latent: float = 1.5) -> Distances:
    """By default at the median of `FACTS` in every respect."""
    return Distances(perceptual_distance=perceptual, psnr_db=psnr, latent_distance=latent)


# 101 photos, so that photo i is at percentile i: 0..1, 29.5..19.5 dB, 1..2 standard deviations
FACTS = reference(
    [far(i / 100, 29.5 - i / 10, 1 + i / 100) for i in range(101)], subject="cat", judge_name="j", steps=9
)


def judged(distances: Distances) -> Domain:
    return judge_domain(FACTS, distances, judge_name="j", steps=9)


def test_the_facts_are_json_and_say_how_they_were_measured() -> None:
    told = json.loads(json.dumps(Facts(domain=FACTS).to_json()))
    assert Facts.from_json(told).domain == FACTS
    assert (FACTS.photos, FACTS.subject, FACTS.judge, FACTS.steps) == (101, "cat", "j", 9)
    assert FACTS.percents == (0, 5, 10, 25, 50, 75, 90, 95, 98, 99, 100)
    assert FACTS.perceptual_distance == pytest.approx([p / 100 for p in FACTS.percents])
    assert FACTS.psnr_db == pytest.approx([29.5 - p / 10 for p in FACTS.percents])


@pytest.mark.parametrize("distances", [far(perceptual=0.83), far(psnr=29.5 - 8.3), far(latent=1.83)], ids=str)
def test_the_worst_distance_decides_and_percentiles_lie_between_the_known_ones(distances: Distances) -> None:
    found = judged(distances)
    assert found.percentile == pytest.approx(83) and found.verdict == "ordinary"
    assert found.median_ratio == pytest.approx(distances.perceptual_distance / 0.5)
    assert found.perceptual_distance == distances.perceptual_distance


@pytest.mark.parametrize(
    ("distances", "reading"),
    [
        (far(perceptual=0.985), "perceptual distance 0.985, median 0.500"),
        (far(psnr=29.5 - 9.83), "redrawn at 19.7 dB, median 24.5"),
        (far(latent=1.985), "latent 1.99 standard deviations from the mean, median 1.50"),
    ],
)
def test_farther_than_98_percent_is_unusual_and_the_sentence_says_in_what(
    distances: Distances, reading: str
) -> None:
    found = judged(distances)
    assert found.verdict == "unusual"
    assert found.sentence == (
        f"farther from what the generator can draw than 98 % of unseen cat photos ({reading}); "
        "look at the parts before you edit"
    )


@pytest.mark.parametrize("distances", [far(perceptual=1.2), far(psnr=19.0), far(latent=2.3)], ids=str)
def test_farther_than_every_known_photo_is_outside(distances: Distances) -> None:
    found = judged(distances)
    assert (found.verdict, found.percentile) == ("outside", 100)
    assert "each of 101 unseen cat photos" in found.sentence and "do not count on" in found.sentence


def test_the_farthest_known_photo_is_not_outside_and_the_nearest_is_ordinary() -> None:
    assert judged(far(1.0, 19.5, 2.0)).verdict == "unusual"
    nearest = judged(far(0.0, float("inf"), 0.2))
    assert (nearest.verdict, nearest.percentile) == ("ordinary", 0)
    assert nearest.sentence.startswith("no farther from what the generator can draw")


@pytest.mark.parametrize(
    ("facts", "judge_name", "steps", "why"),
    [
        (None, "j", 9, "this bundle does not say"),
        (FACTS, "lpips", 9, "measured with j, 9 steps, this one with lpips, 9 steps"),
        (FACTS, "j", 5, "measured with j, 9 steps, this one with j, 5 steps"),
    ],
)
def test_what_cannot_be_compared_gets_no_verdict_but_a_reason(
    facts: Reference | None, judge_name: str, steps: int, why: str
) -> None:
    found = judge_domain(facts, far(perceptual=9.0), judge_name=judge_name, steps=steps)
    assert (found.verdict, found.percentile, found.median_ratio) == (None, None, None)
    assert why in found.sentence and found.perceptual_distance == 9.0


@pytest.mark.parametrize("spoilt", [{"psnr_db": [1.0]}, {"colour": 3}])
def test_damaged_facts_give_no_verdict_and_are_kept(spoilt: dict[str, object]) -> None:
    told = json.loads(json.dumps({"domain": to_json(FACTS) | spoilt}))
    read = Facts.from_json(told)
    assert judge_domain(read.domain, far(), judge_name="j", steps=9).verdict is None
    assert read.to_json() == told


def test_a_perfect_reconstruction_of_the_mean_is_at_no_distance(bundle: ModelBundle) -> None:
    generator = bundle.generator
    mean = generator.broadcast(generator.mapping.w_avg[None]).clone()
    found = measure_distances(bundle, generator.synthesis(mean).image, mean)
    assert found == far(0.0, float("inf"), 0.0)


def test_latent_distance_is_in_standard_deviations(bundle: ModelBundle) -> None:
    generator = bundle.generator
    mean = generator.broadcast(generator.mapping.w_avg[None])
    photo = generator.synthesis(mean).image
    moved = mean + bundle.axes.to_w(torch.full_like(mean, 2.0))
    found = measure_distances(bundle, photo, moved)
    assert found.latent_distance == pytest.approx(2.0, rel=1e-3)
    assert found.perceptual_distance > 0.01 and found.psnr_db < 40
