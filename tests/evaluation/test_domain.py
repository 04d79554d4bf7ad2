import torch

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.facts import Reference
from editgan.core.rng import sample_z
from editgan.evaluation.domain import measure_domain
from editgan.evaluation.embedding import embed_all
from editgan.inversion.domain import judge_domain, measure_distances
from editgan.inversion.embed import Embedding

STEPS = 15


def judged(bundle: ModelBundle, facts: Reference, photo: torch.Tensor) -> str | None:
    w_plus = embed_all(bundle, photo, Embedding(steps=STEPS))
    distances = measure_distances(bundle, photo, w_plus)
    return judge_domain(facts, distances, judge_name=bundle.judge().name, steps=STEPS).verdict


def test_facts_come_from_embedding_the_photos_and_tell_noise_from_them(bundle: ModelBundle) -> None:
    photos = bundle.generator(sample_z(range(6), 16), truncation_psi=0.7).clamp(-1, 1)
    facts = measure_domain(bundle, photos, steps=STEPS)
    assert (facts.photos, facts.subject, facts.steps) == (6, "face", STEPS)
    assert facts.judge == bundle.judge().name
    guessed = measure_domain(bundle, photos, steps=0)
    assert facts.psnr_db[4] > guessed.psnr_db[4] + 1
    noise = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    assert judged(bundle, facts, noise) == "outside"
    drawn = bundle.generator(sample_z([50], 16), truncation_psi=0.5).clamp(-1, 1)
    assert judged(bundle, facts, drawn) == "ordinary"
