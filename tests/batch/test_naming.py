"""Results of many photos, told apart."""

import os
import unicodedata

import pytest

from editgan.batch.naming import result_stems

ALL = (".png", "-strip.png", ".gif")


@pytest.mark.parametrize(
    ("photos", "stems"),
    [
        (["me.jpg"], ["me"]),
        (["me.jpg", "you.png"], ["me", "you"]),
        (["me.jpg", "me.png", "you.png"], ["me-jpg", "me-png", "you"]),  # the same stem in two formats
        (["me.jpg", "me.jpg"], ["me-jpg", "me-jpg-2"]),  # of two folders
        (["me", "me"], ["me", "me-2"]),
        (["Me.jpg", "me.png"], ["Me-jpg", "me-png"]),  # one file, where case does not count
        (["a-jpg.webp", "a.jpg", "a.png"], ["a-jpg", "a-jpg-2", "a-png"]),
        (["a.b [c].jpg", "שלום.jpg", "  .jpg", ".hidden"], ["a.b [c]", "שלום", "  ", ".hidden"]),
    ],
)
def test_results_are_called_after_their_photos_and_told_apart(photos: list[str], stems: list[str]) -> None:
    assert result_stems(photos, [".png"]) == stems


def test_a_strip_of_one_photo_is_not_the_picture_of_another() -> None:
    first, second = result_stems(["me.jpg", "me-strip.jpg"], ALL)
    assert len({stem + ending for stem in (first, second) for ending in ALL}) == 6


def test_an_accent_composed_in_another_way_is_the_same_name() -> None:
    composed, spelt = (unicodedata.normalize(form, "é.jpg") for form in ("NFC", "NFD"))
    first, second = (unicodedata.normalize("NFC", stem) for stem in result_stems([composed, spelt], ALL))
    assert first != second


@pytest.mark.parametrize("letter", ["a", "é", "界"])
def test_names_as_long_as_the_file_system_takes_have_results_that_it_takes(letter: str) -> None:
    long = letter * (250 // len(letter.encode()))
    stems = result_stems([f"{long}.jpg", f"{long}.png", long], ALL)
    assert len(set(stems)) == 3
    assert all(len(os.fsencode(stem + ending)) <= 255 for stem in stems for ending in ALL)
