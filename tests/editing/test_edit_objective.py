import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from editgan.bundle.bundle import ModelBundle, Rendering
from editgan.core.errors import BundleError
from editgan.editing.context import EditContext
from editgan.editing.objective import EditObjective, EditWeights
from editgan.perception.reconstruction import ReconstructionTarget, ReconstructionWeights

WEIGHTS = EditWeights()


@pytest.fixture(scope="module")
def w_plus(bundle: ModelBundle) -> Tensor:
    z = torch.randn(1, 16, generator=torch.Generator().manual_seed(4))
    return bundle.generator.broadcast(bundle.generator.mapping(z, 0.7)).clone()


@pytest.fixture(scope="module")
def before(bundle: ModelBundle, w_plus: Tensor) -> Rendering:
    return bundle.render(w_plus)


@pytest.fixture(scope="module")
def target(before: Rendering) -> Tensor:
    return (before.label_map + 1) % 5


def square(start: int = 8, stop: int = 20) -> Tensor:
    region = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    region[..., start:stop, start:stop] = True
    return region


def moved(w_plus: Tensor) -> Tensor:
    return w_plus + 0.3 * torch.randn(w_plus.shape, generator=torch.Generator().manual_seed(5))


def test_labels_are_the_cross_entropy_inside_the_region(
    bundle: ModelBundle, before: Rendering, target: Tensor, w_plus: Tensor
) -> None:
    region, there = square(), moved(w_plus)
    objective = EditObjective(
        EditContext.of(bundle), w_plus, before.image, target, region, EditWeights(labels=3.0)
    )
    wrong = F.cross_entropy(bundle.render(there).logits, target, reduction="none")
    wanted = 3 * wrong[region[:, 0]].mean()
    assert objective(there)["labels"].item() == pytest.approx(wanted.item(), rel=1e-4)


def test_pixels_and_perceptual_are_means_outside_the_region(
    bundle: ModelBundle, before: Rendering, target: Tensor, w_plus: Tensor
) -> None:
    region, there = square(), moved(w_plus)
    terms = EditObjective(EditContext.of(bundle), w_plus, before.image, target, region, WEIGHTS)(there)
    image = bundle.render(there).image
    error = ((image - before.image) / 2).square()[(~region).expand_as(image)].mean()
    assert terms["pixels"].item() == pytest.approx(WEIGHTS.pixels * error.item(), rel=1e-4)
    outside = ReconstructionTarget(before.image, bundle.judge(), ~region)
    wanted = outside.terms(image, ReconstructionWeights(perceptual=WEIGHTS.perceptual))["perceptual"]
    assert terms["perceptual"].item() == pytest.approx(wanted.item(), rel=1e-4)


def test_several_photos_count_alike_whatever_the_size_of_their_regions(
    bundle: ModelBundle, before: Rendering, target: Tensor, w_plus: Tensor
) -> None:
    regions, there = (square(), square(10, 30)), moved(w_plus)
    alone = [
        EditObjective(EditContext.of(bundle), w_plus, before.image, target, region, WEIGHTS)(there)
        for region in regions
    ]
    together = EditObjective(
        EditContext.of(bundle),
        w_plus.repeat(2, 1, 1),
        before.image.repeat(2, 1, 1, 1),
        target.repeat(2, 1, 1),
        torch.cat(regions),
        WEIGHTS,
    )(there.repeat(2, 1, 1))
    for name, value in together.items():
        wanted = (alone[0][name] + alone[1][name]) / 2
        assert value.item() == pytest.approx(wanted.item(), rel=1e-3), name


def test_photos_of_one_batch_do_not_pull_at_each_other(
    bundle: ModelBundle, before: Rendering, target: Tensor, w_plus: Tensor
) -> None:
    regions = torch.cat([square(), square(10, 30)])
    images, targets = before.image.repeat(2, 1, 1, 1), target.repeat(2, 1, 1)
    together = EditObjective(
        EditContext.of(bundle), w_plus.repeat(2, 1, 1), images, targets, regions, WEIGHTS
    )
    leaf = moved(w_plus).repeat(2, 1, 1).requires_grad_()
    (both,) = torch.autograd.grad(torch.stack(tuple(together(leaf).values())).sum(), leaf)
    for i in range(2):
        alone = EditObjective(
            EditContext.of(bundle), w_plus, before.image, target, regions[i : i + 1], WEIGHTS
        )
        (own,) = torch.autograd.grad(torch.stack(tuple(alone(leaf[i : i + 1]).values())).sum(), leaf)
        assert torch.allclose(2 * both[i], own[i], rtol=1e-3, atol=1e-4)


def test_at_the_start_nothing_outside_is_wrong(
    bundle: ModelBundle, before: Rendering, target: Tensor, w_plus: Tensor
) -> None:
    terms = EditObjective(EditContext.of(bundle), w_plus, before.image, target, square(), WEIGHTS)(w_plus)
    assert terms["pixels"].item() < 1e-6 and terms["perceptual"].item() < 1e-5
    assert terms["labels"] > 0.1 and "identity" not in terms


def test_an_empty_or_full_region_gives_zeros_not_nans(
    bundle: ModelBundle, before: Rendering, target: Tensor, w_plus: Tensor
) -> None:
    nothing = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    leaf = moved(w_plus).requires_grad_()
    empty = EditObjective(EditContext.of(bundle), w_plus, before.image, target, nothing, WEIGHTS)(leaf)
    full = EditObjective(EditContext.of(bundle), w_plus, before.image, target, ~nothing, WEIGHTS)(leaf)
    assert empty["labels"] == 0 and empty["pixels"] > 0
    assert full["pixels"] == full["perceptual"] == 0 and full["labels"] > 0
    torch.stack([*empty.values(), *full.values()]).sum().backward()
    assert leaf.grad is not None and torch.isfinite(leaf.grad).all()


def test_identity_is_pluggable_and_counts_only_with_a_weight(
    bundle: ModelBundle, before: Rendering, target: Tensor, w_plus: Tensor
) -> None:
    def identity(image: Tensor) -> Tensor:
        return F.normalize(image.flatten(1), dim=1)

    there = moved(w_plus)

    def objective(weight: float) -> EditObjective:
        weights = EditWeights(identity=weight)
        context = EditContext.of(bundle, identity=identity)
        return EditObjective(context, w_plus, before.image, target, square(), weights)

    cosine = (identity(bundle.render(there).image) * identity(before.image)).sum()
    assert objective(10.0)(there)["identity"].item() == pytest.approx(10 * (1 - cosine.item()), rel=1e-3)
    assert abs(objective(10.0)(w_plus)["identity"].item()) < 1e-4
    assert "identity" not in objective(0.0)(there)


def test_an_identity_weight_without_an_identity_network_is_refused(
    bundle: ModelBundle, before: Rendering, target: Tensor, w_plus: Tensor
) -> None:
    with pytest.raises(BundleError, match="no identity yet"):
        EditObjective(
            EditContext.of(bundle), w_plus, before.image, target, square(), EditWeights(identity=1.0)
        )


def test_distance_from_the_start_counts_in_standard_deviations_of_w(
    bundle: ModelBundle, before: Rendering, target: Tensor, w_plus: Tensor
) -> None:
    objective = EditObjective(
        EditContext.of(bundle), w_plus, before.image, target, square(), EditWeights(natural=2.0)
    )
    one_deviation = bundle.axes.to_w(torch.ones_like(w_plus))
    assert objective(w_plus + one_deviation)["natural"].item() == pytest.approx(2.0, rel=1e-3)
    assert objective(w_plus)["natural"] == 0
