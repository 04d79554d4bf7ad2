"""`editgan apply --recipe`: what was done in the studio, done again."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from editgan.batch.naming import result_stems
from editgan.batch.report import REPORT
from editgan.bundle.find import built_in_bundles
from editgan.cli.opening import load_editor
from editgan.cli.options import DEFAULT_BUNDLE, Networks
from editgan.cli.photos import GivenPhoto
from editgan.cli.placing import Results
from editgan.cli.progress import walking
from editgan.cli.results import write_report
from editgan.cli.saying import say
from editgan.core.config import known_json
from editgan.core.errors import InputError
from editgan.core.files import filling
from editgan.editing.recipe import EditRecipe


def replay(
    photos: Sequence[GivenPhoto],
    path: Path,
    networks: Networks,
    results: Results,
    *,
    strip_metadata: bool = False,
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
    given = photos[0] if photos else None
    name = f"seed-{recipe.seed}.png"
    if given is not None:
        (stem,) = result_stems([given.file_name], [".png"])
        name = f"{stem}.png"
    with results.folder("applied", [name, REPORT], [path, given.path if given else None]) as out:
        editor = load_editor(networks)
        started = time.perf_counter()
        with walking(f"replaying {path.name}", recipe.composition.refine_steps) as watch:
            photo, result = editor.replay(recipe, given.source if given else None, watch=watch)
        seconds = round(time.perf_counter() - started, 3)
        story = {"photo": given.name if given else f"seed-{recipe.seed}", "output": name, "seconds": seconds}
        reports = known_json(photo.report) | known_json(result.report)
        with filling(out) as scratch:
            result.save(scratch / name, strip_metadata=strip_metadata)
            write_report(
                scratch, {"bundle": editor.bundle.name, "recipe": str(path), "photos": [story | reports]}
            )
    say(f"replayed; your photo: {out}/{name}")
