from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from editgan.bundle.bundle import BundleDraft, ModelBundle
from editgan.core.descent import Step, best
from editgan.core.errors import InputError
from editgan.core.images import psnr_db
from editgan.core.types import Image, WPlus
from editgan.inversion.embed import Embedding, embed
from editgan.inversion.tuning import COARSEST, Tuning, TuningObjective, tune_generator
from editgan.models.generator import Generator

pytestmark = pytest.mark.slow

SHORT = Tuning(steps=15)


@pytest.fixture(scope="module")
def photo(bundle: ModelBundle) -> Image:
    """A picture the generator can nearly draw: upside down, and with a mark of its own."""
    z = torch.randn(1, 16, generator=torch.Generator().manual_seed(9))
    image = bundle.generator(z, truncation_psi=0.7).clamp(-1, 1).flip(2)
    image[:, :, 8:12, 20:24] = 1.0
    return image


@pytest.fixture(scope="module")
def w_plus(bundle: ModelBundle, photo: Image) -> WPlus:
    return best(embed(bundle, photo, Embedding(steps=10))).value


@pytest.fixture(scope="module")
def tuned(bundle: ModelBundle, photo: Image, w_plus: WPlus) -> Generator:
    return tune_generator(bundle, photo, w_plus, SHORT)


def drawn(generator: Generator, w_plus: WPlus) -> Image:
    return generator.synthesis(w_plus).image


def test_the_pivot_comes_nearer_to_the_photo(
    bundle: ModelBundle, photo: Image, w_plus: WPlus, tuned: Generator
) -> None:
    before, after = (psnr_db(drawn(g, w_plus), photo) for g in (bundle.generator, tuned))
    assert after > before + 0.7


def test_the_bundles_generator_is_untouched_bit_for_bit(
    bundle: ModelBundle, photo: Image, w_plus: WPlus
) -> None:
    before = {name: value.clone() for name, value in bundle.generator.state_dict().items()}
    other = tune_generator(bundle, photo, w_plus, Tuning(steps=2))
    assert all(torch.equal(before[name], value) for name, value in bundle.generator.state_dict().items())
    assert all(p.grad is None and not p.requires_grad for p in bundle.generator.parameters())
    shared = {p.data_ptr() for p in bundle.generator.parameters()}
    assert not any(p.data_ptr() in shared for p in other.parameters())


def test_only_the_finer_layers_change_and_not_how_they_read_a_w(
    bundle: ModelBundle, tuned: Generator
) -> None:
    before = bundle.generator.state_dict()
    changed = {name for name, value in tuned.state_dict().items() if not torch.equal(value, before[name])}
    allowed = {f"synthesis.{name}" for name in bundle.generator.fine_weights(COARSEST)}
    assert changed == allowed
    assert all(
        name.startswith(("synthesis.blocks.2.", "synthesis.blocks.3.")) for name in changed
    )  # 16, 32 px
    assert not any("affine" in name or "noise_const" in name for name in changed)


def test_the_tuned_copy_is_frozen(tuned: Generator) -> None:
    assert not tuned.training and not any(p.requires_grad for p in tuned.parameters())


def test_parts_stay_readable_because_they_are_held(bundle: ModelBundle, photo: Image, w_plus: WPlus) -> None:
    before = bundle.render(w_plus)

    def divergence(parts: float) -> float:
        settings = replace(SHORT, parts=parts, features=0.0, locality=0.0)
        other = replace(bundle, generator=tune_generator(bundle, photo, w_plus, settings))
        after = other.render(w_plus).logits.log_softmax(1)
        return F.kl_div(after, before.logits.softmax(1), reduction="batchmean").item()

    assert divergence(50.0) < 0.6 * divergence(0.0)


def test_features_are_held_by_their_weight(bundle: ModelBundle, photo: Image, w_plus: WPlus) -> None:
    def drift(features: float) -> float:
        settings = replace(SHORT, parts=0.0, features=features)
        other = tune_generator(bundle, photo, w_plus, settings)
        before, after = (g.synthesis(w_plus, taps=["32.conv"]) for g in (bundle.generator, other))
        return (before.features["32.conv"] - after.features["32.conv"]).square().mean().item()

    assert drift(100.0) < 0.5 * drift(0.0)


def test_a_step_in_w_plus_goes_on_to_do_the_same(bundle: ModelBundle, photo: Image, w_plus: WPlus) -> None:
    rng = torch.Generator().manual_seed(77)
    moved = w_plus + bundle.axes.to_w(0.2 * torch.randn(12, 8, 16, generator=rng))
    wanted = drawn(bundle.generator, moved) - drawn(bundle.generator, w_plus)

    def bent(locality: float) -> float:
        other = tune_generator(bundle, photo, w_plus, replace(SHORT, locality=locality))
        return (drawn(other, moved) - drawn(other, w_plus) - wanted).square().mean().item()

    assert bent(5.0) < 0.7 * bent(0.0)


def test_every_step_is_watched_and_the_best_is_kept(bundle: ModelBundle, photo: Image, w_plus: WPlus) -> None:
    seen: list[Step] = []
    generator = tune_generator(bundle, photo, w_plus, Tuning(steps=5, lr=0.05), watch=seen.append)
    assert [step.index for step in seen] == list(range(6))
    assert seen[0].terms.keys() == {"perceptual", "pixels", "parts", "features", "locality"}
    assert all(
        seen[0].terms[name] == pytest.approx(0, abs=1e-6) for name in ("parts", "features", "locality")
    )
    kept = torch.cat([weight.flatten() for weight in generator.fine_weights(COARSEST).values()])
    assert torch.equal(kept, min(seen, key=lambda step: step.loss).value)


def test_a_watch_may_stop_the_walk(bundle: ModelBundle, photo: Image, w_plus: WPlus) -> None:
    def stop(step: Step) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune_generator(bundle, photo, w_plus, SHORT, watch=stop)


def test_no_steps_change_nothing(bundle: ModelBundle, photo: Image, w_plus: WPlus) -> None:
    same = tune_generator(bundle, photo, w_plus, Tuning(steps=0))
    assert torch.equal(drawn(same, w_plus), drawn(bundle.generator, w_plus))


def test_the_same_seed_tunes_alike(bundle: ModelBundle, photo: Image, w_plus: WPlus) -> None:
    first, again, other = (
        drawn(tune_generator(bundle, photo, w_plus, Tuning(steps=3, seed=seed)), w_plus) for seed in (0, 0, 1)
    )
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_a_bundle_without_a_branch_is_tuned_too(bundle: ModelBundle, photo: Image, w_plus: WPlus) -> None:
    plain = BundleDraft("plain", "face", bundle.generator, bundle.discriminator)
    objective = TuningObjective(plain, photo, w_plus, SHORT, plain.judge())
    start = torch.cat([weight.flatten() for weight in plain.generator.fine_weights(COARSEST).values()])
    assert objective(start).keys() == {"perceptual", "pixels", "locality"}


def test_photos_are_tuned_to_one_at_a_time(bundle: ModelBundle, photo: Image, w_plus: WPlus) -> None:
    with pytest.raises(InputError, match="one photo at a time, got 2"):
        tune_generator(bundle, photo.expand(2, -1, -1, -1), w_plus.expand(2, -1, -1))


@pytest.mark.parametrize("values", [{"steps": -1}, {"lr": 0.0}, {"distance": 0.0}])
def test_tuning_without_sense_is_refused(values: dict[str, float]) -> None:
    with pytest.raises(InputError):
        Tuning(**values)  # type: ignore[arg-type]
