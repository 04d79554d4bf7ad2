"""A bundle with the discriminator on features, and the judge of likeness it was measured with."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.folder import load_draft, save_bundle
from editgan.bundle.judges import named_judge
from editgan.core.errors import BundleError
from editgan.editing.context import EditContext
from editgan.editing.objective import EditObjective, EditWeights
from editgan.models.feature_discriminator import FeatureDiscriminator, FeatureDiscriminatorConfig


@pytest.fixture(scope="module")
def with_heads(bundle: ModelBundle) -> ModelBundle:
    with torch.random.fork_rng():
        torch.manual_seed(6)
        heads = FeatureDiscriminator(FeatureDiscriminatorConfig(channel_base=128, picture_side=8))
    return replace(bundle, name="headed-32", heads=heads, facts=replace(bundle.facts, likeness="lite1"))


def test_heads_are_saved_and_judge_alike(with_heads: ModelBundle, tmp_path: Path) -> None:
    save_bundle(with_heads, tmp_path / "b")
    back = load_draft(tmp_path / "b")
    assert back.heads is not None and back.heads.config == with_heads.heads.config
    image = torch.rand(4, 3, 32, 32) * 2 - 1
    assert (back.realism().logits(image) - with_heads.realism().logits(image)).abs().max() < 0.02
    assert "heads" in (tmp_path / "b" / "README.md").read_text()


def test_the_judge_of_likeness_is_what_the_bundle_was_measured_with(
    with_heads: ModelBundle, bundle: ModelBundle
) -> None:
    assert with_heads.likeness().name == "EfficientNet-Lite1 features"
    assert bundle.likeness().name == "discriminator features"
    assert with_heads.judge().name == "discriminator features"
    names = [named_judge(with_heads, name).name for name in ("default", "features", "lite1")]
    assert names == [f"{n} features" for n in ("EfficientNet-Lite1", "discriminator", "EfficientNet-Lite1")]


def terms(bundle: ModelBundle, weights: EditWeights) -> dict[str, torch.Tensor]:
    z = torch.randn(1, bundle.generator.config.z_dim)
    w_plus = bundle.generator.broadcast(bundle.generator.mapping(z)).contiguous()
    before = bundle.render(w_plus)
    region = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    region[..., 8:16, 8:16] = True
    objective = EditObjective(EditContext.of(bundle), w_plus, before.image, before.label_map, region, weights)
    return objective(w_plus)


def test_realism_is_a_term_where_it_has_a_weight(with_heads: ModelBundle) -> None:
    assert "realism" not in terms(with_heads, EditWeights())
    found = []
    for weight in (1.0, 2.0):
        torch.manual_seed(0)  # the same picture
        found.append(terms(with_heads, EditWeights(realism=weight))["realism"].item())
    assert 0 < found[0] == pytest.approx(found[1] / 2)


def test_a_bundle_without_heads_says_how_to_get_them(bundle: ModelBundle) -> None:
    with pytest.raises(BundleError, match="has no heads yet; train one with `editgan train gan`"):
        terms(bundle, EditWeights(realism=1.0))
