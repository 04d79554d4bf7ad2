import pytest
import torch
from torch import Tensor

from benchmarks.oracle import (
    OracleObjective,
    OracleParts,
    bytes_of_hypercolumns,
    hypercolumns,
    members_of,
)
from editgan.bundle.bundle import ModelBundle
from editgan.core.rng import sample_z
from editgan.core.types import Features, Terms
from editgan.editing.context import EditContext
from editgan.editing.objective import EditObjective, EditWeights
from editgan.evaluation.speed_operations import square_region

WEIGHTS = EditWeights(labels=2.0, perceptual=3.0, pixels=40.0, natural=0.5)


@pytest.fixture(scope="module")
def w_plus(bundle: ModelBundle) -> Tensor:
    """Three samples."""
    generator = bundle.generator
    with torch.no_grad():
        return generator.broadcast(generator.mapping(sample_z(range(3), generator.config.z_dim))).clone()


def test_the_oracle_reads_the_parts_that_the_branch_reads(bundle: ModelBundle, w_plus: Tensor) -> None:
    assert bundle.branch is not None
    with torch.no_grad():
        rendering = bundle.render(w_plus)
        logits = OracleParts(bundle.branch)(_features(bundle, w_plus))
    assert logits.shape == rendering.logits.shape and logits.std() > 0.1
    torch.testing.assert_close(logits, rendering.logits, rtol=1e-4, atol=1e-4)
    assert len(rendering.label_map.unique()) > 2  # so that agreeing means something


def test_each_member_is_one_of_the_branchs(bundle: ModelBundle, w_plus: Tensor) -> None:
    assert bundle.branch is not None
    with torch.no_grad():
        features = _features(bundle, w_plus[:1])
        columns = hypercolumns(features, bundle.branch.config.taps, 32)[0].flatten(1).t()
        own = bundle.branch.head_logits(features)[0].flatten(2)  # [heads, classes, p]
        members = members_of(bundle.branch)
        assert len(members) == len(own) == 3
        for member, logits in zip(members, own, strict=True):
            torch.testing.assert_close(member(columns).t(), logits, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(own[0], own[1], atol=0.01)


@pytest.mark.parametrize("share", [0.01, 0.3, 1.0])
def test_an_edit_has_the_same_terms_and_gradients(share: float, bundle: ModelBundle, w_plus: Tensor) -> None:
    start, moved = w_plus[:1], torch.lerp(w_plus[:1], w_plus[1:2], 0.3)
    with torch.no_grad():
        before, target = bundle.render(start).image, bundle.render(w_plus[2:]).label_map
    region = square_region(32, share)
    ours = EditObjective(EditContext.of(bundle), start, before, target, region, WEIGHTS)
    oracle = OracleObjective(EditContext.of(bundle), start, before, target, region, WEIGHTS)
    terms, gradient = _descended(ours, moved)
    oracle_terms, oracle_gradient = _descended(oracle, moved)
    assert list(terms) == list(oracle_terms)
    for name, term in terms.items():
        assert oracle_terms[name].item() == pytest.approx(term.item(), rel=1e-4, abs=1e-6), name
    # ReLUs near zero may fall to either side in float32, so single elements differ more
    assert (gradient - oracle_gradient).norm() < 1e-3 * gradient.norm()
    assert terms["labels"] > 0.1 and terms["natural"] > 0 and gradient.norm() > 0


def test_the_memory_it_needs_is_known_beforehand(bundle: ModelBundle, w_plus: Tensor) -> None:
    assert bundle.branch is not None
    with torch.no_grad():
        columns = hypercolumns(_features(bundle, w_plus[:1]), bundle.branch.config.taps, 32)
    assert bytes_of_hypercolumns(bundle.branch) == columns.nbytes


def _features(bundle: ModelBundle, w_plus: Tensor) -> Features:
    assert bundle.branch is not None
    return bundle.generator.synthesis(w_plus, taps=bundle.branch.config.taps).features


def _descended(objective: EditObjective | OracleObjective, at: Tensor) -> tuple[Terms, Tensor]:
    leaf = at.clone().requires_grad_()
    terms = objective(leaf)
    torch.stack(tuple(terms.values())).sum().backward()
    assert leaf.grad is not None
    return terms, leaf.grad
