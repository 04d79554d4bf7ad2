"""An edit recipe brings an edit about again, or says why it will not."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image as PilImage
from skimage.data import astronaut

from editgan.bundle.bundle import ModelBundle
from editgan.core.errors import InputError
from editgan.core.images import from_pil
from editgan.editing.composition import Composition
from editgan.editing.recipe import EditRecipe, photo_hash
from editgan.editing.vector import EditVector
from editgan.editor import Editor
from editgan.inversion.cache import EmbeddingCache
from editgan.inversion.opening import Opening, opening_key

BOX = (164.0, 60.0, 120.0, 120.0)
PORTRAIT = PilImage.fromarray(astronaut())


@pytest.fixture(scope="module")
def editor(bundle: ModelBundle) -> Editor:
    return Editor(bundle)


@pytest.fixture(scope="module")
def vector(bundle: ModelBundle) -> EditVector:
    rng = torch.Generator().manual_seed(5)
    shape = (bundle.generator.config.num_ws, bundle.generator.config.w_dim)
    return EditVector(
        name="brows",
        delta=0.3 * torch.randn(shape, generator=rng),
        classes=("brow",),
        bundle=bundle.name,
        fingerprint=bundle.fingerprint,
    )


@pytest.fixture(scope="module")
def recipe(editor: Editor, vector: EditVector, tmp_path_factory: pytest.TempPathFactory) -> EditRecipe:
    """Of the astronaut, embedded here."""
    pixels = from_pil(PORTRAIT)
    cache = EmbeddingCache(tmp_path_factory.mktemp("cache"))
    editor.open(PORTRAIT, box=BOX, cache=cache)
    key = opening_key(editor.bundle, pixels, editor.context.likeness, Opening(box=BOX))
    painted = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    painted[..., 4:9, 5:20] = True
    return EditRecipe(
        bundle=editor.bundle.name,
        fingerprint=editor.bundle.fingerprint,
        photo=photo_hash(pixels),
        box=BOX,
        embedding=cache.export(key),
        composition=Composition({vector: 0.8}, refine_steps=2, painted=painted),
    )


def composed(recipe: EditRecipe, **changes: Any) -> EditRecipe:
    """The recipe with another composition."""
    return replace(recipe, composition=replace(recipe.composition, **changes))


def test_saving_and_loading_are_inverse(recipe: EditRecipe, tmp_path: Path) -> None:
    path = tmp_path / "edit.json"
    path.write_bytes(recipe.to_bytes())
    assert EditRecipe.load(path).to_bytes() == recipe.to_bytes()


def test_what_is_kept_stays_kept_and_only_new_versions_read_it(recipe: EditRecipe) -> None:
    keep = torch.zeros(1, 1, 128, 128, dtype=torch.bool)
    keep[..., :40] = True
    values = composed(recipe, keep=keep).to_json()
    read = EditRecipe.from_json(values).composition.keep
    assert read is not None and torch.equal(read, keep)
    assert (values["format_version"], recipe.to_json()["format_version"]) == (2, 1)


def test_a_recipe_that_names_no_judge_is_the_bundles(recipe: EditRecipe) -> None:
    values = replace(recipe, judge="lite1").to_json()
    assert EditRecipe.from_json(values).judge == "lite1"
    del values["judge"]
    assert EditRecipe.from_json(values).judge == "default"


def test_replaying_optimises_no_embedding_and_gives_the_same_pixels(
    editor: Editor, recipe: EditRecipe, vector: EditVector, tmp_path: Path
) -> None:
    path = tmp_path / "edit.json"
    path.write_bytes(recipe.to_bytes())
    photo, result = editor.replay(EditRecipe.load(path), PORTRAIT)
    assert photo.report.from_cache
    again = editor.apply(photo, recipe.composition)
    assert torch.equal(result.pixels, again.pixels)
    painted = recipe.composition.painted
    assert painted is not None and (result.region & painted).sum() == painted.sum()  # it may change


def test_a_refinement_is_carried_along_not_done_again(
    editor: Editor, recipe: EditRecipe, vector: EditVector
) -> None:
    _, result = editor.replay(recipe, PORTRAIT)
    carrying = EditRecipe.from_json(composed(recipe, refined=result.w_plus).to_json())
    steps: list[int] = []
    _, again = editor.replay(carrying, PORTRAIT, watch=lambda step: steps.append(step.index))
    assert steps == [] and again.report.refine_steps == 2
    assert torch.equal(again.pixels, result.pixels) and torch.equal(again.w_plus, result.w_plus)


def test_a_samples_recipe_needs_no_photo(editor: Editor, vector: EditVector) -> None:
    fingerprint = editor.bundle.fingerprint
    recipe = EditRecipe(
        bundle="tiny-32", fingerprint=fingerprint, photo=None, seed=3, composition=Composition({vector: 1.0})
    )
    photo, result = editor.replay(EditRecipe.from_json(recipe.to_json()))
    assert torch.equal(photo.w_plus, editor.sample(3).w_plus)
    assert torch.equal(result.pixels, editor.apply(editor.sample(3), {vector: 1.0}).pixels)


def test_another_photo_is_refused(editor: Editor, recipe: EditRecipe) -> None:
    with pytest.raises(InputError, match="another photo"):
        editor.replay(recipe, PORTRAIT.transpose(PilImage.Transpose.FLIP_LEFT_RIGHT))
    with pytest.raises(InputError, match="give it, too"):
        editor.replay(recipe)


def test_another_bundle_is_refused(editor: Editor, recipe: EditRecipe) -> None:
    values = recipe.to_json() | {"fingerprint": "0" * 16}
    with pytest.raises(InputError, match="use that bundle"):
        editor.replay(EditRecipe.from_json(values), PORTRAIT)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda values: values.pop("vectors"),
        lambda values: values.update(format="something else"),
        lambda values: values.update(format_version=99),
        lambda values: values.update(paste_mode="melt"),
        lambda values: values.update(fidelity="absurd"),
        lambda values: values.update(judge="absurd"),
        lambda values: values["vectors"][0].update(file="bm90IGEgdmVjdG9y"),
        lambda values: values["vectors"][0].update(file="***"),
        lambda values: values.update(painted="AAAA"),
        lambda values: values.update(box=["a"]),
    ],
)
def test_what_is_no_edit_recipe_is_refused_in_a_sentence(recipe: EditRecipe, spoil: object) -> None:
    values = json.loads(recipe.to_bytes())
    assert callable(spoil)
    spoil(values)
    with pytest.raises(InputError):
        EditRecipe.from_json(values)


def test_what_does_not_fit_the_bundle_is_refused(editor: Editor, recipe: EditRecipe) -> None:
    with pytest.raises(InputError, match="32x32 px, got 8x8"):
        editor.replay(composed(recipe, painted=torch.ones(1, 1, 8, 8, dtype=torch.bool)), PORTRAIT)
    with pytest.raises(InputError, match="finite"):
        editor.replay(composed(recipe, refined=torch.zeros(1, 2, 3)), PORTRAIT)
    with pytest.raises(InputError, match="finite"):
        editor.replay(composed(recipe, refined=torch.full_like(editor.sample(0).w_plus, torch.nan)), PORTRAIT)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000, '"x"'])
def test_files_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InputError, match=r"x\.json"):
        EditRecipe.load(tmp_path / "x.json")
    with pytest.raises(InputError, match="does not exist"):
        EditRecipe.load(tmp_path / "y.json")


@pytest.mark.slow
def test_a_spoilt_embedding_is_embedded_anew(editor: Editor, recipe: EditRecipe) -> None:
    values = recipe.to_json() | {"embedding": "bm90IGFuIGVtYmVkZGluZw=="}
    photo, _ = editor.replay(EditRecipe.from_json(values), PORTRAIT)
    assert not photo.report.from_cache
