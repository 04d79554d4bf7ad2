"""`editgan apply --recipe`: what was done in the studio, done again."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from editgan.bundle.find import built_in_bundles
from editgan.cli.opening import load_editor
from editgan.cli.options import DEFAULT_BUNDLE, Networks
from editgan.cli.progress import console, walking
from editgan.cli.results import write_report
from editgan.core.config import known_json
from editgan.core.errors import InputError
from editgan.editing.recipe import EditRecipe


def replay(
    photos: Sequence[Path], path: Path, networks: Networks, out: Path, *, strip_metadata: bool = False
) -> None:
    """Writes the same bytes as the studio's PNG, and report.json."""
    recipe = EditRecipe.load(path)
    if len(photos) != (recipe.seed is None):
        wanted = (
            "no photo (it was made of a sample)" if recipe.seed is not None else "the photo it was made of"
        )
        raise InputError(f"--recipe {path.name} takes {wanted}, got {len(photos)} photos")
    if networks.bundle == DEFAULT_BUNDLE and recipe.bundle in built_in_bundles():
        # Others are named by the person: a file should not say what to load
        networks = replace(networks, bundle=recipe.bundle)
    editor = load_editor(networks)
    source = photos[0] if photos else None
    stem = f"seed-{recipe.seed}" if source is None else source.stem
    started = time.perf_counter()
    with walking(f"replaying {path.name}", recipe.composition.refine_steps) as watch:
        photo, result = editor.replay(recipe, source, watch=watch)
    result.save(out / f"{stem}.png", strip_metadata=strip_metadata)
    story = {"photo": stem, "seconds": round(time.perf_counter() - started, 3)}
    story |= known_json(photo.report) | known_json(result.report)
    write_report(out, {"bundle": editor.bundle.name, "recipe": str(path), "photos": [story]})
    console.print(f"replayed; your photo: {out}/{stem}.png")
