"""The bundles that ship: whole, small enough for git, and good enough for the demo's story."""

from pathlib import Path

import pytest
from PIL import Image as PilImage
from skimage.data import astronaut

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.find import BUILT_IN, built_in_bundles
from editgan.cli.options import DEFAULT_BUNDLE
from editgan.editing.optimise import Editing
from editgan.editing.parts import apply_operation
from editgan.editor import Editor
from editgan.inversion.embed import Embedding

MIB = 2**20


def test_the_default_bundle_is_built_in() -> None:
    assert DEFAULT_BUNDLE in built_in_bundles()


@pytest.mark.parametrize("name", built_in_bundles())
def test_a_built_in_bundle_is_whole_and_small(name: str) -> None:
    bundle = ModelBundle.from_pretrained(name)
    bundle.need("generator", "discriminator", "branch", "encoder", "aligner", "schema")
    assert bundle.name == name
    sizes = [path.stat().st_size for path in (BUILT_IN / name).rglob("*") if path.is_file()]
    assert max(sizes) < 16 * MIB and sum(sizes) < 64 * MIB


@pytest.mark.parametrize("name", built_in_bundles())
def test_a_model_card_names_data_terms_quality_and_weaknesses(name: str) -> None:
    card = (BUILT_IN / name / "README.md").read_text()
    for heading in ("Data and terms", "Embedding of held-out photos", "Segmentation branch", "still weak"):
        assert heading in card
    for picture in Path(BUILT_IN / name).glob("*.webp"):
        assert picture.name in card


def test_a_real_portrait_is_found_read_and_edited() -> None:
    editor = Editor.from_pretrained(DEFAULT_BUNDLE, "cpu")
    photo = editor.open(PilImage.fromarray(astronaut()), embedding=Embedding(steps=40))
    assert abs(photo.framing.centre_x - 224) < 15 and abs(photo.framing.centre_y - 122) < 15
    assert photo.report["reconstruction_psnr_db"] > 19
    target = apply_operation(photo.label_map, editor.schema, "replace", "mouth_interior=upper_lip")
    edit = editor.edit(photo, target, settings=Editing(steps=40))
    assert edit.report["target_iou_after"] > max(0.6, edit.report["target_iou_before"] + 0.3)
    assert edit.report["outside_psnr_db"] > 30
    assert edit.report["pasted_outside_max_abs_diff"] == 0
