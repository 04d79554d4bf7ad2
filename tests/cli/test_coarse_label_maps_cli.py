"""The command with a bundle whose label maps are smaller than its pictures."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.facts import DataFacts, Facts
from editgan.bundle.folder import load_bundle, save_bundle
from editgan.core.label_pictures import load_label_map, save_label_map
from editgan.core.labels import LabelSchema
from editgan.editing.composition import Composition
from editgan.editing.recipe import EditRecipe
from editgan.editing.vector import EditVector

Run = Callable[..., tuple[int, str, str]]
Refused = Callable[[tuple[int, str, str]], str]
BOX = ("--box", "164,60,120,120")


def sizes(folder: str) -> dict[str, tuple[int, int]]:
    found = {}
    for path in Path(folder).glob("*.png"):
        with PilImage.open(path) as picture:
            found[path.stem] = picture.size
    return found


def test_an_edit_in_words_then_its_vector_on_the_photo(
    editgan: Run, portrait: Path, saved_coarse_bundle: Path
) -> None:
    common = ("-b", saved_coarse_bundle, *BOX, "--embed-steps", 3)
    code, _, err = editgan("edit", portrait, *common, "--grow", "eye:1", "--steps", 5, "--name", "eyes")
    assert code == 0, err
    written = sizes("edited")
    assert written["edited"] == (512, 512)
    for name in ("reconstruction", "overlay", "edited_rendering"):
        assert written[name] == (32, 32), name
    for name in ("parts", "target", "edited_parts"):
        assert written[name] == (16, 16), name
    report = json.loads(Path("edited/report.json").read_text())
    assert report["edits"][0]["pasted_outside_max_abs_diff"] == 0
    more = ("--refine-steps", 2, "--strip", "-1,1", "--animate", "gif", "-o", "applied")
    code, _, err = editgan("apply", portrait, "-v", "edited/eyes.safetensors", *common, *more)
    assert code == 0, err
    assert (
        json.loads(Path("applied/report.json").read_text())["photos"][0]["pasted_outside_max_abs_diff"] == 0
    )


def test_painted_parts_have_the_label_maps_size(
    editgan: Run,
    refused: Refused,
    portrait: Path,
    saved_coarse_bundle: Path,
    schema: LabelSchema,
    tmp_path: Path,
) -> None:
    common = ("-b", saved_coarse_bundle, *BOX)
    save_label_map(torch.ones(32, 32, dtype=torch.int64), schema, tmp_path / "large.png")
    arguments = ("edit", portrait, *common, "--embed-steps", 0, "--target", tmp_path / "large.png")
    assert "must be 16x16 like the photo's label map, got 32x32" in refused(editgan(*arguments))
    editgan("embed", portrait, *common, "--steps", 0, "-o", "out")
    painted = (load_label_map(Path("out/parts.png"), schema) + 1) % 5
    save_label_map(painted[0], schema, Path("painted.png"))
    few = ("--embed-steps", 0, "--steps", 1)
    code, _, err = editgan("edit", portrait, *common, *few, "--target", "painted.png")
    assert code == 0, err


def test_a_recipe_with_something_painted_is_replayed(
    editgan: Run, coarse_bundle: ModelBundle, saved_coarse_bundle: Path, tmp_path: Path
) -> None:
    shape = (coarse_bundle.generator.config.num_ws, coarse_bundle.generator.config.w_dim)
    fingerprint = load_bundle(saved_coarse_bundle).fingerprint
    vector = EditVector(
        name="much",
        delta=0.3 * torch.randn(shape, generator=torch.Generator().manual_seed(5)),
        classes=("brow",),
        bundle="coarse-32",
        fingerprint=fingerprint,
    )
    painted = torch.zeros(1, 1, 16, 16, dtype=torch.bool)
    painted[..., :8, :8] = True
    made = EditRecipe(
        bundle="coarse-32",
        fingerprint=fingerprint,
        photo=None,
        seed=3,
        composition=Composition({vector: 1.0}, painted=painted),
    )
    (tmp_path / "edit.json").write_bytes(made.to_bytes())
    arguments = ("--recipe", tmp_path / "edit.json", "--bundle", saved_coarse_bundle, "--out", "done")
    code, _, err = editgan("apply", *arguments)
    assert code == 0, err
    assert sizes("done") == {"seed-3": (32, 32)}


@pytest.mark.parametrize("share", [0.0, 1 / 8])
def test_samples_are_shown_without_the_bars_of_their_letter_box(
    share: float, editgan: Run, coarse_bundle: ModelBundle, saved_coarse_bundle: Path, tmp_path: Path
) -> None:
    save_bundle(replace(coarse_bundle, facts=Facts(data=DataFacts(letter_box=share))), tmp_path / "cars")
    for name, bundle in (("whole", saved_coarse_bundle), ("shown", tmp_path / "cars")):
        code, _, err = editgan("sample", "-b", bundle, "--count", 4, "-o", f"{name}.png")
        assert code == 0, err
    whole, shown = (np.asarray(PilImage.open(f"{name}.png")) for name in ("whole", "shown"))
    bar = round(share * 32)
    assert shown.shape == (2 * (32 - 2 * bar), 64, 3)
    assert np.array_equal(shown[: 32 - 2 * bar], whole[bar : 32 - bar])


@pytest.mark.parametrize("side", [8, 40])
def test_a_label_side_that_cannot_be_is_one_sentence(
    side: int, editgan: Run, refused: Refused, saved_bundle: Path, schema: LabelSchema, tmp_path: Path
) -> None:
    schema.save(tmp_path / "classes.json")
    arguments = ("train", "branch", "-b", saved_bundle, "--annotations", tmp_path, "--label-side", side)
    wanted = f"label maps have 16 px a side at least and the picture's 32 px at most, got {side}"
    assert wanted in refused(editgan(*arguments))


def test_bundles_tells_both_sides(editgan: Run, saved_coarse_bundle: Path) -> None:
    code, out, err = editgan("bundles", saved_coarse_bundle)
    assert code == 0, err
    assert "32 px square" in out + err and "Label maps are 16 px square" in out + err
