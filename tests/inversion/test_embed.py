import pytest
import torch

from editgan.bundle.bundle import BundleDraft, ModelBundle
from editgan.core.descent import best
from editgan.core.errors import InputError
from editgan.core.images import psnr_db
from editgan.evaluation.embedding import embed_all
from editgan.inversion.embed import Embedding, embed, first_guess

SETTINGS = Embedding(steps=25)


@pytest.fixture(scope="module")
def photo(bundle: ModelBundle) -> torch.Tensor:
    """A picture the generator can draw."""
    z = torch.randn(1, 16, generator=torch.Generator().manual_seed(9))
    return bundle.generator(z, truncation_psi=0.7).clamp(-1, 1)


def test_a_walk_starts_at_the_encoders_guess(bundle: ModelBundle, photo: torch.Tensor) -> None:
    start = next(embed(bundle, photo, SETTINGS))
    assert bundle.encoder is not None
    assert torch.equal(start.value, bundle.encoder(photo))
    assert start.terms.keys() == {"perceptual", "pixels", "near_guess"} and start.terms["near_guess"] == 0


def test_embedding_comes_nearer_to_the_photo_and_the_best_step_is_taken(
    bundle: ModelBundle, photo: torch.Tensor
) -> None:
    walked = list(embed(bundle, photo, SETTINGS))
    found = best(walked)
    assert len(walked) <= 26
    assert found.loss == min(step.loss for step in walked) < 0.5 * walked[0].loss
    before, after = (psnr_db(bundle.generator.synthesis(s.value).image, photo) for s in (walked[0], found))
    assert after > before + 2


def test_no_steps_keep_the_guess(bundle: ModelBundle, photo: torch.Tensor) -> None:
    found = best(embed(bundle, photo, Embedding(steps=0)))
    assert torch.equal(found.value, first_guess(bundle, photo))


def test_without_an_encoder_the_walk_starts_at_w_avg(bundle: ModelBundle, photo: torch.Tensor) -> None:
    plain = BundleDraft("plain", "face", bundle.generator, bundle.discriminator)
    guess = first_guess(plain, photo.expand(2, -1, -1, -1))
    assert guess.shape == (2, 8, 16)
    assert (guess == bundle.generator.mapping.w_avg).all()
    walked = list(embed(plain, photo, Embedding(steps=10)))
    assert best(walked).loss < walked[0].loss


def test_staying_near_the_guess_is_a_matter_of_weight(bundle: ModelBundle, photo: torch.Tensor) -> None:
    def distance(near_guess: float) -> float:
        last = list(embed(bundle, photo, Embedding(steps=15, near_guess=near_guess)))[-1].value
        return (last - first_guess(bundle, photo)).square().mean().item()

    assert distance(50.0) < 0.5 * distance(0.0)


def test_a_walk_ends_when_nothing_more_is_gained(bundle: ModelBundle, photo: torch.Tensor) -> None:
    walked = list(embed(bundle, photo, Embedding(steps=400)))
    assert len(walked) < 401
    assert best(walked[:-10]).loss < 1.01 * best(walked).loss


def test_fast_arithmetic_comes_first_and_the_end_is_exact(
    bundle: ModelBundle, photo: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered: list[bool] = []

    def fast(_: ModelBundle) -> torch.autocast:
        entered.append(True)
        return torch.autocast("cpu", torch.bfloat16)

    monkeypatch.setattr(ModelBundle, "is_fast", property(lambda _: True))
    monkeypatch.setattr(ModelBundle, "fast", fast)
    walked = list(embed(bundle, photo, Embedding(steps=20)))
    assert [step.index for step in walked] == [*range(len(walked))]
    assert 1 < len(entered) <= 12 < len(walked)  # the target's features, and the first half's steps
    assert best(walked).index >= 11


def test_photos_of_one_call_are_walked_to_alone(bundle: ModelBundle, photo: torch.Tensor) -> None:
    photos = torch.cat([photo, photo.flip(3)])
    both = embed_all(bundle, photos, Embedding(steps=5))
    alone = [embed_all(bundle, one, Embedding(steps=5)) for one in photos.split(1)]
    assert torch.equal(both, torch.cat(alone))


def test_the_networks_are_left_alone(bundle: ModelBundle, photo: torch.Tensor) -> None:
    list(embed(bundle, photo, Embedding(steps=2)))
    for network in bundle.networks.values():
        assert all(p.grad is None for p in network.parameters())


def test_a_walk_without_sense_is_refused() -> None:
    with pytest.raises(InputError):
        Embedding(steps=-1)
