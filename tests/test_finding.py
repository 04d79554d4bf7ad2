"""Several faces, turned ones, and none, with the built-in bundle: from the photo to the edited bytes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from skimage.data import astronaut, coffee

from editgan.batch.outcome import outcomes
from editgan.bundle.whole import Wholeness
from editgan.core.errors import NoSubjectError
from editgan.core.images import from_pil
from editgan.data.found import Seen
from editgan.data.opening import read_original
from editgan.data.xmp import notes_in
from editgan.editing.composition import Composition
from editgan.editing.library import find_vector
from editgan.editor import Editor
from editgan.inversion.embed import Embedding
from editgan.inversion.framing import find_framing
from editgan.inversion.search import subjects_in

pytestmark = pytest.mark.slow
QUICK = Embedding(steps=0)


@pytest.fixture(scope="module")
def editor() -> Editor:
    return Editor.from_pretrained("faces-64", "cpu")


@pytest.fixture(scope="module")
def two() -> PilImage.Image:
    """The astronaut's head, and at its right a smaller one, upside down."""
    picture = np.full((240, 470, 3), 120, dtype=np.uint8)
    face = astronaut()[10:230, 115:335]
    picture[10:230, 10:230] = face
    picture[60:170, 300:410] = face[::-2, ::-2]
    return PilImage.fromarray(picture)


def test_all_faces_are_found_with_their_angles_from_left_to_right(
    editor: Editor, two: PilImage.Image
) -> None:
    left, right = editor.find(two)
    assert (left.number, right.number) == (1, 2)
    assert abs(left.angle_degrees) < 15 and abs(right.angle_degrees) > 165
    assert left.framing.side == pytest.approx(2 * right.framing.side, rel=0.1)
    assert left.box[0] < left.framing.centre_x < left.box[0] + left.box[2]


def test_the_largest_is_opened_unless_a_number_says_which(editor: Editor, two: PilImage.Image) -> None:
    found = editor.find(two)
    for which, number in (("largest", 1), (2, 2)):
        photo = editor.open(two, which=which, embedding=QUICK)
        assert photo.report.number == number and photo.report.found == tuple(found)
        assert photo.framing == found[number - 1].framing == photo.report.framing
    with pytest.raises(NoSubjectError, match="only 2 faces were found"):
        editor.open(two, which=3, embedding=QUICK)


def test_several_faces_are_edited_into_one_photo_and_the_rest_keeps_its_bytes(
    editor: Editor, two: PilImage.Image
) -> None:
    photos = [editor.open(two, which=number, embedding=QUICK) for number in (1, 2)]
    made = outcomes(editor, photos, Composition({find_vector(editor.bundle, "narrower-nose"): 1.0}))
    changed = (made[-1].result.pixels != from_pil(two)).any(3)[0]
    assert changed[:, :235].any() and changed[:, 235:].any()
    allowed = made[0].result.may_change | made[1].result.may_change
    assert not (changed & ~allowed).any()


def test_a_frame_beside_the_face_or_upside_down_shows_no_whole_one(editor: Editor) -> None:
    portrait = torch.from_numpy(astronaut())[None]
    whole, framing = Wholeness(editor.bundle), find_framing(portrait, "face", editor.bundle.aligner, None)
    assert whole(portrait, framing)
    assert not whole(portrait, framing.adjusted(0.5, 0.3, 0.0, 0.0))
    assert not whole(portrait, framing.adjusted(0.0, 0.0, 0.0, np.pi))


def test_where_nobody_is_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from editgan.cli.main import main

    PilImage.fromarray(coffee()).save(tmp_path / "coffee.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDITGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.argv", ["editgan", "edit", "coffee.png", "--bend", "mouth:2"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["coffee.png"]


def test_the_report_names_every_face_and_the_edits_of_all(
    two: PilImage.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from editgan.cli.main import main

    searched = []

    def counted(*given: Any, **options: Any) -> list[Seen]:
        searched.append(given)
        return subjects_in(*given, **options)

    monkeypatch.setattr("editgan.inversion.framing.subjects_in", counted)
    two.save(tmp_path / "two.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDITGAN_CACHE", str(tmp_path / "cache"))
    arguments = ["apply", "two.png", "-v", "narrower-nose", "--embed-steps", "0", "--all-faces", "-o", "out"]
    monkeypatch.setattr("sys.argv", ["editgan", *arguments])
    with pytest.raises(SystemExit, match="0"):
        main()
    (story,) = json.loads((tmp_path / "out/report.json").read_text())["photos"]
    assert [one["number"] for one in story["found"]] == [1, 2]
    assert [one["number"] for one in story["faces"]] == [1, 2]
    assert all(len(one["box"]) == 4 for one in story["found"])
    assert [one["frame"]["centre_x"] for one in story["subjects"]] == pytest.approx(
        [one["framing"]["centre_x"] for one in story["found"]], abs=0.01
    )
    assert len(searched) == 1  # for all of them
    notes = notes_in(read_original(tmp_path / "out/two.png").notes.xmp)
    (left, right) = (note["region"] for note in notes)  # the edits of both faces, each with its own place
    assert left[0] < 235 < right[0] and left[0] + left[2] < right[0]
