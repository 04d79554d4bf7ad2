"""The bundles that ship: whole, small enough for git, and good enough for the demo's story."""

from pathlib import Path

import pytest
import torch
from PIL import Image as PilImage
from skimage.data import astronaut

from editgan.bundle.find import BUILT_IN, built_in_bundles
from editgan.bundle.folder import load_draft
from editgan.cli.options import DEFAULT_BUNDLE
from editgan.editing.library import built_in_vectors, find_vector
from editgan.editing.parts import apply_operation
from editgan.editing.vector import EditVector
from editgan.editing.walk import Editing
from editgan.editor import Editor
from editgan.evaluation.vectors import measure_vectors
from editgan.inversion.embed import Embedding
from editgan.recipes import find_recipe

pytestmark = pytest.mark.slow

MIB = 2**20


def test_the_default_bundle_is_built_in() -> None:
    assert DEFAULT_BUNDLE in built_in_bundles()


@pytest.mark.parametrize("name", built_in_bundles())
def test_a_built_in_bundle_is_whole_and_small(name: str) -> None:
    bundle = load_draft(name)
    bundle.need("generator", "discriminator", "branch", "encoder", "aligner", "schema")
    assert bundle.name == name
    sizes = [path.stat().st_size for path in (BUILT_IN / name).rglob("*") if path.is_file()]
    assert max(sizes) < 16 * MIB and sum(sizes) < 64 * MIB


@pytest.mark.parametrize("name", built_in_bundles())
def test_a_built_in_reader_is_light_and_reads_unseen_photos_better_than_the_branch(name: str) -> None:
    bundle = load_draft(name).need("reader")
    assert (BUILT_IN / name / "reader.safetensors").stat().st_size < 3 * MIB
    measured = bundle.facts.reader.test
    assert measured.reader.miou > measured.branch.miou


@pytest.mark.parametrize("name", built_in_bundles())
def test_a_model_card_names_data_terms_quality_and_weaknesses(name: str) -> None:
    card = (BUILT_IN / name / "README.md").read_text()
    for heading in ("Data and terms", "Embedding of held-out photos", "Segmentation branch", "still weak"):
        assert heading in card
    for picture in Path(BUILT_IN / name).glob("*.webp"):
        assert picture.name in card


@pytest.mark.parametrize("name", built_in_bundles())
def test_a_bundles_vectors_fit_it_and_are_those_of_its_recipe(name: str) -> None:
    bundle = load_draft(name)
    wanted = {v.name: v for v in find_recipe(name.replace("-", "_")).vectors}
    found = {n: EditVector.load(path) for n, path in built_in_vectors(bundle).items()}
    assert found.keys() == wanted.keys()
    for n, vector in found.items():
        vector.check_fit(bundle)
        low, high = vector.strengths
        assert vector.name == n and low < 0 and high >= 1  # strength 1 is of use
        assert vector.learnt["operations"] == [list(o) for o in wanted[n].operations]
        assert vector.opposite == wanted[n].opposite
        if vector.opposite is not None:
            assert vector.learnt["opposite_operations"] == [list(o) for o in wanted[n].opposite_operations]
            assert low <= -1
        with PilImage.open(BUILT_IN / name / "vectors" / f"{n}.webp") as preview:
            assert preview.width > 500


def test_a_built_in_vector_does_what_it_says_to_samples_it_was_not_learnt_on() -> None:
    editor = Editor.from_pretrained(DEFAULT_BUNDLE, "cpu")
    samples = torch.cat([editor.sample(seed).w_plus for seed in range(2000, 2008)])
    vector = find_vector(editor.bundle, "narrower-nose")
    (row,) = measure_vectors(editor.bundle, samples, [vector], strengths=(1.0,), refine_steps=(0,))
    assert row.photos == 8 and row.works >= 0.8 and row.outside_psnr_db > 22


def test_a_real_portrait_is_found_read_and_edited() -> None:
    editor = Editor.from_pretrained(DEFAULT_BUNDLE, "cpu")
    photo = editor.open(PilImage.fromarray(astronaut()), embedding=Embedding(steps=40))
    assert abs(photo.framing.centre_x - 224) < 15 and abs(photo.framing.centre_y - 122) < 15
    assert photo.report.reconstruction_psnr_db > 19
    target = apply_operation(photo.label_map, editor.schema, "replace", "mouth_interior=upper_lip")
    edit = editor.edit(photo, target, settings=Editing(steps=40))
    assert edit.report["target_iou_after"] > max(0.6, edit.report["target_iou_before"] + 0.3)
    assert edit.report["outside_psnr_db"] > 30
    assert edit.report["pasted_outside_max_abs_diff"] == 0
    assert edit.report["seen_iou_before"] < 0.6 and 0 <= edit.report["seen_iou_after"] <= 1
