"""A bundle whose label maps are smaller than its pictures edits like any other."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from skimage.data import astronaut
from torch import Tensor

from benchmarks.oracle import OracleObjective
from editgan.bundle.bundle import BundleDraft, ModelBundle
from editgan.bundle.facts import DataFacts, Facts
from editgan.bundle.folder import load_bundle, save_bundle
from editgan.bundle.opened import OpenPhoto
from editgan.bundle.reading import read_parts
from editgan.core.descent import best
from editgan.core.errors import BundleError, InputError, LabelError
from editgan.core.images import psnr_db
from editgan.core.sheets import overlay
from editgan.editing.composition import Composition
from editgan.editing.context import EditContext
from editgan.editing.objective import EditObjective, EditWeights
from editgan.editing.outcome import Edit, moved
from editgan.editing.parts import grow
from editgan.editing.recipe import EditRecipe, photo_hash
from editgan.editing.region import dilate, edit_region, margin_px
from editgan.editing.walk import Editing, Refinement, refine
from editgan.editor import Editor
from editgan.inversion.embed import Embedding
from editgan.inversion.opening import Opening, opening_key

pytestmark = pytest.mark.slow

BOX = (164, 60, 120, 120)  # the astronaut's face
PICTURE, MAP = 32, 16  # sides
IRIS = 4


@pytest.fixture(scope="module")
def editor(coarse_bundle: ModelBundle) -> Editor:
    return Editor(coarse_bundle)


@pytest.fixture(scope="module")
def photo(editor: Editor) -> OpenPhoto:
    with torch.random.fork_rng():
        return editor.open(PilImage.fromarray(astronaut()), box=BOX, embedding=Embedding(steps=0))


@pytest.fixture(scope="module")
def target(photo: OpenPhoto) -> Tensor:
    return grow(photo.label_map, [IRIS], 1)


@pytest.fixture(scope="module")
def edited(editor: Editor, photo: OpenPhoto, target: Tensor) -> Edit:
    return editor.edit(photo, target, name="larger-eyes", classes=["eye"], settings=Editing(steps=40))


def doubled(region: Tensor) -> Tensor:
    """Independent of the code under test: every pixel of the label map as two by two of the picture."""
    return region.repeat_interleave(2, -1).repeat_interleave(2, -2)


def inside(region: Tensor, photo: OpenPhoto) -> np.ndarray:
    """[512, 512]: which pixels of the photo have their centre in a true pixel of the region."""
    framing, side = photo.framing, region.shape[-1]
    left, top = framing.centre_x - framing.side / 2, framing.centre_y - framing.side / 2
    columns = np.floor((np.arange(512) + 0.5 - left) * side / framing.side).astype(int)
    rows = np.floor((np.arange(512) + 0.5 - top) * side / framing.side).astype(int)
    beyond = np.pad(region[0, 0].numpy(), 1)  # nothing outside the frame
    found: np.ndarray = beyond[rows.clip(-1, side)[:, None] + 1, columns.clip(-1, side)[None] + 1]
    return found


def test_pictures_and_label_maps_each_have_their_own_side(
    photo: OpenPhoto, coarse_bundle: ModelBundle
) -> None:
    assert (coarse_bundle.resolution, coarse_bundle.label_side) == (PICTURE, MAP)
    assert photo.image.shape == photo.aligned.shape == (1, 3, PICTURE, PICTURE)
    assert photo.label_map.shape == (1, MAP, MAP) and len(photo.label_map.unique()) > 2
    reading = read_parts(coarse_bundle, photo.w_plus, 48)
    assert reading.label_map.shape == (1, 48, 48) and reading.disagreement.shape == (1, MAP, MAP)


def test_without_a_branch_label_maps_would_be_the_pictures_size_or_512(bundle: ModelBundle) -> None:
    assert (
        bundle.label_side == PICTURE and BundleDraft("young", "face", bundle.generator).label_side == PICTURE
    )


def test_many_large_pictures_are_rendered_a_few_at_a_time(
    coarse_bundle: ModelBundle, editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    w_plus = torch.cat([editor.sample(seed).w_plus for seed in range(5)])
    whole = coarse_bundle.render(w_plus)
    monkeypatch.setattr("editgan.bundle.bundle.RENDERED_PX", 2 * PICTURE**2)
    pieces = coarse_bundle.render(w_plus)
    torch.testing.assert_close(pieces.image, whole.image)
    torch.testing.assert_close(pieces.logits, whole.logits)


def test_an_edit_reaches_its_target(edited: Edit, photo: OpenPhoto, target: Tensor) -> None:
    assert edited.target.shape == edited.label_map.shape == (1, MAP, MAP)
    assert edited.report["target_iou_after"] > edited.report["target_iou_before"] + 0.1
    region = edit_region(photo.label_map, target, [IRIS], margin=margin_px(MAP))
    assert (edited.region | ~region).all()  # and where the edit put parts besides


def test_the_outside_is_what_the_region_leaves_of_the_picture(edited: Edit, photo: OpenPhoto) -> None:
    measured = psnr_db(edited.image, photo.image, ~doubled(edited.region))
    assert edited.report["outside_psnr_db"] == pytest.approx(measured) and measured > 24


@pytest.mark.parametrize("mode", ["difference", "replace"])
def test_outside_the_region_every_byte_of_the_photo_is_kept(
    mode: Any, editor: Editor, photo: OpenPhoto, edited: Edit
) -> None:
    result = editor.apply(photo, Composition({edited.vector: 1.0}, paste_mode=mode))
    difference = np.abs(result.pixels[0].numpy().astype(int) - astronaut().astype(int)).max(2)
    allowed = inside(result.region, photo)
    assert difference[~allowed].max() == 0 < difference[allowed].max()
    assert np.array_equal(result.may_change.numpy(), allowed)


def test_a_target_of_the_pictures_size_is_refused(editor: Editor, photo: OpenPhoto, target: Tensor) -> None:
    with pytest.raises(LabelError, match="must be 16x16 like the photo's label map, got 32x32"):
        editor.edit(photo, doubled(target))


def test_a_refinement_leads_the_outside_back(editor: Editor, photo: OpenPhoto, edited: Edit) -> None:
    delta = 0.4 * torch.randn(edited.vector.delta.shape, generator=torch.Generator().manual_seed(1))
    strong = {replace(edited.vector, delta=delta): 1.0}
    rough, clean = editor.apply(photo, strong), editor.apply(photo, strong, refine_steps=15)
    assert clean.region.shape == (1, 1, MAP, MAP)
    assert clean.report.outside_psnr_db > rough.report.outside_psnr_db


def test_what_a_person_painted_may_change_too(editor: Editor, photo: OpenPhoto, edited: Edit) -> None:
    painted = torch.zeros(1, 1, MAP, MAP, dtype=torch.bool)
    painted[..., :3, :3] = True
    plain = editor.apply(photo, Composition({edited.vector: 1.0}, paste_mode="difference"))
    more = editor.apply(photo, Composition({edited.vector: 1.0}, paste_mode="difference", painted=painted))
    assert torch.equal(more.region, plain.region | painted)
    assert np.array_equal(more.may_change.numpy(), inside(more.region, photo))


def test_a_vector_learnt_on_samples_knows_its_place_and_range(editor: Editor) -> None:
    photos = [editor.sample(seed) for seed in range(3)]
    vector = editor.learn(photos, [("grow", "iris:1")], name="big", settings=Editing(steps=10))
    low, high = vector.strengths
    assert low <= 0 < high and vector.place is not None
    place = vector.place
    assert 0 <= place.left < place.right <= 1 and 0 <= place.top < place.bottom <= 1
    assert place.left * MAP == pytest.approx(round(place.left * MAP))  # in pixels of the label map
    fresh = editor.sample(7)
    result = editor.apply(fresh, {vector: high})
    assert not torch.equal(result.label_map, fresh.label_map)


def test_a_replayed_recipe_gives_the_same_bytes(
    editor: Editor, edited: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "editgan.editor.Opening", lambda **how: Opening(**how | {"embedding": Embedding(steps=3)})
    )
    from editgan.inversion.cache import EmbeddingCache

    cache = EmbeddingCache(tmp_path)
    photo = editor.open(PilImage.fromarray(astronaut()), box=BOX, embedding=Embedding(steps=3), cache=cache)
    key = opening_key(
        editor.bundle,
        photo.pixels,
        editor.context.likeness,
        Opening(box=BOX, embedding=Embedding(steps=3)),
    )
    painted = torch.zeros(1, 1, MAP, MAP, dtype=torch.bool)
    painted[..., 2:5, 2:5] = True
    recipe = EditRecipe(
        bundle="coarse-32",
        fingerprint=editor.bundle.fingerprint,
        photo=photo_hash(photo.pixels),
        box=BOX,
        embedding=cache.export(key),
        composition=Composition({edited.vector: 0.8}, painted=painted),
    )
    _, replayed = editor.replay(EditRecipe.from_json(recipe.to_json()), PilImage.fromarray(astronaut()))
    applied = editor.apply(photo, recipe.composition)
    assert torch.equal(replayed.pixels, applied.pixels)
    assert not torch.equal(replayed.pixels, photo.pixels)
    with pytest.raises(InputError, match="should be 16x16 px, got 32x32"):
        editor.replay(
            replace(recipe, composition=replace(recipe.composition, painted=doubled(painted))),
            PilImage.fromarray(astronaut()),
        )


def test_an_edits_objective_is_the_plainly_written_one(
    coarse_bundle: ModelBundle, photo: OpenPhoto, target: Tensor
) -> None:
    region = edit_region(photo.label_map, target, [IRIS], margin=2)
    given = (EditContext.of(coarse_bundle), photo.w_plus, photo.image, target, region, EditWeights())
    moved = photo.w_plus + 0.05
    ours, plain = EditObjective(*given)(moved), OracleObjective(*given)(moved)
    assert ours.keys() == plain.keys()
    for name in ours:
        assert torch.allclose(ours[name], plain[name], rtol=1e-3), name


def test_only_the_outside_is_held_by_a_refinement(coarse_bundle: ModelBundle, photo: OpenPhoto) -> None:
    """Where everything is inside nothing of the picture counts, where nothing is everything."""
    everywhere = torch.ones(1, 1, MAP, MAP, dtype=torch.bool)
    for region, is_held in ((everywhere, False), (~everywhere, True)):
        context, start = EditContext.of(coarse_bundle), photo.w_plus + 0.1
        walk = refine(context, start, photo.image, photo.label_map, region, Refinement(steps=1))
        assert (next(walk).terms["pixels"] > 0) == is_held


def test_a_tuned_generator_still_reads_the_parts(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    from editgan.inversion import opening
    from editgan.inversion.tuning import Tuning

    monkeypatch.setattr(opening, "Tuning", lambda: Tuning(steps=5))
    near = editor.open(
        PilImage.fromarray(astronaut()), box=BOX, fidelity="high", embedding=Embedding(steps=3)
    )
    assert near.generator is not None and near.label_map.shape == (1, MAP, MAP)
    embedded = moved(editor.context, replace(near, generator=None), Composition({}, refined=near.w_plus))
    assert (near.label_map == embedded.label_map).float().mean() > 0.75


def test_a_saved_bundle_loads_with_its_label_side(
    saved_coarse_bundle: Path, coarse_bundle: ModelBundle, photo: OpenPhoto
) -> None:
    loaded = load_bundle(saved_coarse_bundle)
    assert loaded.label_side == MAP
    same = loaded.render(photo.w_plus).label_map == photo.label_map
    assert same.float().mean() > 0.95  # float16 rounding
    assert "Label maps are 16 px square." in (saved_coarse_bundle / "README.md").read_text()


@pytest.mark.parametrize("side", [8, 64])
def test_a_branch_of_an_impossible_side_is_refused(
    side: int, coarse_bundle: ModelBundle, tmp_path: Path
) -> None:
    assert coarse_bundle.branch is not None
    branch = type(coarse_bundle.branch)(replace(coarse_bundle.branch.config, resolution=side))
    save_bundle(replace(coarse_bundle, branch=branch), tmp_path / "odd")
    with pytest.raises(BundleError, match=rf"16 px a side at least and the picture's 32 px.*got {side}"):
        load_bundle(tmp_path / "odd")


def test_an_overlay_has_the_pictures_size(photo: OpenPhoto) -> None:
    shown = overlay(photo.image, photo.label_map, photo.schema)
    assert shown.size == (PICTURE, PICTURE)
    same = overlay(photo.image, doubled(photo.label_map), photo.schema)
    assert np.array_equal(np.asarray(shown), np.asarray(same))


@pytest.mark.parametrize("share", [1 / 8, 3 / 32])  # of whole and of half a pixel of the label map
def test_the_bars_of_a_letter_box_never_change(
    share: float, coarse_bundle: ModelBundle, edited: Edit
) -> None:
    """Neither of a photo nor of a sample, though the region lies over them."""
    car = Editor(replace(coarse_bundle, facts=Facts(data=DataFacts(letter_box=share))))
    bar = round(share * PICTURE)
    everywhere = torch.ones(1, 1, MAP, MAP, dtype=torch.bool)
    for opened in (
        car.open(PilImage.fromarray(astronaut()), box=(0, 0, 512, 512), embedding=Embedding(steps=0)),
        car.sample(3),
    ):
        assert opened.framing.letter_box == share
        result = car.apply(opened, Composition({edited.vector: 1.0}, painted=everywhere))
        rows = opened.pixels.shape[1] * bar // PICTURE
        assert not result.may_change[:rows].any() and not result.may_change[-rows:].any()
        assert result.may_change[rows:-rows].all()
        assert torch.equal(result.pixels[:, :rows], opened.pixels[:, :rows])
        assert torch.equal(result.pixels[:, -rows:], opened.pixels[:, -rows:])
        assert not torch.equal(result.pixels, opened.pixels)


def test_a_walk_over_several_photos_has_its_regions_in_label_pixels(
    coarse_bundle: ModelBundle, editor: Editor
) -> None:
    photos = [editor.sample(seed) for seed in (0, 1)]
    w_plus, before = torch.cat([p.w_plus for p in photos]), torch.cat([p.image for p in photos])
    target = torch.cat([p.label_map for p in photos])
    region = dilate((target == IRIS).unsqueeze(1), 1)
    end = best(
        refine(EditContext.of(coarse_bundle), w_plus + 0.1, before, target, region, Refinement(steps=3))
    )
    assert end.value.shape == w_plus.shape
