"""From a path to an editor and a photo that is open in it."""

import time
from pathlib import Path

from editgan.bundle.judges import JudgeName
from editgan.bundle.opened import OpenPhoto
from editgan.cli.options import Networks, Opening, parse_box
from editgan.cli.progress import console, walking
from editgan.editor import Editor
from editgan.inversion import opening as inversion
from editgan.inversion.cache import EmbeddingCache, default_cache_folder
from editgan.inversion.embed import Embedding


def load_editor(networks: Networks, judge: JudgeName = "default") -> Editor:
    """With a spinner while the networks load."""
    with console.status("loading the bundle"):
        return Editor.from_pretrained(networks.bundle, networks.device, judge)


def open_photo(editor: Editor, photo: Path, how: Opening) -> tuple[OpenPhoto, float]:
    """Open with a progress bar, from the cache unless `fresh`; also the seconds it took."""
    started, embedding = time.perf_counter(), Embedding(steps=how.embed_steps)
    steps = inversion.Opening(embedding=embedding, fidelity=how.fidelity).steps
    with walking(f"embedding {photo.name}", steps) as watch:
        opened = editor.open(
            photo,
            box=parse_box(how.box),
            embedding=embedding,
            fidelity=how.fidelity,
            cache=None if how.fresh else EmbeddingCache(default_cache_folder()),
            watch=watch,
        )
    if opened.warning:
        console.print(f"{photo.name} is {opened.warning}", highlight=False)
    for remark in opened.notes.remarks:
        console.print(f"{photo.name}: {remark}", highlight=False, markup=False)
    return opened, round(time.perf_counter() - started, 2)
