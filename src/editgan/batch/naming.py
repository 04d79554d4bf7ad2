"""What results of many photos are called: after their photos, and told apart."""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import PurePath

MAX_BYTES = 255  # of a file's name, on nearly all file systems


def result_stems(photos: Sequence[str], endings: Sequence[str]) -> list[str]:
    """A stem for each photo, so that STEM + ENDING is nobody else's: of no ending, on no file system.

    A photo's own stem where it can be. The results of `me.jpg` and `me.png` are `me-jpg` and `me-png`; what
    is still called like another's is counted, and a name that would be too long is cut.
    """
    shared = Counter(same_name(PurePath(photo).stem) for photo in photos)
    taken = set[str]()
    stems = []
    for path in map(PurePath, photos):
        kind = path.suffix[1:].lower() if shared[same_name(path.stem)] > 1 else ""
        for stem in _candidates(f"{path.stem}-{kind}" if kind else path.stem, endings):
            results = {same_name(stem + ending) for ending in endings}
            if not results & taken:
                break
        taken |= results
        stems.append(stem)
    return stems


def same_name(name: str) -> str:
    """Equal for names that are one file where case, or how an accent is composed, does not count."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _candidates(stem: str, endings: Sequence[str]) -> Iterator[str]:
    room = MAX_BYTES - max(len(os.fsencode(ending)) for ending in endings)
    for number in count(1):
        mark = "" if number == 1 else f"-{number}"
        cut = stem
        while len(os.fsencode(cut + mark)) > room:
            cut = cut[:-1]
        yield cut + mark
