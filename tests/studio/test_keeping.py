"""What a person marks as not to be changed keeps every byte, in all that is made of the photo afterwards."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from studio.visit import BOX, RAW, Visit, pixels, repainted

from editgan.core.types import Keep
from editgan.data.frame import Framing, centres, looked_up
from editgan.data.masks import reframed
from editgan.editing.recipe import EditRecipe
from editgan.editor import Editor

SIDE = 128
PHOTO_PX = 512  # of the astronaut


def left_half(columns: int = SIDE // 2) -> np.ndarray:
    marks = np.zeros((SIDE, SIDE), np.uint8)
    marks[:, :columns] = 1
    return marks


def mark(visit: Visit, document: str, marks: np.ndarray) -> Any:
    return visit.http.put(f"/api/documents/{document}/keep", content=marks.tobytes(), headers=RAW)


def in_the_photo(marks: np.ndarray) -> np.ndarray:
    """Which of the astronaut's pixels are marked."""
    x, y, w, h = map(float, BOX.split(","))
    framing = Framing.from_box(x, y, w, h, photo_width=PHOTO_PX, photo_height=PHOTO_PX)
    seen = framing.from_photo(centres(0, 0, PHOTO_PX, PHOTO_PX))
    return looked_up(torch.from_numpy(marks > 0), seen).numpy()


def made(visit: Visit, document: str, **asked: object) -> dict[str, Any]:
    """The entry of a composition."""
    job = visit.post(f"documents/{document}/compositions", json=asked).json()
    assert visit.wait(job["id"])["status"] == "done"
    entry: dict[str, Any] = visit.document(document)["entries"][-1]
    return entry


def opened_with_a_vector(visit: Visit, photo: bytes) -> tuple[str, str]:
    document = visit.open(photo)["id"]
    visit.edit(document, repainted(visit.labels(document, 0)), steps=20)
    vector = visit.document(document)["entries"][1]["vector"]
    visit.http.put(f"/api/documents/{document}/current", json={"entry": 0})
    return document, vector


@pytest.mark.parametrize("mode", ["motion", "difference", "replace"])
def test_what_is_marked_keeps_its_bytes_at_full_size(visit: Visit, photo: bytes, mode: str) -> None:
    document, vector = opened_with_a_vector(visit, photo)
    marked, original = in_the_photo(left_half()), pixels(photo)
    before = made(visit, document, strengths={vector: 2.0}, paste_mode=mode)
    assert not before["keeps"] and mark(visit, document, left_half()).status_code == 200
    assert visit.result(document, before["id"]) != visit.result(document, 0)  # is as it was made
    after = made(visit, document, strengths={vector: 2.0}, paste_mode=mode)
    assert after["keeps"] and after["figures"]["pasted_outside_max_abs_diff"] == 0
    free, kept = ((pixels(visit.result(document, n["id"])) != original).any(2) for n in (before, after))
    assert free[marked].any() and kept.any() and not kept[marked].any()


def test_a_repainting_and_a_refinement_keep_it_too(visit: Visit, photo: bytes) -> None:
    document = visit.open(photo)["id"]
    mark(visit, document, left_half())
    marked, original = in_the_photo(left_half()), pixels(photo)
    job = visit.edit(document, repainted(visit.labels(document, 0)), steps=20)
    assert job["status"] == "done" and job["error_code"] is None
    vector = visit.document(document)["entries"][1]["vector"]
    made(visit, document, strengths={vector: 2.0}, refine_steps=3)
    for entry in (1, 2):
        changed = (pixels(visit.result(document, entry)) != original).any(2)
        assert changed.any() and not changed[marked].any()


def test_a_refinement_is_made_anew_for_other_marks(visit: Visit, photo: bytes, tmp_path: Path) -> None:
    document, vector = opened_with_a_vector(visit, photo)
    asked = {"strengths": {vector: 3.0}, "refine_steps": 20}
    made(visit, document, **asked)
    mark(visit, document, left_half(SIDE))
    made(visit, document, **asked)
    made(visit, document, **asked)
    first, second, third = (
        next(tmp_path.rglob(f"entries/{n}/refined.safetensors")).read_bytes() for n in (2, 3, 4)
    )
    assert first != second and second == third


