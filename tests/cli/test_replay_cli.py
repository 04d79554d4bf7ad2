"""`editgan apply --recipe`, and `editgan studio` as far as it starts."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage

from editgan.cli.progress import stoppable
from editgan.core.descent import Step, best, descend
from editgan.core.images import to_pil
from editgan.editing.recipe import EditRecipe
from editgan.editor import Editor
from editgan.studio import serve
from editgan.studio.settings import Settings

Run = Callable[..., tuple[int, str, str]]
Refused = Callable[[tuple[int, str, str]], str]


def test_a_recipe_is_replayed(editgan: Run, recipe: Path, saved_bundle: Path) -> None:
    code, _, err = editgan("apply", "--recipe", recipe, "--bundle", saved_bundle, "--out", "done")
    assert code == 0, err
    made = EditRecipe.load(recipe)
    _, result = Editor.from_pretrained(saved_bundle, "cpu").replay(made)
    with PilImage.open("done/seed-3.png") as picture:
        assert np.array_equal(np.asarray(picture), np.asarray(to_pil(result.pixels)))
    assert '"refine_steps": 0' in Path("done/report.json").read_text()


def test_a_recipe_comes_instead_of_vectors(
    editgan: Run, refused: Refused, recipe: Path, portrait: Path
) -> None:
    assert "one of the two" in refused(editgan("apply", portrait, "--recipe", recipe, "-v", "smile"))
    assert "one of the two" in refused(editgan("apply", portrait))
    assert "takes no photo" in refused(editgan("apply", portrait, "--recipe", recipe))
    assert "which photos" in refused(editgan("apply", "-v", "smile"))


def test_a_recipe_of_an_unknown_bundle_asks_for_it(editgan: Run, refused: Refused, recipe: Path) -> None:
    assert "--bundle" in refused(editgan("apply", "--recipe", recipe))  # tiny-32 is not built in


def test_the_studio_listens_on_this_machine_alone_by_default(
    editgan: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Settings] = []
    monkeypatch.setattr(serve, "serve", started.append)
    code, _, err = editgan("studio", "--port", 8123)
    assert code == 0 and "http://127.0.0.1:8123/" in err
    assert started[0].host == "127.0.0.1" and started[0].token is None
    code, _, err = editgan("studio", "--host", "0.0.0.0")
    assert code == 0 and started[1].token and f"?token={started[1].token}" in err


def test_ctrl_c_ends_a_walk_and_keeps_its_best_so_far() -> None:
    seen: list[int] = []

    def watch(step: Step) -> None:
        seen.append(step.index)
        if step.index == 4:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with stoppable(watch) as watching:
        found = best(descend(lambda x: {"h": x.square().sum()}, torch.ones(2), steps=99, lr=0.1), watching)
    assert seen == [0, 1, 2, 3, 4] and found.index == 4
    assert signal.getsignal(signal.SIGINT) is before
