"""What can go wrong, as a tree.

    EditGANError
        InputError        something a person gave us: a file, a number, a name (also a ValueError)
            PhotoError    the picture cannot be read or used
                NoSubjectError    no face (cat, ...) was found in it
            LabelError    a label map or schema does not fit
            BundleError   a bundle is missing, damaged, or made for another version
            CheckpointError   somebody else's checkpoint cannot be read or used
        UnavailableError  something optional is not here: weights, a package, a network

Each message is one sentence: what was wanted, what came, what to do. What to do is said differently in
Python, on a command line and in a page, so an error also carries a code and the values of its sentence: each
front has its own words for the codes it knows (`cli/words.py`, `studio/web/words`).
"""

from typing import Any

MOST_LETTERS = 2_000  # of what went wrong: files and libraries put whole pages into their reasons


class EditGANError(Exception):
    """Everything this package raises on purpose."""

    code: str = "error"  # for programs

    def __init__(self, what: str = "", remedy: str = "", *, code: str | None = None, **fields: Any) -> None:
        """`what` went wrong and its `remedy` in Python's words; `fields` for others' (JSON-able values)."""
        what = _sentence(what)
        super().__init__(f"{what}; {remedy}" if remedy else what)
        self.what, self.fields = what, fields
        if code is not None:
            self.code = code


class InputError(EditGANError, ValueError):
    """A person gave something that cannot be used."""

    code = "input"


class PhotoError(InputError):
    """The picture cannot be read or used."""

    code = "photo"


class NoSubjectError(PhotoError):
    """Nothing of the bundle's class was found in the picture."""

    code = "no-subject"


class LabelError(InputError):
    """A label map or a schema does not fit."""

    code = "labels"


class BundleError(InputError):
    """A bundle is missing, damaged, or made for another version."""

    code = "bundle"


class CheckpointError(InputError):
    """Somebody else's checkpoint cannot be read or used."""


class UnavailableError(EditGANError):
    """Something optional is not here."""

    code = "input"


def _sentence(text: str) -> str:
    """On one line that any terminal prints, with its middle left out where it is a page."""
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else " " for letter in text)
    half = MOST_LETTERS // 2
    return text if len(text) <= MOST_LETTERS else f"{text[:half]} ... {text[-half:]}"
