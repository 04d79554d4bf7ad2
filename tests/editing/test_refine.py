import pytest
import torch
from torch import Tensor

from editgan.bundle.bundle import ModelBundle
from editgan.core.descent import best
from editgan.core.errors import InputError
from editgan.core.images import psnr_db
from editgan.editing.context import EditContext
from editgan.editing.region import parts_region
from editgan.editing.walk import Refinement, refine

pytestmark = pytest.mark.slow

IRIS = 4


@pytest.fixture(scope="module")
def w_plus(bundle: ModelBundle) -> Tensor:
    z = torch.randn(2, 16, generator=torch.Generator().manual_seed(1))
    return bundle.generator.broadcast(bundle.generator.mapping(z, 0.7)).clone()


@pytest.fixture(scope="module")
def applied(w_plus: Tensor) -> Tensor:
    noise = torch.randn(1, *w_plus.shape[1:], generator=torch.Generator().manual_seed(2))
    return w_plus + 0.15 * noise


def test_refining_takes_side_effects_back_and_keeps_the_parts(
    bundle: ModelBundle, w_plus: Tensor, applied: Tensor
) -> None:
    before, after = bundle.render(w_plus), bundle.render(applied)
    region = parts_region(before.label_map, after.label_map, [IRIS], margin=2)
    walk = refine(EditContext.of(bundle), applied, before.image, after.label_map, region)
    cleaned = bundle.render(best(walk).value)
    outside = psnr_db(after.image, before.image, ~region)
    assert psnr_db(cleaned.image, before.image, ~region) > outside + 2
    inside = region[:, 0]
    kept = (cleaned.label_map == after.label_map)[inside].float().mean()
    assert kept > (before.label_map == after.label_map)[inside].float().mean()
    assert kept > 0.8


def test_several_photos_are_cleaned_independently(
    bundle: ModelBundle, w_plus: Tensor, applied: Tensor
) -> None:
    before, after = bundle.render(w_plus), bundle.render(applied)
    region = parts_region(before.label_map, after.label_map, [IRIS], margin=2)
    settings = Refinement(steps=5)
    together = list(refine(EditContext.of(bundle), applied, before.image, after.label_map, region, settings))[
        -1
    ].value
    for i in range(2):
        one = slice(i, i + 1)
        walk = refine(
            EditContext.of(bundle),
            applied[one],
            before.image[one],
            after.label_map[one],
            region[one],
            settings,
        )
        assert torch.allclose(list(walk)[-1].value, together[one], atol=2e-2)


def test_with_nothing_to_keep_the_walk_leads_back(
    bundle: ModelBundle, w_plus: Tensor, applied: Tensor
) -> None:
    before, after = bundle.render(w_plus), bundle.render(applied)
    nothing = torch.zeros(2, 1, 32, 32, dtype=torch.bool)
    last = best(refine(EditContext.of(bundle), applied, before.image, after.label_map, nothing)).value
    assert psnr_db(bundle.render(last).image, before.image) > psnr_db(after.image, before.image) + 2


@pytest.mark.parametrize("values", [{"steps": 0}, {"lr": 0.0}])
def test_refining_without_sense_is_refused(values: dict[str, float]) -> None:
    with pytest.raises(InputError, match="steps >= 1 and lr > 0"):
        Refinement(**values)  # type: ignore[arg-type]
