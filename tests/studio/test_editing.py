"""The story of a photo: open, repaint, compose, go back, take home."""

import io
import json
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from PIL import Image as PilImage
from studio.visit import JPEG, RAW, Visit, pixels, repainted

from editgan.core.images import from_pil
from editgan.editing.recipe import EditRecipe
from editgan.editing.vector import EditVector
from editgan.editor import Editor
from editgan.inversion.tuning import Tuning


def test_an_opened_photo_has_a_picture_and_parts(visit: Visit, photo: bytes) -> None:
    document = visit.open(photo)
    assert document["is_open"] and document["job"] is None
    assert (document["width"], document["height"]) == (512, 512)
    assert [entry["kind"] for entry in document["entries"]] == ["opened"]
    assert visit.labels(document["id"], 0).max() < 5
    shown = visit.get(f"documents/{document['id']}/entries/0/image")
    assert shown.headers["content-type"] == "image/webp" and pixels(shown.content).shape == (64, 64, 3)


def test_repainting_changes_the_photo_only_where_it_may(visit: Visit, photo: bytes) -> None:
    document = visit.open(photo)
    before = visit.labels(document["id"], 0)
    job = visit.edit(document["id"], repainted(before), name="bands", steps=40)
    assert job["status"] == "done" and 0 < job["step"] <= 40
    after = visit.document(document["id"])
    entry = after["entries"][1]
    assert after["current"] == job["entry"] == entry["id"]
    assert entry["kind"] == "repainted" and entry["title"] == "bands"
    assert entry["figures"]["pasted_outside_max_abs_diff"] == 0
    assert entry["figures"]["target_iou_after"] is not None
    original = pixels(photo)
    result = pixels(visit.result(document["id"], 1))
    assert result.shape == original.shape
    changed = (result != original).any(2)
    assert changed.any() and not changed[:50].any() and not changed[190:].any()  # far from the face


def test_the_downloaded_formats_are_what_they_say(visit: Visit) -> None:
    document = visit.sample()
    for format_, kind in (("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")):
        reply = visit.get(f"documents/{document['id']}/entries/0/result", params={"format": format_})
        assert PilImage.open(io.BytesIO(reply.content)).format == kind
        assert reply.headers["content-disposition"].startswith("attachment")


def test_a_recipe_replays_to_the_same_bytes(visit: Visit, photo: bytes, saved_bundle: Path) -> None:
    document = visit.open(photo)
    visit.edit(document["id"], repainted(visit.labels(document["id"], 0)))
    vector = visit.document(document["id"])["entries"][1]["vector"]
    asked = {"strengths": {vector: 0.7}, "refine_steps": 3}
    job = visit.wait(visit.post(f"documents/{document['id']}/compositions", json=asked).json()["id"])
    assert job["status"] == "done"
    recipe = visit.get(f"documents/{document['id']}/entries/2/recipe").content
    here = EditRecipe.from_json(json.loads(recipe))
    _, result = Editor.from_pretrained(saved_bundle, "cpu").replay(here, photo)
    shown = pixels(visit.result(document["id"], 2))
    assert np.array_equal(result.pixels[0].numpy(), shown)


def test_a_second_edit_builds_on_the_first(visit: Visit) -> None:
    document = visit.sample(1)
    visit.edit(document["id"], repainted(visit.labels(document["id"], 0)), name="one", steps=20)
    visit.edit(document["id"], repainted(visit.labels(document["id"], 1)), name="two", steps=20)
    entries = visit.document(document["id"])["entries"]
    first, second = entries[1]["composition"]["strengths"], entries[2]["composition"]["strengths"]
    assert set(first) < set(second) and len(second) == 2


