"""The oracle is the method as published: upsample every tap, concatenate, classify each pixel."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import InputError
from editgan.models import segmentation
from editgan.models.segmentation import BranchConfig, SegmentationBranch, disagreement, sample_features
from editgan.models.windows import Window

TAPS = {"4.const": 6, "8.up": 5, "8.conv": 4, "16.conv": 3, "32.up": 2, "32.conv": 3}
CONFIG = BranchConfig(
    taps=tuple(TAPS), tap_channels=tuple(TAPS.values()), classes=5, resolution=32, heads=4, hidden=(7, 6)
)


def random_branch(config: BranchConfig = CONFIG) -> SegmentationBranch:
    branch = SegmentationBranch(config).requires_grad_(False)
    for parameter in branch.parameters():
        parameter.normal_(std=0.4)
    return branch


def random_features(n: int = 2) -> dict[str, Tensor]:
    return {name: torch.randn(n, c, *[int(name.split(".")[0])] * 2) for name, c in TAPS.items()}


def hypercolumns(features: dict[str, Tensor], side: int) -> Tensor:
    """[n, c, side, side]"""
    return torch.cat(
        [F.interpolate(features[tap], (side, side), mode="bilinear") for tap in CONFIG.taps], dim=1
    )


def straightforward(branch: SegmentationBranch, features: dict[str, Tensor]) -> Tensor:
    """[n, heads, classes, side, side], each member on its own."""
    config = branch.config
    x = hypercolumns(features, config.resolution).permute(0, 2, 3, 1)  # [n, h, w, c]
    first = torch.cat(tuple(branch.first), dim=1).unflatten(0, (config.heads, -1))
    first_bias = branch.first_bias.unflatten(0, (config.heads, -1))
    members = []
    for i in range(config.heads):
        y = F.relu(F.linear(x, first[i], first_bias[i]))
        y = F.relu(F.linear(y, branch.second[i], branch.second_bias[i]))
        members.append(F.linear(y, branch.third[i], branch.third_bias[i]))
    return torch.stack(members, dim=1).permute(0, 1, 4, 2, 3)


def relative_error(found: Tensor, wanted: Tensor) -> float:
    return ((found - wanted).abs().max() / wanted.abs().max()).item()


def test_tiles_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    branch, features = random_branch(), random_features()
    whole, heads = branch(features), branch.head_logits(features)
    monkeypatch.setattr(segmentation, "TILE_VALUES", 1)  # the smallest there are
    torch.testing.assert_close(branch(features), whole)
    torch.testing.assert_close(branch.head_logits(features), heads)


def test_a_window_is_read_as_the_whole_is() -> None:
    branch, features = random_branch(), random_features()
    window = Window(3, 10, 20, 29)
    torch.testing.assert_close(branch.in_window(features, window), window.of(branch(features)))


def test_what_is_computed_again_for_the_gradient_of_large_label_maps_gives_the_same_gradient(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    branch, features = random_branch(), random_features()
    window, weights = Window(3, 10, 30, 29), torch.randn(2, 5, 27, 19)

    def read() -> tuple[Tensor, tuple[Tensor, ...]]:
        leaves = {name: x.clone().requires_grad_() for name, x in features.items()}
        logits = branch.in_window(leaves, window)
        return logits.detach(), torch.autograd.grad((logits * weights).sum(), list(leaves.values()))

    logits, gradients = read()
    monkeypatch.setattr(segmentation, "KEPT_VALUES", 0)
    monkeypatch.setattr(segmentation, "TILE_VALUES", 5000)  # several tiles
    again, gradients_again = read()
    torch.testing.assert_close(again, logits)
    torch.testing.assert_close(gradients_again, gradients)
    torch.testing.assert_close(branch.in_window(features, window), logits)


def test_features_finer_than_the_label_map_are_read_at_its_pixels() -> None:
    config = BranchConfig(
        taps=CONFIG.taps, tap_channels=CONFIG.tap_channels, classes=5, resolution=16, heads=4, hidden=(7, 6)
    )
    branch, features = random_branch(config), random_features()
    wanted = straightforward(branch, features).mean(1)
    assert relative_error(branch(features), wanted) < 1e-5


@pytest.mark.parametrize("side", [8, 16, 48])
def test_parts_are_read_at_any_side(side: int) -> None:
    branch, features = random_branch(), random_features()
    config = BranchConfig(
        taps=CONFIG.taps, tap_channels=CONFIG.tap_channels, classes=5, resolution=side, heads=4, hidden=(7, 6)
    )
    same = SegmentationBranch(config)
    same.load_state_dict(branch.state_dict())
    found = branch(features, side)
    assert found.shape == (2, 5, side, side)
    assert relative_error(found, straightforward(same, features).mean(1)) < 1e-5


def test_bfloat16_reads_nearly_the_same() -> None:
    branch, features = random_branch(), random_features()
    exact = branch(features)
    with torch.autocast("cpu", torch.bfloat16):
        fast = branch(features)
    assert fast.dtype == torch.float32
    assert relative_error(fast, exact) < 0.02


def test_the_first_layer_at_native_resolution_equals_upsample_concatenate_classify() -> None:
    branch, features = random_branch(), random_features()
    assert relative_error(branch(features), straightforward(branch, features).mean(1)) < 1e-5


def test_every_members_logits_equal_the_straightforward_ones() -> None:
    branch, features = random_branch(), random_features()
    heads = branch.head_logits(features)
    assert relative_error(heads, straightforward(branch, features)) < 1e-5
    assert relative_error(heads.mean(1), branch(features)) < 1e-5


@pytest.mark.parametrize("count", [1, 20, 700])  # below and above the taps' own number of pixels
def test_chosen_pixels_get_the_logits_they_have_in_the_whole_picture(count: int) -> None:
    branch, features = random_branch(), random_features()
    pixels = torch.randint(32, (count, 2))
    wanted = straightforward(branch, features).mean(1)[:, :, pixels[:, 0], pixels[:, 1]]
    assert relative_error(branch.at_pixels(features, pixels), wanted) < 1e-5


def test_corners_and_edges_are_pixels_like_others() -> None:
    branch, features = random_branch(), random_features(1)
    pixels = torch.tensor([[0, 0], [0, 31], [31, 0], [31, 31], [0, 13], [31, 13]])
    wanted = straightforward(branch, features).mean(1)[:, :, pixels[:, 0], pixels[:, 1]]
    assert relative_error(branch.at_pixels(features, pixels), wanted) < 1e-5


@pytest.mark.parametrize("count", [20, 700])
def test_gradients_to_the_features_equal_the_straightforward_ones(count: int) -> None:
    branch, features = random_branch(), random_features(1)
    pixels = torch.randint(32, (count, 2))
    wanted_classes = torch.randint(5, (1, count))

    def gradients(logits: Callable[[dict[str, Tensor]], Tensor], branch_type: torch.dtype) -> Tensor:
        leaves = {k: v.to(branch_type).clone().requires_grad_() for k, v in features.items()}
        F.cross_entropy(logits(leaves), wanted_classes).backward()
        return torch.cat([x.grad.double().flatten() for x in leaves.values() if x.grad is not None])

    exact = random_branch().double()
    exact.load_state_dict({k: v.double() for k, v in branch.state_dict().items()})

    def oracle(x: dict[str, Tensor]) -> Tensor:
        return straightforward(exact, x).mean(1)[:, :, pixels[:, 0], pixels[:, 1]]

    wanted = gradients(oracle, torch.float64)
    for ours in (
        lambda x: branch.at_pixels(x, pixels),
        lambda x: branch(x)[:, :, pixels[:, 0], pixels[:, 1]],
    ):
        found = gradients(ours, torch.float32)
        assert (found - wanted).norm() / wanted.norm() < 1e-5


def test_sampled_features_equal_upsampling_and_picking() -> None:
    features, pixels = random_features(), torch.randint(32, (50, 2))
    found = sample_features(features, CONFIG.taps, pixels, 32)
    wanted = hypercolumns(features, 32)[:, :, pixels[:, 0], pixels[:, 1]]
    assert relative_error(found, wanted) < 1e-5


def test_a_real_generators_features_fit(bundle: ModelBundle) -> None:
    assert bundle.branch is not None
    w_plus = bundle.generator.broadcast(bundle.generator.mapping(torch.randn(2, 16)))
    rendering = bundle.render(w_plus)
    assert rendering.logits.shape == (2, 5, 32, 32)
    assert rendering.label_map.unique().numel() > 2


def test_a_missing_tap_is_refused_by_name() -> None:
    features = random_features()
    del features["8.up"]
    with pytest.raises(InputError, match=r"8\.up"):
        random_branch()(features)


@pytest.mark.parametrize("change", [{"tap_channels": (3,)}, {"taps": (), "tap_channels": ()}, {"classes": 1}])
def test_a_branch_without_sense_is_refused(change: dict[str, object]) -> None:
    values = {"taps": CONFIG.taps, "tap_channels": CONFIG.tap_channels, "classes": 5, "resolution": 32}
    with pytest.raises(InputError):
        BranchConfig(**(values | change))  # type: ignore[arg-type]


def test_members_that_agree_have_no_disagreement() -> None:
    same = torch.randn(2, 1, 5, 6, 6).expand(-1, 4, -1, -1, -1)
    assert disagreement(same).abs().max() < 1e-6


def test_disagreement_is_positive_where_members_differ_and_at_most_one() -> None:
    assert (disagreement(torch.randn(2, 4, 5, 6, 6)) > 0).all()
    certain = 50 * torch.eye(4).reshape(1, 4, 4, 1, 1)  # each member is sure of another class
    assert disagreement(certain).item() == pytest.approx(1, abs=1e-5)
    assert (disagreement(100 * torch.randn(3, 7, 5, 6, 6)) <= 1).all()


def test_one_member_cannot_disagree() -> None:
    assert disagreement(torch.randn(1, 1, 5, 3, 3)).abs().max() < 1e-6
