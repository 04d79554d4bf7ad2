import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from skimage.data import astronaut

from editgan.editing.vector import EditVector

Run = Callable[..., tuple[int, str, str]]
Refused = Callable[[tuple[int, str, str]], str]
BOX = ("--box", "164,60,120,120")


def pixels(path: str | Path) -> np.ndarray:
    with PilImage.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def test_vectors_are_applied_by_name_and_by_file(
    editgan: Run, portrait: Path, equipped: Path, wink: EditVector, tmp_path: Path
) -> None:
    wink.save(tmp_path / "a=b.safetensors")
    common = (portrait, "-b", equipped, *BOX, "--embed-steps", 2)
    for text, out in (("wink=0.5", "name"), (f"{tmp_path}/a=b.safetensors=0.5", "file"), ("wink=0", "zero")):
        code, _, err = editgan("apply", *common, "-v", text, "-o", out)
        assert code == 0, err
    assert np.array_equal(pixels("name/me.png"), pixels("file/me.png"))
    assert np.array_equal(pixels("zero/me.png"), astronaut())
    assert not np.array_equal(pixels("name/me.png"), astronaut())


def test_what_a_mask_marks_is_kept(
    editgan: Run, refused: Refused, portrait: Path, equipped: Path, tmp_path: Path
) -> None:
    """White in a grey picture, opaque in a transparent one; by apply, by its strip's verb, and by edit."""
    marked = np.zeros((512, 512), np.uint8)
    marked[:, 220:] = 255
    PilImage.fromarray(marked).save(tmp_path / "white.png")
    layer = np.stack([marked * 0, marked * 0, marked * 0, marked], 2)
    PilImage.fromarray(layer, "RGBA").save(tmp_path / "opaque.png")
    turned = PilImage.fromarray(layer, "RGBA").transpose(PilImage.Transpose.ROTATE_90)
    exif = PilImage.Exif()
    exif[0x0112] = 6  # as a camera on its side says that it is to be turned back
    turned.save(tmp_path / "turned.png", exif=exif)
    common = (portrait, "-b", equipped, *BOX, "--embed-steps", 2)
    edit = ("edit", "--grow", "iris:1", "--steps", 5)
    for verb, mask in ((("apply", "-v", "wink"), "white"), (edit, "opaque"), (edit, "turned")):
        code, _, err = editgan(
            verb[0], *common, *verb[1:], "--keep", tmp_path / f"{mask}.png", "-o", tmp_path / mask
        )
        assert code == 0, err
        edited = pixels(tmp_path / f"{mask}/{'me' if mask == 'white' else 'edited'}.png")
        assert np.array_equal(edited[:, 220:], astronaut()[:, 220:])
        assert not np.array_equal(edited, astronaut())
    PilImage.fromarray(marked[:100]).save(tmp_path / "small.png")
    PilImage.fromarray(marked * 0).save(tmp_path / "black.png")
    wrong = {"small": "should be 512x512 px like the photo, got 512x100", "black": "marks nothing to be kept"}
    for mask, sentence in wrong.items():
        assert sentence in refused(
            editgan("apply", *common, "-v", "wink", "--keep", tmp_path / f"{mask}.png")
        )


def test_a_strip_and_an_animation_show_the_strengths(editgan: Run, portrait: Path, equipped: Path) -> None:
    code, _, err = editgan(
        *("apply", portrait, "-b", equipped, *BOX, "--embed-steps", 2, "-v", "wink", "-v", "stare=-0.5"),
        *("--strip", "-1,0,1", "--animate", "gif"),
    )
    assert code == 0, err
    folder = Path("applied")
    assert {p.name for p in folder.iterdir()} == {
        *("me.png", "me-strip.png", "me.gif", "report.json", "report.csv")
    }
    with PilImage.open(folder / "me.gif") as animation:
        assert animation.n_frames > 8
    assert pixels(folder / "me-strip.png").shape[1] > 3 * 200
    (told,) = json.loads((folder / "report.json").read_text())["photos"]
    assert told["vectors"] == [{"name": "wink", "strength": 1}, {"name": "stare", "strength": -0.5}]
    assert told["refine_steps"] == 0
    assert told["pasted_outside_max_abs_diff"] == 0
    assert any("same place" in sentence for sentence in told["warnings"])  # both edit the iris
    assert "same place" in err


def test_a_folder_is_edited_photo_by_photo_and_embedded_once(
    editgan: Run, portrait: Path, equipped: Path
) -> None:
    photos = Path("photos")
    photos.mkdir()
    for name in ("b.png", "a.png"):
        (photos / name).write_bytes(portrait.read_bytes())
    PilImage.new("RGB", (100, 100), "white").save(photos / "nobody.png")
    for was_cached in (False, True):
        code, _, err = editgan("apply", photos, "-b", equipped, "--embed-steps", 2, "-v", "wink")
        assert code == 3 and "nobody.png is left out: no face was found" in err
        folder = Path("applied-2" if was_cached else "applied")  # the first run's results stay
        assert {p.name for p in folder.glob("*.png")} == {"a.png", "b.png"}
        a, b, nobody = json.loads((folder / "report.json").read_text())["photos"]
        assert a["from_cache"] is was_cached and b["from_cache"] is True  # b has the same pixels as a
        assert "no face" in nobody["error"]