def test_repainting_what_was_refined_starts_from_what_is_shown(visit: Visit, tmp_path: Path) -> None:
    document = visit.sample(1)
    where = f"documents/{document['id']}"
    visit.edit(document["id"], repainted(visit.labels(document["id"], 0)), name="one", steps=20)
    vector = visit.document(document["id"])["entries"][1]["vector"]
    asked = {"strengths": {vector: 3.0}, "refine_steps": 8}
    visit.wait(visit.post(f"{where}/compositions", json=asked).json()["id"])
    shown = visit.labels(document["id"], 2)
    target = shown.copy()
    target[28:30, 2:4] = (target[28:30, 2:4] + 1) % 5
    visit.edit(document["id"], target, name="two", steps=3)
    entry = visit.document(document["id"])["entries"][3]
    assert entry["composition"]["refine_steps"] == 8 and len(entry["composition"]["strengths"]) == 2

    def painted(number: int) -> np.ndarray:
        (path,) = tmp_path.rglob(f"entries/{number}/painted.png")
        with PilImage.open(path) as picture:
            return np.asarray(picture)

    added = painted(3) & ~painted(2)  # what was painted just now, grown by two pixels, and nothing else
    assert added.any() and not added[:26].any() and not added[:, 6:].any()


def test_going_back_branches_the_timeline(visit: Visit) -> None:
    document = visit.sample(1)
    visit.edit(document["id"], repainted(visit.labels(document["id"], 0)), name="one")
    back = visit.http.put(f"/api/documents/{document['id']}/current", json={"entry": 0}).json()
    assert back["current"] == 0
    visit.edit(document["id"], repainted(visit.labels(document["id"], 0)), name="other")
    entries = visit.document(document["id"])["entries"]
    assert [entry["id"] for entry in entries] == [0, 1, 2]
    assert len(entries[2]["composition"]["strengths"]) == 1


def test_a_preview_of_nothing_is_the_photo_and_of_something_is_not(visit: Visit) -> None:
    document = visit.sample(2)
    visit.edit(document["id"], repainted(visit.labels(document["id"], 0)), steps=30)
    vector = visit.document(document["id"])["entries"][1]["vector"]
    where = f"documents/{document['id']}/preview"
    nothing = visit.post(where, json={"strengths": {vector: 0}})
    much = visit.post(where, json={"strengths": {vector: 3}})
    assert nothing.headers["content-type"] == "image/jpeg"
    assert np.abs(pixels(nothing.content).astype(int) - pixels(much.content)).max() > 8


def test_a_label_map_may_also_be_a_palette_png(visit: Visit) -> None:
    document = visit.sample(1)
    where = f"documents/{document['id']}"
    png = visit.get(f"{where}/entries/0/labels", params={"format": "png"}).content
    picture = PilImage.open(io.BytesIO(png))
    assert picture.mode == "P"
    target = PilImage.fromarray(repainted(np.asarray(picture)))
    buffer = io.BytesIO()
    target.save(buffer, "PNG")
    reply = visit.post(
        f"{where}/edits",
        params={"steps": 2},
        content=buffer.getvalue(),
        headers={"content-type": "image/png"},
    )
    assert reply.status_code == 202 and visit.wait(reply.json()["id"])["status"] == "done"


def test_an_edit_kept_under_a_name_is_a_vector_for_other_photos(visit: Visit, saved_bundle: Path) -> None:
    one, other = visit.sample(1), visit.sample(2)
    visit.edit(one["id"], repainted(visit.labels(one["id"], 0)), steps=20)
    reply = visit.post(f"documents/{one['id']}/entries/1/vector", json={"name": "my bands"})
    vector = reply.json()
    assert vector["is_saved"] and vector["name"] == "my bands"
    assert [v["name"] for v in visit.get("vectors", params={"bundle": "tiny-32"}).json()] == ["my bands"]
    asked = {"strengths": {vector["id"]: 1.0}}
    job = visit.wait(visit.post(f"documents/{other['id']}/compositions", json=asked).json()["id"])
    assert job["status"] == "done"
    entry = visit.document(other["id"])["entries"][-1]
    assert entry["kind"] == "vectors" and entry["title"] == "my bands +1"
    thumbnail = visit.get(f"documents/{other['id']}/vectors/{vector['id']}/thumbnail")
    assert pixels(thumbnail.content).shape == (128, 128, 3)


