"""Results say how they were made, and what the photo's file said; --strip-metadata leaves both out."""

import json
from collections.abc import Callable
from pathlib import Path

from data.pictures import P3, camera_notes, decoded, encoded
from PIL import Image as PilImage
from skimage.data import astronaut

Run = Callable[..., tuple[int, str, str]]
QUICK = ("--box", "164,60,120,120", "--embed-steps", "1")


def test_an_edit_is_shown_and_can_be_stripped(editgan: Run, saved_bundle: Path) -> None:
    photo = Path("grey.jpg")
    grey = PilImage.fromarray(astronaut()).convert("L")
    photo.write_bytes(encoded(grey, "JPEG", exif=camera_notes().tobytes()))
    code, _, err = editgan("edit", photo, "-b", saved_bundle, *QUICK, "--grow", "eye:1", "--steps", "1")
    assert code == 0 and "grey.jpg: the photo is grey: so are edited copies" in err.replace("\n", " ")
    assert json.loads(Path("edited/report.json").read_text())["remarks"]
    made = decoded(Path("edited/edited.png").read_bytes())
    assert made.mode == "L" and made.getexif()[0x8298] == "(c) somebody"
    code, out, err = editgan("show", "edited/edited.png")
    assert code == 0 and "bundle tiny-32" in out and "vectors: edit 1.0" in out and "region: " in out
    code, out, _ = editgan("show", "edited/edited.png", "--json")
    assert json.loads(out)[0]["paste_mode"] == "geometry"
    code, out, err = editgan("show", photo)
    assert code == 2 and not out and "has no note of an edit" in err
    vector = "edited/edit.safetensors"
    code, _, err = editgan("apply", photo, "-b", saved_bundle, *QUICK, "-v", vector, "--strip-metadata")
    assert code == 0, err
    bare = decoded(Path("applied/grey.png").read_bytes())
    assert not bare.getexif() and "xmp" not in bare.info


def test_a_folder_gives_every_photo_that_opens_alone(editgan: Run, saved_bundle: Path) -> None:
    folder, picture = Path("mixed"), PilImage.fromarray(astronaut()).crop((100, 0, 356, 256))
    folder.mkdir()
    for name, format_ in (("a.avif", "AVIF"), ("b.jfif", "JPEG"), ("c.jp2", "JPEG2000"), ("d.TIF", "TIFF")):
        more = {} if format_ == "JPEG2000" else {"icc_profile": P3}
        (folder / name).write_bytes(encoded(picture, format_, **more))
    (folder / "._b.jpg").write_bytes(b"\0\5\x16\7")
    wide = ("-b", saved_bundle, "--embed-steps", "0")
    editgan("apply", folder, *wide, "-v", _vector(editgan, saved_bundle, folder / "b.jfif"))
    photos = json.loads(Path("applied/report.json").read_text())["photos"]
    assert [Path(photo["photo"]).name for photo in photos] == ["a.avif", "b.jfif", "c.jp2", "d.TIF"]
    assert not any("error" in photo for photo in photos)


def _vector(editgan: Run, bundle: Path, photo: Path) -> str:
    editgan(
        *("edit", photo, "-b", bundle, "--box", "64,60,120,120", "--embed-steps", "0"),
        *("--grow", "eye:1", "--steps", "1"),
    )
    return "edited/edit.safetensors"
