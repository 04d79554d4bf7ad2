"""Every download says what the photo's file said, and is what a recipe's replay saves."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from data.pictures import P3, camera_notes, cut_out, decoded, encoded
from PIL import Image as PilImage
from skimage.data import astronaut
from studio.visit import Visit, repainted

from editgan.data.opening import read_photo
from editgan.data.xmp import notes_in
from editgan.editing.recipe import EditRecipe
from editgan.editor import Editor

PORTRAIT = PilImage.fromarray(astronaut())

pytestmark = pytest.mark.slow


def test_downloads_keep_profile_and_notes_and_a_replay_saves_the_same_file(
    visit: Visit, saved_bundle: Path
) -> None:
    photo = encoded(PORTRAIT, "JPEG", quality=90, icc_profile=P3, exif=camera_notes().tobytes())
    document = visit.open(photo)
    assert document["remarks"] == []
    shown = decoded(visit.get(f"documents/{document['id']}/entries/0/image").content)
    assert "icc_profile" not in shown.info  # as a browser shows it
    whole = decoded(visit.get(f"documents/{document['id']}/photo", params={"size": 512}).content)
    assert np.abs(np.asarray(whole).astype(int) - read_photo(photo)[0].numpy()).mean() < 3
    visit.edit(document["id"], repainted(visit.labels(document["id"], 0)), steps=5)
    results = {f: visit.result(document["id"], 1, f) for f in ("png", "webp", "jpeg")}
    for data in results.values():
        made = decoded(data)
        assert made.info["icc_profile"] == P3 and made.getexif()[0x8298] == "(c) somebody"
        xmp = made.info["xmp"]
        assert len(notes_in(xmp.encode() if isinstance(xmp, str) else xmp)) == 1
    exact = [np.asarray(decoded(results[f])) for f in ("png", "webp")]
    assert np.array_equal(*exact) and np.array_equal(exact[0][:50], np.asarray(decoded(photo))[:50])
    recipe = EditRecipe.from_json(
        json.loads(visit.get(f"documents/{document['id']}/entries/1/recipe").content)
    )
    _, result = Editor.from_pretrained(saved_bundle, "cpu").replay(recipe, photo)
    for format_, data in results.items():
        assert result.to_bytes(format_.upper()) == data, format_
    where = f"documents/{document['id']}/entries/1/result"
    bare = decoded(visit.get(where, params={"format": "png", "strip_metadata": True}).content)
    assert bare.info["icc_profile"] == P3 and not bare.getexif() and "xmp" not in bare.info


def test_a_batch_keeps_what_is_transparent_and_says_so(visit: Visit) -> None:
    document = visit.open(encoded(cut_out(PORTRAIT), "PNG"))
    assert "transparent" in document["remarks"][0]
    visit.edit(document["id"], repainted(visit.labels(document["id"], 0)), steps=5)
    strengths = visit.document(document["id"])["entries"][1]["composition"]["strengths"]
    asked = {"documents": [document["id"]], "composition": {"strengths": strengths}, "format": "webp"}
    batch = visit.post("batches", json=asked).json()
    assert visit.wait(batch["job"])["status"] == "done"
    archive = zipfile.ZipFile(io.BytesIO(visit.get(f"batches/{batch['id']}/results").content))
    made = np.asarray(decoded(archive.read(archive.namelist()[0])))
    assert np.array_equal(made[..., 3], np.asarray(cut_out(PORTRAIT))[..., 3])
