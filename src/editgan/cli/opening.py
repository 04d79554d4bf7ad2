"""From a path to an editor and a photo that is open in it."""

import time
from pathlib import Path

from editgan.bundle.judges import JudgeName
from editgan.bundle.opened import OpenPhoto
from editgan.cli.options import Networks, Opening, parse_box
from editgan.cli.progress import console, walking
from editgan.editor import Editor
from editgan.inversion.cache import EmbeddingCache, default_cache_folder
from editgan.inversion.embed import Embedding
from editgan.inversion.tuning import Tuning


def load_editor(networks: Networks, judge: JudgeName = "default") -> Editor:
    """With a spinner while the networks load."""
    with console.status("loading the bundle"):
        return Editor.from_pretrained(networks.bundle, networks.device, judge)


def open_photo(editor: Editor, photo: Path, how: Opening) -> tuple[OpenPhoto, float]:
    """Open with a progress bar, from the cache unless `fresh`; also the seconds it took."""
    started = time.perf_counter()
    total = how.embed_steps + (Tuning().steps if how.fidelity == "high" else 0)
    with walking(f"embedding {photo.name}", total) as watch:
        opened = editor.open(
            photo,
            box=parse_box(how.box),
            embedding=Embedding(steps=how.embed_steps),
            fidelity=how.fidelity,
            cache=None if how.fresh else EmbeddingCache(default_cache_folder()),
            watch=watch,
        )
    if opened.warning:
        console.print(f"{photo.name} is {opened.warning}", highlight=False)
    return opened, round(time.perf_counter() - started, 2)
