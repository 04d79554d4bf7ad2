"""From a path to an editor and a photo that is open in it."""

import time
from collections.abc import Sequence

from editgan.bundle.judges import JudgeName
from editgan.bundle.opened import OpenPhoto
from editgan.cli.options import Networks, Opening, parse_box
from editgan.cli.photos import GivenPhoto
from editgan.cli.progress import walking
from editgan.cli.saying import say, waiting
from editgan.core.errors import InputError
from editgan.data.found import Found, Which
from editgan.editor import Editor
from editgan.inversion import opening as inversion
from editgan.inversion.cache import EmbeddingCache, default_cache_folder
from editgan.inversion.embed import Embedding


def load_editor(networks: Networks, judge: JudgeName = "default") -> Editor:
    """With a spinner while the networks load."""
    with waiting("loading the bundle"):
        return Editor.from_pretrained(networks.bundle, networks.device, judge)


def open_photo(
    editor: Editor, photo: GivenPhoto, how: Opening, *, can_take_all: bool = False
) -> tuple[OpenPhoto, float]:
    """Open with a progress bar, from the cache unless `fresh`; also the seconds it took."""
    started = time.perf_counter()
    opened = _opened(editor, photo, how, _which(how))
    _say_which(editor, photo, how, opened, can_take_all=can_take_all)
    return opened, round(time.perf_counter() - started, 2)


def open_all(
    editor: Editor, photo: GivenPhoto, how: Opening, *, all_faces: bool
) -> tuple[list[OpenPhoto], float]:
    """Every subject of a photo, from left to right, or only the one that is asked for; also the seconds.

    Raises:
        InputError: all of them, and one of them, are asked for at once.
    """
    if not all_faces:
        opened, seconds = open_photo(editor, photo, how, can_take_all=True)
        return [opened], seconds
    if how.box is not None or how.face is not None or how.largest:
        raise InputError("--all-faces goes without --box, --face and --largest; choose one of them")
    started = time.perf_counter()
    first = _opened(editor, photo, how, 1)
    found = first.report.found or ()
    others = [_opened(editor, photo, how, one.number, found) for one in found[1:]]
    return [first, *others], round(time.perf_counter() - started, 2)


def _opened(
    editor: Editor, photo: GivenPhoto, how: Opening, which: Which, found: Sequence[Found] | None = None
) -> OpenPhoto:
    """`found`: the photo's subjects, if they are known and the photo was spoken of already."""
    embedding = Embedding(steps=how.embed_steps)
    steps = inversion.Opening(embedding=embedding, fidelity=how.fidelity).steps
    with walking(f"embedding {photo.file_name}", steps) as watch:
        opened = editor.open(
            photo.source,
            box=parse_box(how.box),
            which=which,
            is_thorough=how.thorough,
            found=found,
            embedding=embedding,
            fidelity=how.fidelity,
            cache=None if how.fresh else EmbeddingCache(default_cache_folder()),
            watch=watch,
        )
    if opened.warning:
        say(f"{photo.file_name} is {opened.warning}")
    for remark in opened.notes.remarks if found is None else ():
        say(f"{photo.file_name}: {remark}")
    return opened


def _which(how: Opening) -> Which:
    if (how.face is not None) + how.largest + (how.box is not None) > 1:
        raise InputError("--box, --face and --largest each say which face; give one of them")
    return "largest" if how.face is None else how.face


def _say_which(
    editor: Editor, photo: GivenPhoto, how: Opening, opened: OpenPhoto, *, can_take_all: bool
) -> None:
    count = len(opened.report.found or ())
    if how.face is None and not how.largest and count > 1:
        or_all = ", or --all-faces" if can_take_all else ""
        say(
            f"{photo.file_name} has {count} {editor.bundle.subject}s; this is about number "
            f"{opened.report.number} from the left, the largest: choose with --face N{or_all}"
        )
