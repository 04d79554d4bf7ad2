"""A painted part that is unlike those seen is warned of; one that belongs to an unusual photo is not."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image as PilImage
from skimage.data import astronaut

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.folder import load_bundle, save_bundle
from editgan.core.errors import BundleError
from editgan.core.types import LabelMap
from editgan.editing.painted import GREW, Painted, about_painted, painted
from editgan.editing.region import repainting
from editgan.editing.walk import Editing
from editgan.editor import Editor
from editgan.inversion.embed import Embedding
from editgan.models.part_shapes import PartShapes, ShapesConfig

pytestmark = pytest.mark.slow

FEW = Editing(steps=2)


def disc(x: int, y: int, radius: int, part: int = 4) -> LabelMap:
    rows, columns = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")
    inside = (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
    return torch.where(inside, part, 0)[None]


@pytest.fixture(scope="module")
def shapes() -> PartShapes:
    """Knows discs around the middle."""
    seen = [disc(15 + i % 3, 15 + i // 3 % 3, 4 + i // 9 % 2) for i in range(108)]
    return PartShapes(ShapesConfig(classes=5)).fit(torch.cat(seen))


def judged(shapes: PartShapes, before: LabelMap, target: LabelMap) -> Painted:
    found = painted(shapes, repainting(before, target, margin=2), before)
    assert found is not None
    return found


def test_a_part_moved_to_where_none_is_is_strange_and_one_moved_a_little_is_not(shapes: PartShapes) -> None:
    far, near = (
        judged(shapes, disc(16, 16, 4), disc(5, 5, 4)),
        judged(shapes, disc(16, 16, 4), disc(16, 15, 4)),
    )
    assert far.part == near.part == 4 and far.is_strange and not near.is_strange
    assert far.distance > 2 and near.distance < 1 and far.before is not None and far.before < 1


def test_what_was_strange_before_is_warned_of_only_where_painting_made_it_stranger(
    shapes: PartShapes,
) -> None:
    before = disc(5, 5, 4)
    assert judged(shapes, before, disc(5, 5, 5)).distance > 1
    assert not judged(shapes, before, disc(6, 6, 4)).is_strange
    assert judged(shapes, disc(9, 9, 4), disc(3, 3, 4)).is_strange
    assert not Painted(4, 2.0, 2.0 / GREW + 0.01).is_strange and Painted(4, 2.0, None).is_strange


def test_of_a_part_that_is_erased_or_unknown_nothing_is_said(shapes: PartShapes) -> None:
    nothing = torch.zeros(1, 32, 32, dtype=torch.int64)
    for before, target in ((disc(16, 16, 4), nothing), (nothing, disc(16, 16, 4, part=2))):
        assert painted(shapes, repainting(before, target, [4, 2], margin=2), before) is None


def test_an_edit_says_how_strange_its_target_is(bundle: ModelBundle) -> None:
    portrait = PilImage.fromarray(astronaut())
    plain = Editor(bundle)
    photo = plain.open(portrait, box=(164, 60, 120, 120), embedding=Embedding(steps=0))
    rest = photo.label_map.masked_fill(photo.label_map == 4, 0)

    def with_disc(x: int, y: int, radius: int) -> LabelMap:
        return torch.where(disc(x, y, radius) == 4, 4, rest)

    target, away = with_disc(16, 16, 4), with_disc(4, 4, 1)
    seen = torch.cat([with_disc(15 + i % 3, 15 + i // 3 % 3, 4 + i // 9 % 2) for i in range(54)])
    editor = Editor(replace(bundle, shapes=PartShapes(ShapesConfig(classes=5)).fit(seen)))
    part = bundle.schema.names[4]
    usual, odd = (editor.edit(photo, t, settings=FEW, classes=[part]) for t in (target, away))
    assert usual.reached.strange_part is None and usual.reached.shape_distance < 1
    assert odd.report["strange_part"] == part and odd.report["shape_distance"] > 1
    (sentence,) = about_painted(part, odd.report["shape_distance"])
    assert sentence in odd.result.report.warnings and sentence not in usual.result.report.warnings
    assert plain.edit(photo, target, settings=FEW).reached.shape_distance is None


def test_a_bundle_keeps_the_shapes_of_its_own_parts(bundle: ModelBundle, tmp_path: Path) -> None:
    knowing = bundle.having(shapes=bundle.measured_shapes(samples=120))
    save_bundle(knowing, tmp_path / "knowing")
    loaded = load_bundle(tmp_path / "knowing")
    assert loaded.shapes is not None and knowing.shapes is not None
    drawn = bundle.render(bundle.generator.sample(torch.randn(20, 16), 1.0)).label_map
    before, after = knowing.shapes(drawn), loaded.shapes(drawn)
    assert before.isfinite().any() and torch.equal(before.isnan(), after.isnan())
    assert torch.allclose(before, after, rtol=0.1, atol=0.05, equal_nan=True)  # kept as float16
    foreign = replace(bundle, shapes=PartShapes(ShapesConfig(classes=3)))
    save_bundle(foreign, tmp_path / "foreign")
    with pytest.raises(BundleError, match="mixes two bundles: the shapes' number of classes"):
        load_bundle(tmp_path / "foreign")


def test_another_branch_has_its_shapes_measured_anew(bundle: ModelBundle) -> None:
    assert bundle.shapes is None
    assert bundle.reading(bundle.branch, bundle.schema).shapes is not None