def test_refining_cleans_up_what_the_vector_did_outside(editgan: Run, portrait: Path, equipped: Path) -> None:
    common = (portrait, "-b", equipped, *BOX, "--embed-steps", 5, "-v", "wink")
    assert editgan("apply", *common, "-o", "rough")[0] == 0
    assert editgan("refine", *common, "-o", "clean")[0] == 0
    rough, clean = (
        json.loads(Path(out, "report.json").read_text())["photos"][0] for out in ("rough", "clean")
    )
    assert 0 < clean["refine_steps"] <= 30
    assert clean["outside_psnr_db"] > rough["outside_psnr_db"] + 1


def test_learning_a_vector_leaves_it_and_a_preview(editgan: Run, saved_bundle: Path) -> None:
    code, _, err = editgan(
        *("vectors", "learn", "wider", "-b", saved_bundle, "--samples", 3, "--grow", "eye:1"),
        *("--steps", 3, "--layers", "2-4"),
    )
    assert code == 0, err
    assert {p.name for p in Path("vectors").iterdir()} == {"wider.safetensors", "wider.webp"}
    learnt = EditVector.load("vectors/wider.safetensors")
    assert learnt.learnt["operations"] == [["grow", "eye:1"]]
    assert set(learnt.learnt["from"]) <= {"seed 0", "seed 1", "seed 2"} and "iris" in learnt.classes
    assert set(learnt.delta.abs().amax(1).nonzero().flatten().tolist()) <= {2, 3, 4}
    code, out, _ = editgan("vectors", "show", "vectors/wider.safetensors", "-b", saved_bundle)
    assert code == 0 and json.loads(out)["name"] == "wider"


def test_a_bundles_vectors_are_listed_and_shown(editgan: Run, equipped: Path) -> None:
    code, out, _ = editgan("vectors", "list", "-b", equipped)
    assert code == 0 and "wink" in out and "stare" in out and "iris" in out
    code, _, err = editgan("vectors", "sheet", "-b", equipped, "--samples", 1, "-o", "sheet.png")
    assert code == 0, err
    one = pixels("sheet.png").shape
    editgan("vectors", "sheet", "wink", "-b", equipped, "--samples", 1, "-o", "one.png")
    assert pixels("one.png").shape[0] < one[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{bad}/vector.safetensors", "should be an edit vector"),
        ("missing.safetensors", "there is no vector 'missing.safetensors'"),
        ("frown", "has stare, wink, or give"),
        ("wink=much", "NAME=STRENGTH with a number"),
        ("wink=nan", "-10 to 10"),
        ("wink=1000", "-10 to 10"),
        ("{foreign}", "vector 'wink' was learnt with faces-64"),
        ("{misshapen}", "vector 'wink' is (10, 16)"),
    ],
)
def test_a_vector_that_cannot_be_applied_is_one_sentence(
    text: str,
    says: str,
    editgan: Run,
    refused: Refused,
    bad: Path,
    portrait: Path,
    equipped: Path,
    wink: EditVector,
    tmp_path: Path,
) -> None:
    foreign, misshapen = tmp_path / "foreign.safetensors", tmp_path / "misshapen.safetensors"
    replace(wink, bundle="faces-64", fingerprint="0").save(foreign)
    replace(wink, delta=torch.zeros(10, 16)).save(misshapen)
    named = text.format(bad=bad, foreign=foreign, misshapen=misshapen)
    for verb in ("apply", "refine"):
        assert says in refused(editgan(verb, portrait, "-b", equipped, *BOX, "--embed-steps", 0, "-v", named))
    if "foreign" in text:
        insisting = ("apply", portrait, "-b", equipped, *BOX, "--embed-steps", 0, "-v", named, "--insist")
        assert editgan(*insisting)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("apply", "{me}", "-v", "wink", "--strip", "some"), "--strip takes factors"),
        (("apply", "{me}", "-v", "wink=2", "--strip", "0,1,6"), "got 12 for 'wink'"),
        (("apply", "{me}", "-v", "wink", "--animate", "avi"), ".gif, .webp or .mp4"),
        (("apply", "{bad}", "-v", "wink", "--box", "1,2,3,4"), "--box is for one photo"),
        (("apply", "missing.jpg", "-v", "wink"), "does not exist"),
        (("vectors", "learn", "a", "--samples", "2"), "needs part operations"),
        (("vectors", "learn", "a", "--samples", "0", "--grow", "eye:1"), "give photos, or --samples"),
        (("vectors", "learn", "../a", "--samples", "2", "--grow", "eye:1"), "no folders"),
        (("vectors", "learn", "a", "--samples", "2", "--grow", "nose:1"), "no part 'nose'"),
        (("vectors", "learn", "a", "--samples", "1", "--grow", "eye:1", "--layers", "x"), "--layers takes"),
        (("vectors", "learn", "a", "--samples", "1", "--grow", "eye:1", "--layers", "7-9"), "among 0 to 7"),
        (("vectors", "sheet", "--samples", "0"), "something to show"),
        (("vectors", "show", "nothing"), "no vector 'nothing'"),
    ],
)
def test_what_cannot_be_done_with_vectors_is_one_sentence(
    arguments: tuple[str, ...],
    says: str,
    editgan: Run,
    refused: Refused,
    portrait: Path,
    bad: Path,
    equipped: Path,
) -> None:
    filled = [argument.format(me=portrait, bad=bad) for argument in arguments]
    assert says in refused(editgan(*filled, "-b", equipped))


def test_applying_no_vector_is_a_misspelt_command(editgan: Run, portrait: Path) -> None:
    code, _, err = editgan("apply", portrait)
    assert code == 2 and "--vector" in err
