from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from PIL import Image as PilImage

from editgan.bundle.folder import load_bundle
from editgan.core.errors import InputError
from editgan.editing.library import find_vector
from editgan.editing.vector import EditVector
from editgan.editing.walk import Editing
from editgan.editor import Editor
from editgan.jobs.vectors import FIRST_SEED, learn_vectors
from editgan.recipes import find_recipe
from editgan.recipes.vectors import WantedVector

CPU = torch.device("cpu")


def test_a_bundles_vectors_are_learnt_and_put_beside_its_networks(own_bundle: Path) -> None:
    wanted = (WantedVector("larger", (("grow", "eye:1"),)), WantedVector("gone", (("erase", "brow"),)))
    recipe = replace(find_recipe("smoke"), vectors=wanted)
    (learnt,) = learn_vectors(recipe, own_bundle, samples=2, only=["larger"], device=CPU)
    assert learnt.name == "larger" and learnt.learnt["from"] == ["seed 100", "seed 101"]
    assert {p.name for p in (own_bundle / "vectors").iterdir()} == {"larger.safetensors", "larger.webp"}
    assert torch.equal(EditVector.load(own_bundle / "vectors" / "larger.safetensors").delta, learnt.delta)
    with PilImage.open(own_bundle / "vectors" / "larger.webp") as preview:
        assert preview.width > 500


def test_a_vector_with_two_ends_is_found_by_either_name(
    own_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("editor", "editing.learn"):
        monkeypatch.setattr(f"editgan.{module}.Editing", partial(Editing, steps=10))
    wanted = WantedVector("larger", (("grow", "eye:1"),), "smaller", (("shrink", "eye:1"),))
    recipe = replace(find_recipe("smoke"), vectors=(wanted,))
    (learnt,) = learn_vectors(recipe, own_bundle, samples=3, device=CPU)
    bundle = load_bundle(own_bundle)
    larger, smaller = (find_vector(bundle, name) for name in ("larger", "smaller"))
    assert larger == learnt and smaller == larger.turned() and smaller.turned() == larger
    assert torch.equal(smaller.delta, -larger.delta) and smaller.learnt["operations"] == [["shrink", "eye:1"]]
    assert smaller.strengths == (-larger.strengths[1], -larger.strengths[0])
    # Half the way from the one edit to the other
    editor = Editor(bundle)
    pictures = [editor.sample(FIRST_SEED + i) for i in range(3)]
    up, down = (
        editor.learn(pictures, end, name="a") for end in (wanted.operations, wanted.opposite_operations)
    )
    half = (up.delta - down.delta) / 2
    assert torch.allclose(larger.delta / larger.delta.norm(), half / half.norm(), atol=1e-5)
    with pytest.raises(InputError, match="has one end"):
        replace(larger, opposite=None).turned()


def test_a_vector_the_recipe_does_not_have_is_refused(own_bundle: Path) -> None:
    with pytest.raises(InputError, match="no vector 'wings'"):
        list(learn_vectors(find_recipe("smoke"), own_bundle, only=["wings"], device=CPU))
