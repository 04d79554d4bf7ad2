"""From a path to an editor and a photo that is open in it."""

import time

from editgan.bundle.judges import JudgeName
from editgan.bundle.opened import OpenPhoto
from editgan.cli.options import Networks, Opening, parse_box
from editgan.cli.photos import GivenPhoto
from editgan.cli.progress import walking
from editgan.cli.saying import say, waiting
from editgan.editor import Editor
from editgan.inversion import opening as inversion
from editgan.inversion.cache import EmbeddingCache, default_cache_folder
from editgan.inversion.embed import Embedding


def load_editor(networks: Networks, judge: JudgeName = "default") -> Editor:
    """With a spinner while the networks load."""
    with waiting("loading the bundle"):
        return Editor.from_pretrained(networks.bundle, networks.device, judge)


def open_photo(editor: Editor, photo: GivenPhoto, how: Opening) -> tuple[OpenPhoto, float]:
    """Open with a progress bar, from the cache unless `fresh`; also the seconds it took."""
    started, embedding = time.perf_counter(), Embedding(steps=how.embed_steps)
    steps = inversion.Opening(embedding=embedding, fidelity=how.fidelity).steps
    with walking(f"embedding {photo.file_name}", steps) as watch:
        opened = editor.open(
            photo.source,
            box=parse_box(how.box),
            embedding=embedding,
            fidelity=how.fidelity,
            cache=None if how.fresh else EmbeddingCache(default_cache_folder()),
            watch=watch,
        )
    if opened.warning:
        say(f"{photo.file_name} is {opened.warning}")
    for remark in opened.notes.remarks:
        say(f"{photo.file_name}: {remark}")
    return opened, round(time.perf_counter() - started, 2)
