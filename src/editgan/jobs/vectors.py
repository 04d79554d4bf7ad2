"""Learn a bundle's own edit vectors on the generator's samples: no photos needed."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from editgan.bundle.folder import load_bundle
from editgan.core.errors import InputError
from editgan.core.files import filling
from editgan.core.images import save_picture
from editgan.editing.calibrate import weaker
from editgan.editing.learn import learn_both_ways
from editgan.editing.library import FOLDER
from editgan.editing.vector import EditVector
from editgan.editor import Editor
from editgan.evaluation.sheets import vector_sheet
from editgan.recipes.recipe import TrainingRecipe

FIRST_SEED = 100  # of the samples a vector is learnt, or tried, on
SHOWN = (1000, 1001)  # seeds of its preview: others


def learn_vectors(
    recipe: TrainingRecipe,
    where: Path,
    *,
    samples: int = 16,
    only: Sequence[str] = (),
    out: Path | None = None,
    device: torch.device,
) -> Iterator[EditVector]:
    """Each vector of the recipe, when it is written: OUT/NAME.safetensors and its preview NAME.webp.

    `only` names some of them; `out` is the bundle's own folder of vectors by default.

    Raises:
        InputError: a name the recipe does not have.
    """
    if unknown := set(only) - {wanted.name for wanted in recipe.vectors}:
        raise InputError(f"the recipe has no vector {sorted(unknown)[0]!r}")
    editor = Editor(load_bundle(where, device))
    folder = out or where / FOLDER
    pictures = [editor.sample(FIRST_SEED + i) for i in range(samples)]
    shown = [editor.sample(seed) for seed in SHOWN]
    for wanted in recipe.vectors:
        if only and wanted.name not in only:
            continue
        if wanted.opposite is None:
            vector = editor.learn(pictures, wanted.operations, name=wanted.name)
        else:
            ends = {wanted.name: wanted.operations, wanted.opposite: wanted.opposite_operations}
            vector = learn_both_ways(editor.context, pictures, ends)
        if wanted.share != 1:
            vector = weaker(vector, wanted.share)
        with filling(folder) as scratch:
            vector.save(scratch / f"{vector.name}.safetensors")
            save_picture(vector_sheet(editor, [vector], shown), scratch / f"{vector.name}.webp")
        yield vector