def test_a_vector_file_goes_out_and_comes_back(visit: Visit, tmp_path: Path) -> None:
    document = visit.sample(1)
    visit.edit(document["id"], repainted(visit.labels(document["id"], 0)))
    vector = visit.document(document["id"])["entries"][1]["vector"]
    file = visit.get(f"vectors/{vector}/file").content
    (tmp_path / "v.safetensors").write_bytes(file)
    assert EditVector.load(tmp_path / "v.safetensors").bundle == "tiny-32"
    asked = {"bundle": "tiny-32", "name": "from a friend"}
    back = visit.post("vectors", params=asked, content=file, headers=RAW)
    assert back.status_code == 201 and back.json()["name"] == "from a friend"
    renamed = visit.http.patch(f"/api/vectors/{back.json()['id']}", json={"name": "mine"}).json()
    assert renamed["name"] == "mine"
    assert visit.http.delete(f"/api/vectors/{back.json()['id']}").status_code == 204
    left = visit.get("vectors", params={"bundle": "tiny-32"}).json()
    assert [v["id"] for v in left] == [vector]


def test_a_deleted_vector_stays_in_the_photos_that_use_it(visit: Visit) -> None:
    document = visit.sample(1)
    visit.edit(document["id"], repainted(visit.labels(document["id"], 0)))
    before = visit.result(document["id"], 1)
    vector = visit.document(document["id"])["entries"][1]["vector"]
    visit.http.delete(f"/api/vectors/{vector}")
    assert visit.result(document["id"], 1) == before


def test_a_batch_edits_every_photo_and_says_which_could_not_be(visit: Visit, photo: bytes) -> None:
    good = visit.sample(1)
    visit.edit(good["id"], repainted(visit.labels(good["id"], 0)), steps=10)
    vector = visit.document(good["id"])["entries"][1]["vector"]
    blank = io.BytesIO()
    PilImage.new("RGB", (80, 80), "white").save(blank, "JPEG")
    bad = visit.post(
        "documents",
        params={"bundle": "tiny-32", "name": "../../etc/blank.jpg"},
        content=blank.getvalue(),
        headers=JPEG,
    ).json()
    assert visit.wait(bad["job"])["status"] == "failed"
    reply = visit.post(
        "batches",
        json={
            "documents": [good["id"], visit.open(photo)["id"], bad["id"]],
            "composition": {"strengths": {vector: 1.0}},
        },
    )
    assert reply.status_code == 202
    assert visit.wait(reply.json()["job"])["status"] == "done"
    batch = visit.get(f"batches/{reply.json()['id']}").json()
    assert len(batch["done"]) == 2 and "no face" in batch["failed"][bad["id"]]
    archive = zipfile.ZipFile(io.BytesIO(visit.get(f"batches/{batch['id']}/results").content))
    assert sorted(archive.namelist()) == ["me.png", "seed 1.png"]


def test_a_photo_without_a_subject_asks_for_a_box_and_then_opens(visit: Visit) -> None:
    blank = io.BytesIO()
    PilImage.effect_noise((200, 120), 40).convert("RGB").save(blank, "PNG")
    reply = visit.post(
        "documents",
        params={"bundle": "tiny-32", "name": "noise.png"},
        content=blank.getvalue(),
        headers={"content-type": "image/png"},
    ).json()
    assert visit.wait(reply["job"])["status"] == "failed"
    document = visit.document(reply["id"])
    assert document["error_code"] == "no-subject" and not document["is_open"]
    shown = visit.get(f"documents/{document['id']}/photo", params={"size": 100}).content
    assert pixels(shown).shape == (60, 100, 3)
    asked = {"box": [10, 10, 100, 100], "fidelity": "standard"}
    again = visit.post(f"documents/{document['id']}/opening", json=asked).json()
    assert visit.wait(again["job"])["status"] == "done"
    document = visit.document(document["id"])
    assert document["is_open"] and document["error"] is None
    assert document["frame"] == [[10, 10], [110, 10], [110, 110], [10, 110]]


