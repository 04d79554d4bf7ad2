import itertools
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import InputError
from editgan.core.labels import IGNORED, LabelSchema, resize_label_map
from editgan.models.segmentation import BranchConfig
from editgan.training.branch import (
    BranchFit,
    BranchTraining,
    Ensemble,
    _chosen,
    class_weights,
    collect_pixels,
    fold,
)

pytestmark = pytest.mark.slow

TINY = BranchTraining(
    heads=2, hidden=(8, 6), batch_pixels=128, max_steps=60, check_steps=10, minimum_pixels=1
)


@pytest.fixture(scope="module")
def w_plus(bundle: ModelBundle) -> Tensor:
    z = torch.randn(4, 16, generator=torch.Generator().manual_seed(6))
    return bundle.generator.broadcast(bundle.generator.mapping(z, 0.8)).clone()


@pytest.fixture(scope="module")
def label_maps(bundle: ModelBundle, w_plus: Tensor) -> Tensor:
    """What the tiny bundle's own branch reads: something that can be learnt from the features."""
    return bundle.render(w_plus).label_map


def test_folding_leaves_the_trained_ensembles_logits_unchanged() -> None:
    channels = (4, 3, 2)
    shape = BranchConfig(
        taps=("4.a", "8.a", "16.a"), tap_channels=channels, classes=5, resolution=16, heads=3, hidden=(7, 6)
    )
    ensemble = Ensemble(sum(channels), 5, 3, (7, 6))
    for _ in range(5):  # so that the running statistics are somebody's
        ensemble.train()(torch.randn(3, 200, 9) * 2 + 1)
    for norm in ensemble.norms:
        torch.nn.init.normal_(norm.weight, 1, 0.3)  # type: ignore[arg-type]
        torch.nn.init.normal_(norm.bias)  # type: ignore[arg-type]
    for bias in ensemble.biases:
        torch.nn.init.normal_(bias)
    mean, std = torch.randn(9), torch.rand(9) + 0.3
    features = {
        tap: torch.randn(2, c, int(tap[:-2]), int(tap[:-2]))
        for tap, c in zip(shape.taps, channels, strict=True)
    }
    stacked = torch.cat([F.interpolate(x, (16, 16), mode="bilinear") for x in features.values()], dim=1)
    pixels = ((stacked.permute(0, 2, 3, 1).flatten(0, 2) - mean) / std).expand(3, -1, -1)
    wanted = ensemble.eval()(pixels)  # [heads, n * 16 * 16, classes]
    branch = fold(ensemble, shape, mean, std)
    found = branch.head_logits(features).permute(1, 0, 3, 4, 2).flatten(1, 3)
    assert (found - wanted).abs().max() < 1e-4 * wanted.abs().max()
    mean_logits = branch(features).permute(0, 2, 3, 1).flatten(0, 2)
    assert (mean_logits - wanted.mean(0)).abs().max() < 1e-4 * wanted.abs().max()


def test_every_labelled_pixel_is_collected_and_held_out_ones_are_blocks(
    bundle: ModelBundle, w_plus: Tensor, label_maps: Tensor
) -> None:
    taps = list(bundle.generator.config.tap_channels)
    pixels = collect_pixels(bundle, taps, w_plus, label_maps, TINY)
    assert pixels.features.shape == (4 * 32 * 32, sum(bundle.generator.config.tap_channels.values()))
    assert torch.equal(pixels.labels, label_maps.flatten())
    blocks = pixels.is_held_out.reshape(4, 8, 4, 8, 4).permute(0, 1, 3, 2, 4).flatten(3)
    assert (blocks.all(3) == blocks.any(3)).all()
    assert 0.02 < pixels.is_held_out.float().mean() < 0.25