@pytest.mark.parametrize("mode", ["motion", "difference"])
def test_a_preview_keeps_it(visit: Visit, photo: bytes, mode: str) -> None:
    document, vector = opened_with_a_vector(visit, photo)
    where, asked = f"documents/{document}/preview", {"strengths": {vector: 2.0}, "paste_mode": mode}
    mark(visit, document, left_half(SIDE // 2 + 8))  # more than what JPEG spreads
    still = pixels(visit.post(where, json={"strengths": {}}).content).astype(int)
    difference = np.abs(pixels(visit.post(where, json=asked).content) - still).max(2)
    half = difference.shape[1] // 2
    assert difference[:, :half].max() <= 8 < difference[:, half:].max()


def test_a_recipe_replays_it_to_the_same_bytes(visit: Visit, photo: bytes, saved_bundle: Path) -> None:
    document, vector = opened_with_a_vector(visit, photo)
    mark(visit, document, left_half())
    entry = made(visit, document, strengths={vector: 1.5})
    recipe = EditRecipe.from_json(visit.get(f"documents/{document}/entries/{entry['id']}/recipe").json())
    keep = recipe.composition.keep
    assert keep is not None and np.array_equal(keep[0, 0].numpy(), left_half() > 0)
    _, result = Editor.from_pretrained(saved_bundle, "cpu").replay(recipe, photo)
    assert np.array_equal(result.pixels[0].numpy(), pixels(visit.result(document, entry["id"])))


def test_marks_go_out_as_they_came_and_vanish_when_all_is_black(visit: Visit) -> None:
    document = visit.sample()["id"]
    where = f"documents/{document}/keep"
    assert visit.get(where).status_code == 404 and visit.document(document)["keep"] is None
    first = mark(visit, document, left_half()).json()["keep"]
    raw = visit.get(where, params={"format": "raw"}).content
    assert raw == left_half().tobytes() and first is not None
    png = io.BytesIO()
    PilImage.fromarray(left_half(20) * 255).save(png, "PNG")
    reply = visit.http.put(f"/api/{where}", content=png.getvalue(), headers={"content-type": "image/png"})
    assert reply.json()["keep"] not in (None, first)
    with PilImage.open(io.BytesIO(visit.get(where).content)) as picture:
        assert np.array_equal(np.asarray(picture), left_half(20) > 0)
    made(visit, document, strengths={})
    assert mark(visit, document, left_half(0)).json()["keep"] is None
    assert visit.get(where).status_code == 404
    assert visit.get(f"documents/{document}/entries/1/keep").status_code == 200  # as it was made
    assert visit.get(f"documents/{document}/entries/0/keep").status_code == 404


def test_what_is_no_square_of_a_sensible_size_is_refused(visit: Visit) -> None:
    document = visit.sample()["id"]
    for marks in (np.ones(7, np.uint8), np.ones((513, 513), np.uint8)):
        reply = mark(visit, document, marks)
        assert (reply.status_code, reply.json()["code"]) == (422, "keep")
    reply = visit.http.put(
        f"/api/documents/{document}/keep", content=b"no", headers={"content-type": "image/png"}
    )
    assert (reply.status_code, reply.json()["code"]) == (422, "keep")


def test_an_edit_that_may_change_nothing_says_so(visit: Visit, photo: bytes) -> None:
    document, vector = opened_with_a_vector(visit, photo)
    mark(visit, document, left_half(SIDE))
    job = visit.edit(document, repainted(visit.labels(document, 0)))
    assert (job["status"], job["error_code"]) == ("failed", "all-kept")
    entry = made(visit, document, strengths={vector: 1.0}, refine_steps=2)
    assert visit.result(document, entry["id"]) == visit.result(document, 0)


def test_a_batch_does_not_keep_what_was_marked_in_another_photo(visit: Visit, photo: bytes) -> None:
    document, vector = opened_with_a_vector(visit, photo)
    mark(visit, document, left_half(SIDE))
    asked = {"documents": [visit.open(photo)["id"]], "composition": {"strengths": {vector: 2.0}}}
    batch = visit.post("batches", json=asked).json()
    visit.wait(batch["job"])
    archive = visit.get(f"batches/{batch['id']}/results").content
    assert len(archive) > 1000 and visit.get(f"batches/{batch['id']}").json()["done"]


def test_another_frame_keeps_the_same_places_of_the_photo(visit: Visit, photo: bytes) -> None:
    document, vector = opened_with_a_vector(visit, photo)
    mark(visit, document, left_half())
    entry = made(visit, document, strengths={vector: 2.0})
    asked = {"box": [150, 50, 150, 150]}
    visit.wait(visit.post(f"documents/{document}/opening", json=asked).json()["job"])
    changed = (pixels(visit.result(document, entry["id"])) != pixels(photo)).any(2)
    assert changed.any() and not changed[in_the_photo(left_half())].any()


def test_what_is_marked_is_all_there_in_a_frame_that_is_turned_and_larger() -> None:
    keep: Keep = torch.rand(1, 1, 16, 16) < 0.1
    old = Framing(centre_x=50, centre_y=40, side=30, angle=0.1)
    new = Framing(centre_x=48, centre_y=44, side=70, angle=-0.3)
    here = centres(0, 0, 100, 100)
    before = looked_up(keep[0, 0], old.from_photo(here))
    after = looked_up(reframed(keep, old, new)[0, 0], new.from_photo(here))
    assert before.any() and not (before & ~after).any() and after.sum() < 6 * before.sum() + 400
    corners = old.to_photo(torch.tensor([[0.0, 0], [1, 0], [1, 1], [0, 1]]).double()).tolist()
    again = Framing.from_corners([(x, y) for x, y in corners])
    assert (again.centre_x, again.side, again.angle) == pytest.approx((50, 30, 0.1))
