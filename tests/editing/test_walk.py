import pytest
import torch
from torch import Tensor

from editgan.bundle import bundle as bundle_module
from editgan.bundle.bundle import ModelBundle
from editgan.core.descent import Step, best
from editgan.core.errors import InputError, LabelError
from editgan.core.images import psnr_db
from editgan.editing.context import EditContext
from editgan.editing.objective import EditObjective, EditWeights
from editgan.editing.parts import grow
from editgan.editing.region import edit_region, region_iou
from editgan.editing.walk import Editing, learn_edit

pytestmark = pytest.mark.slow

IRIS = 4


@pytest.fixture(scope="module")
def w_plus(bundle: ModelBundle) -> Tensor:
    z = torch.randn(1, 16, generator=torch.Generator().manual_seed(1))
    return bundle.generator.broadcast(bundle.generator.mapping(z, 0.7)).clone()


def test_learning_an_edit_reaches_the_target_and_keeps_the_outside(
    bundle: ModelBundle, w_plus: Tensor
) -> None:
    before = bundle.render(w_plus)
    target = grow(before.label_map, [IRIS], 1)
    region = edit_region(before.label_map, target, [IRIS], margin=2)
    walked = list(learn_edit(EditContext.of(bundle), w_plus, before.image, target, region, Editing(steps=40)))
    assert len(walked) <= 41 and not walked[0].value.any()  # it may end where nothing more is gained
    after = bundle.render(w_plus + best(walked).value)
    reached = region_iou(after.label_map, target, [IRIS], region)
    assert reached > region_iou(before.label_map, target, [IRIS], region) + 0.1
    assert psnr_db(after.image, before.image, ~region) > 25


def test_heavier_pixels_keep_more_of_the_outside(bundle: ModelBundle, w_plus: Tensor) -> None:
    before = bundle.render(w_plus)
    target = grow(before.label_map, [IRIS], 2)
    region = edit_region(before.label_map, target, [IRIS], margin=2)

    def outside(pixels: float) -> float:
        settings = Editing(steps=15, weights=EditWeights(pixels=pixels, perceptual=0.0))
        last = list(learn_edit(EditContext.of(bundle), w_plus, before.image, target, region, settings))[-1]
        return psnr_db(bundle.render(w_plus + last.value).image, before.image, ~region)

    assert outside(600.0) > outside(0.0) + 2


def test_a_fast_walk_ends_exactly(
    bundle: ModelBundle, w_plus: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bundle.render(w_plus)
    target = grow(before.label_map, [IRIS], 1)
    region = edit_region(before.label_map, target, [IRIS], margin=2)
    exact = EditObjective(EditContext.of(bundle), w_plus, before.image, target, region, EditWeights())

    def rounding(step: Step) -> float:
        loss = sum(exact(w_plus + step.value).values())
        return abs(step.loss / float(loss) - 1)

    monkeypatch.setattr(bundle_module, "FAST_FROM", 0)
    monkeypatch.setattr(bundle_module, "has_fast_bf16", lambda device: True)
    assert bundle.is_fast
    walked = list(learn_edit(EditContext.of(bundle), w_plus, before.image, target, region, Editing(steps=20)))
    monkeypatch.undo()
    assert not bundle.is_fast
    assert [step.index for step in walked] == list(range(len(walked)))
    assert rounding(walked[3]) > 1e-5 > rounding(walked[-1])
    assert best(walked[11:]).loss < best(walked[:11]).loss < walked[0].loss


def test_several_photos_each_reach_their_own_target(bundle: ModelBundle) -> None:
    z = torch.randn(2, 16, generator=torch.Generator().manual_seed(2))
    w_plus = bundle.generator.broadcast(bundle.generator.mapping(z, 0.5)).clone()
    before = bundle.render(w_plus)
    target = torch.cat([grow(one, [IRIS], 1) for one in before.label_map.split(1)])
    region = edit_region(before.label_map, target, [IRIS], margin=2)
    deltas = best(
        learn_edit(EditContext.of(bundle), w_plus, before.image, target, region, Editing(steps=40))
    ).value
    after = bundle.render(w_plus + deltas).label_map
    for i in range(2):
        one = slice(i, i + 1)
        reached = region_iou(after[one], target[one], [IRIS], region[one])
        assert reached > region_iou(before.label_map[one], target[one], [IRIS], region[one]) + 0.1
    assert not torch.allclose(deltas[0], deltas[1], atol=1e-2)


def test_only_the_chosen_layers_move(bundle: ModelBundle, w_plus: Tensor) -> None:
    before = bundle.render(w_plus)
    target = grow(before.label_map, [IRIS], 1)
    region = edit_region(before.label_map, target, [IRIS], margin=2)
    settings = Editing(steps=3, layers=(2, 5))
    delta = list(learn_edit(EditContext.of(bundle), w_plus, before.image, target, region, settings))[
        -1
    ].value[0]
    assert delta.abs().amax(1).nonzero().flatten().tolist() == [2, 5]


@pytest.mark.parametrize("layers", [(), (-1,), (8,)])
def test_layers_the_generator_does_not_have_are_refused(
    layers: tuple[int, ...], bundle: ModelBundle, w_plus: Tensor
) -> None:
    before = bundle.render(w_plus)
    everywhere = torch.ones(1, 1, 32, 32, dtype=torch.bool)
    with pytest.raises(InputError, match="among 0 to 7"):
        learn_edit(
            EditContext.of(bundle), w_plus, before.image, before.label_map, everywhere, Editing(layers=layers)
        )


def test_an_empty_region_is_refused(bundle: ModelBundle, w_plus: Tensor) -> None:
    before = bundle.render(w_plus)
    nothing = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    with pytest.raises(LabelError, match="region is empty"):
        learn_edit(EditContext.of(bundle), w_plus, before.image, before.label_map, nothing)


def test_an_edit_without_sense_is_refused() -> None:
    with pytest.raises(InputError, match="steps >= 1, got 0"):
        Editing(steps=0)