def test_of_large_label_maps_as_many_pixels_are_collected_as_fit(
    bundle: ModelBundle, w_plus: Tensor, label_maps: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    taps = list(bundle.generator.config.tap_channels)
    every = collect_pixels(bundle, taps, w_plus, label_maps, TINY)
    monkeypatch.setattr("editgan.training.branch.ALL_UP_TO", 16)
    monkeypatch.setattr("editgan.training.branch.ROOM", 4 * 100 * every.features.shape[1])
    some = collect_pixels(bundle, taps, w_plus, label_maps, TINY)
    assert some.features.shape == (400, every.features.shape[1])
    assert some.labels.shape == some.is_held_out.shape == (400,) and some.is_held_out.any()
    at = {tuple(row.tolist()): label for row, label in zip(every.features, every.labels, strict=True)}
    found = [at[tuple(row.tolist())] for row in some.features]
    assert torch.equal(torch.stack(found), some.labels)


def test_specks_become_background(bundle: ModelBundle, w_plus: Tensor) -> None:
    label_map = torch.zeros(1, 32, 32, dtype=torch.int64)
    label_map[0, 0, :7], label_map[0, 5, :8] = 2, 3
    config = BranchTraining(minimum_pixels=8)
    pixels = collect_pixels(bundle, ["4.const"], w_plus[:1], label_map, config)
    assert pixels.labels.unique().tolist() == [0, 3]


@pytest.mark.parametrize(("balance", "wanted"), [(0.0, (64, 1)), (0.5, (8, 1)), (1.0, (1, 1))])
def test_balance_decides_how_much_oftener_common_classes_are_drawn(
    balance: float, wanted: tuple[int, int]
) -> None:
    labels = torch.tensor([0] * 128 + [2] * 2)
    weights = class_weights(labels, 4, balance)
    drawn = weights[labels]  # what the draws of each pixel go by
    assert drawn[:128].sum() / drawn[128:].sum() == pytest.approx(wanted[0] / wanted[1], rel=1e-5)
    assert weights.isfinite().all()  # also of classes that no picture has


def test_more_of_a_rare_class_is_found_when_it_is_drawn_more_often(
    bundle: ModelBundle, schema: LabelSchema, w_plus: Tensor
) -> None:
    brightness = bundle.generator.synthesis(w_plus).image.mean(1)
    label_maps = (brightness > brightness.quantile(0.985)).long()  # one pixel in seventy

    def share_found(balance: float) -> float:
        fit = BranchFit(bundle, schema, w_plus, label_maps, replace(TINY, balance=balance))
        for index in range(TINY.max_steps):
            fit.step(index)
        branch = fit.branch()
        found = branch(bundle.generator.synthesis(w_plus, taps=branch.config.taps).features).argmax(1)
        return float((found[label_maps == 1] == 1).float().mean())

    assert share_found(0.5) > share_found(0.0) + 0.1


@pytest.mark.parametrize("balance", [-0.1, 1.5])
def test_a_balance_without_sense_is_refused(balance: float) -> None:
    with pytest.raises(InputError, match="balance"):
        BranchTraining(balance=balance)


def test_training_learns_the_parts(
    bundle: ModelBundle, schema: LabelSchema, w_plus: Tensor, label_maps: Tensor
) -> None:
    fit = BranchFit(bundle, schema, w_plus, label_maps, TINY)
    before = fit.check()
    news = [fit.step(index) for index in range(TINY.max_steps)]
    assert fit.best[0] < 0.75 * before
    assert news[0] == {} and news[9] is not None and news[9]["held_out_loss"] < before and news[-1] is None
    branch = fit.branch()
    features = bundle.generator.synthesis(w_plus, taps=branch.config.taps).features
    right = (branch(features).argmax(1) == label_maps).float().mean()
    commonest = label_maps.flatten().bincount().max() / label_maps.numel()
    assert right > commonest + 0.1


def test_training_learns_smaller_label_maps_from_the_same_features(
    bundle: ModelBundle, schema: LabelSchema, w_plus: Tensor, label_maps: Tensor
) -> None:
    small = resize_label_map(label_maps, 16, len(schema))
    fit = BranchFit(bundle, schema, w_plus, small, TINY)
    before = fit.check()
    for index in range(TINY.max_steps):
        fit.step(index)
    assert fit.best[0] < 0.8 * before  # a quarter of the pixels
    branch = fit.branch()
    features = bundle.generator.synthesis(w_plus, taps=branch.config.taps).features
    found = branch(features).argmax(1)
    assert found.shape == small.shape
    commonest = small.flatten().bincount().max() / small.numel()
    assert (found == small).float().mean() > commonest + 0.1


@pytest.mark.parametrize(
    ("resolution", "asked", "side"), [(64, None, 64), (1024, None, 512), (1024, 300, 300)]
)
def test_label_maps_are_as_large_as_the_picture_but_512_px_unless_asked(
    resolution: int, asked: int | None, side: int
) -> None:
    assert BranchTraining(label_side=asked).side_for(resolution) == side


def test_the_branch_is_the_one_with_the_best_held_out_loss(
    bundle: ModelBundle, schema: LabelSchema, w_plus: Tensor, label_maps: Tensor
) -> None:
    fit = BranchFit(bundle, schema, w_plus, label_maps, TINY)
    for index in range(20):
        fit.step(index)
    best_loss, fit.adam.param_groups[0]["lr"] = fit.best[0], 10.0  # from here on it only gets worse
    for index in range(20, 40):
        fit.step(index)
    assert fit.check() > best_loss
    fit.branch()
    assert fit.check() == pytest.approx(best_loss)


def test_training_stops_when_it_gets_no_better(
    bundle: ModelBundle, schema: LabelSchema, w_plus: Tensor, label_maps: Tensor
) -> None:
    config = BranchTraining(
        heads=2, hidden=(8, 6), batch_pixels=16, max_steps=500, check_steps=2, patience=3, lr=1.0
    )
    fit = BranchFit(bundle, schema, w_plus, label_maps, config)
    stopped = next(index for index in itertools.count() if fit.step(index) is None)
    assert stopped < 400 and fit.checks_since_best == 3


def test_the_same_seed_gives_the_same_branch(
    bundle: ModelBundle, schema: LabelSchema, w_plus: Tensor, label_maps: Tensor
) -> None:
    def trained() -> dict[str, Tensor]:
        fit = BranchFit(bundle, schema, w_plus, label_maps, TINY)
        for index in range(10):
            fit.step(index)
        return fit.branch().state_dict()

    first, again = trained(), trained()
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_ignored_pixels_are_not_learnt_from(
    bundle: ModelBundle, w_plus: Tensor, label_maps: Tensor, schema: LabelSchema
) -> None:
    ignored = label_maps.clone()
    ignored[:, :, :16] = IGNORED
    taps = list(bundle.generator.config.tap_channels)
    pixels = collect_pixels(bundle, taps, w_plus, ignored, TINY)
    assert len(pixels.labels) == ignored.numel() / 2 and pixels.labels.max() < len(schema)
    few = _chosen(ignored[0], 20, TINY, torch.Generator().manual_seed(0))
    assert len(few) == 20 and (ignored[0].flatten()[few] != IGNORED).all()
    weights = class_weights(ignored.flatten(), len(schema), 0.5)
    assert torch.equal(weights, class_weights(label_maps[:, :, 16:].flatten(), len(schema), 0.5))
    fit = BranchFit(bundle, schema, w_plus, ignored, TINY)
    assert fit.step(0) == {}