def test_high_fidelity_keeps_what_was_done(
    visit: Visit, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("editgan.inversion.opening.Tuning", partial(Tuning, steps=30))
    document = visit.open(photo)
    visit.edit(document["id"], repainted(visit.labels(document["id"], 0)), steps=10)
    box = [float(v) for v in ["164", "60", "120", "120"]]
    again = visit.post(f"documents/{document['id']}/opening", json={"box": box, "fidelity": "high"}).json()
    assert visit.wait(again["job"])["status"] == "done"
    nearer = visit.document(document["id"])
    assert nearer["fidelity"] == "high" and len(nearer["entries"]) == 2
    assert nearer["reconstruction_psnr_db"] > document["reconstruction_psnr_db"]
    assert nearer["entries"][1]["composition"] == visit.document(document["id"])["entries"][1]["composition"]


def test_another_judge_embeds_and_edits_and_goes_into_the_recipe(
    visit: Visit, photo: bytes, saved_bundle: Path
) -> None:
    document = visit.open(photo)
    where = f"documents/{document['id']}"
    assert document["judge"] == "default"
    asked = {"box": [164, 60, 120, 120], "judge": "lite1"}
    assert visit.wait(visit.post(f"{where}/opening", json=asked).json()["job"], 300)["status"] == "done"
    again = visit.document(document["id"])
    assert again["judge"] == "lite1"
    assert again["reconstruction_psnr_db"] != document["reconstruction_psnr_db"]
    assert visit.edit(document["id"], repainted(visit.labels(document["id"], 0)))["status"] == "done"
    recipe = EditRecipe.from_json(visit.get(f"{where}/entries/1/recipe").json())
    assert recipe.judge == "lite1"
    opened, result = Editor.from_pretrained(saved_bundle, "cpu").replay(recipe, photo)
    assert opened.report.from_cache  # by the same judge it would be another embedding's key
    assert np.array_equal(result.pixels[0].numpy(), pixels(visit.result(document["id"], 1)))


def test_a_judge_that_is_not_offered_is_refused(visit: Visit, photo: bytes) -> None:
    asked = {"bundle": "tiny-32", "judge": "lpips-vgg"}
    assert visit.post("documents", params=asked, content=photo, headers=JPEG).status_code == 422
    assert visit.get("documents").json() == []


def test_a_studios_own_judge_is_what_a_recipe_names(serve: Callable[..., FastAPI]) -> None:
    visit = Visit(serve(judge="features"))
    document = visit.sample()
    recipe = visit.get(f"documents/{document['id']}/entries/0/recipe").json()
    assert (document["judge"], recipe["judge"]) == ("default", "features")


def test_upright_pixels_are_what_is_pasted_into(visit: Visit) -> None:
    """A phone's photo that lies on its side comes back upright."""
    picture = PilImage.effect_noise((120, 80), 60).convert("RGB")
    exif = PilImage.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", exif=exif)
    document = visit.open(buffer.getvalue(), name="phone.png", box="0,0,60,60")
    assert (document["width"], document["height"]) == (80, 120)
    upright = from_pil(picture.transpose(PilImage.Transpose.ROTATE_270))[0].numpy()
    assert np.array_equal(pixels(visit.result(document["id"], 0)), upright)


def test_nothing_is_asked_of_a_photo_that_is_not_open(
    serve: Callable[..., object], arrive: Callable[..., Visit], photo: bytes
) -> None:
    visit = arrive(serve())
    reply = visit.post(
        "documents", params={"bundle": "tiny-32", "box": "164,60,120,120"}, content=photo, headers=JPEG
    ).json()
    early = visit.post(f"documents/{reply['id']}/compositions", json={"strengths": {}})
    assert early.status_code == 409 and early.json()["code"] == "not-open"
