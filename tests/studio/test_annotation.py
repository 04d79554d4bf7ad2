"""The annotation room: pictures come with a draft of their labels, a person mends it."""

import io
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from PIL import Image as PilImage
from studio.annotating import SIDE, Labelling, grey_photo, part
from studio.visit import RAW, Visit, pixels

from editgan.bundle.bundle import ModelBundle
from editgan.bundle.reading import read_parts
from editgan.core.images import to_pixels
from editgan.data.align import crop
from editgan.data.frame import Framing
from editgan.data.opening import read_photo
from editgan.inversion.embed import Embedding
from editgan.inversion.opening import sample_photo

PNG = {"content-type": "image/png"}


@pytest.fixture
def heads(visit: Visit) -> Labelling:
    """An empty set with the bundle's parts."""
    return Labelling(visit)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Photos are embedded in a tenth of the steps: how near they come does not matter here."""
    monkeypatch.setattr("editgan.editor.Embedding", partial(Embedding, steps=10))


def ids(found: dict[str, Any]) -> list[str]:
    return [picture["id"] for picture in found["pictures"]]


def test_a_picture_is_pre_labelled_with_what_the_branch_reads(heads: Labelling, bundle: ModelBundle) -> None:
    found = heads.add_samples(0)
    (picture,) = found["pictures"]
    assert picture["is_ready"] and not picture["is_labelled"] and found["job"] is None
    reading = read_parts(bundle, sample_photo(bundle, 0, 0.7).w_plus, SIDE)
    # The saved bundle's weights are rounded to float16
    assert (heads.labels(picture["id"]) == reading.label_map[0].numpy()).mean() > 0.98
    assert picture["disagreement"] == pytest.approx(reading.disagreement.mean().item(), abs=0.01)
    png = heads.ask("GET", f"pictures/{picture['id']}/labels").content
    assert (np.asarray(PilImage.open(io.BytesIO(png))) == heads.labels(picture["id"])).all()
    shown = PilImage.open(io.BytesIO(heads.ask("GET", f"pictures/{picture['id']}/disagreement").content))
    assert shown.size == (SIDE, SIDE) and shown.mode == "RGBA"


@pytest.mark.usefixtures("hasty")
def test_a_photo_is_shown_through_its_frame(heads: Labelling, photo: bytes) -> None:
    found = heads.wait(heads.send_photo(photo))
    (picture,) = ids(found)
    reply = heads.ask("GET", f"pictures/{picture}/image")
    assert reply.headers["content-type"] == "image/webp"
    framing = Framing.from_box(164, 60, 120, 120, photo_width=512, photo_height=512)
    wanted = to_pixels(crop(read_photo(photo), framing, SIDE))[0].numpy()
    assert (pixels(reply.content) == wanted).all()  # lossless
    assert len(np.unique(heads.labels(picture))) > 1


@pytest.mark.usefixtures("hasty")
def test_several_photos_are_read_by_one_job(heads: Labelling, photo: bytes) -> None:
    jobs = {heads.send_photo(photo, f"{i}.jpg").json()["job"] for i in range(8)}  # more than jobs_each
    heads.visit.wait(jobs.pop())
    found = heads.get()
    assert not jobs and [p["name"] for p in found["pictures"]] == [f"{i}.jpg" for i in range(8)]
    assert all(p["is_ready"] for p in found["pictures"])


def test_the_suggested_picture_is_where_the_ensemble_disagrees_most(heads: Labelling) -> None:
    found = heads.add_samples(*range(5))
    doubts = {p["id"]: p["disagreement"] for p in found["pictures"]}
    order = sorted(doubts, key=lambda key: -doubts[key])
    assert len(set(doubts.values())) == 5
    for identifier in order:
        assert found["suggested"] == identifier
        found = heads.save(identifier)
    assert found["suggested"] is None


def test_saved_labels_are_what_was_painted_and_are_replaced_as_a_whole(heads: Labelling) -> None:
    (picture,) = ids(heads.add_samples(0))
    read = heads.labels(picture)
    painted = np.full((SIDE, SIDE), 3, np.uint8)
    assert heads.save(picture, painted)["pictures"][0]["is_labelled"]
    assert (heads.labels(picture) == painted).all()
    assert (heads.labels(picture, read=True) == read).all()
    as_png = heads.ask("GET", f"pictures/{picture}/labels").content
    painted[:10] = 1
    heads.save(picture, painted)
    assert heads.send_labels(picture, as_png, PNG).status_code == 200
    assert (heads.labels(picture) == 3).all()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (bytes(SIDE * SIDE - 1), RAW),
        (bytes([5]) * (SIDE * SIDE), RAW),  # classes are 0 to 4
        (bytes(SIDE * SIDE), {"content-type": "text/plain"}),
        (b"\x89PNG no more", PNG),
    ],
)
def test_labels_that_do_not_fit_are_refused(heads: Labelling, body: bytes, kind: dict[str, str]) -> None:
    (picture,) = ids(heads.add_samples(0))
    reply = heads.send_labels(picture, body, kind)
    assert reply.status_code == 422 and reply.json()["code"] == "labels"
    assert not heads.get()["pictures"][0]["is_labelled"]


def test_every_fifth_picture_is_a_test_picture_once_five_teach(heads: Labelling) -> None:
    pictures = ids(heads.add_samples(*range(11)))
    for picture in pictures:
        found = heads.save(picture)
    assert [p["is_test"] for p in found["pictures"]] == [False] * 9 + [True, False]
    assert heads.use(pictures[9], is_test=False).status_code == 200
    assert not heads.save(pictures[9])["pictures"][9]["is_test"]  # saved again, it stays as a person said
    assert heads.use(pictures[0], is_test=True).json()["pictures"][0]["is_test"]


def test_own_parts_take_over_what_the_branch_knows_by_name(visit: Visit, schema: Any) -> None:
    theirs = Labelling(visit)
    mine = Labelling(visit, parts={"classes": [part(0, "rest"), part(1, "hat"), part(2, "brow")]})
    read, drafted = (each.labels(ids(each.add_samples(3))[0]) for each in (theirs, mine))
    brow = schema.names.index("brow")
    assert (drafted == np.where(read == brow, 2, 0)).all() and (drafted == 2).any()


def test_parts_can_be_renamed_and_added_under_saved_labels(heads: Labelling) -> None:
    (picture,) = ids(heads.add_samples(0))
    heads.save(picture)
    before, parts = heads.labels(picture), heads.get()["parts"]
    parts["classes"][1] |= {"name": "lip", "color": [1, 2, 3]}
    parts["classes"].append(part(5, "گوش"))
    parts["groups"] = {}
    reply = heads.ask("PUT", "parts", json=parts)
    assert reply.status_code == 200 and [c["name"] for c in reply.json()["parts"]["classes"]][-1] == "گوش"
    assert (heads.labels(picture) == before).all()
    png = PilImage.open(io.BytesIO(heads.ask("GET", f"pictures/{picture}/labels").content))
    assert (png.getpalette() or [])[3:6] == [1, 2, 3]
    heads.save(picture, np.full_like(before, 5))
    assert (heads.labels(picture) == 5).all()


def test_classes_in_use_cannot_be_taken_away_or_reordered(heads: Labelling) -> None:
    (picture,) = ids(heads.add_samples(0))
    painted = np.zeros((SIDE, SIDE), np.uint8)
    painted[:9] = 3
    heads.save(picture, painted)
    classes = heads.get()["parts"]["classes"]
    names = [c["name"] for c in classes]
    for order in (names[:3], [names[0], names[3], *names[1:3], names[4]], [names[0], names[1], names[3]]):
        parts = {"classes": [part(i, name) for i, name in enumerate(order)]}
        reply = heads.ask("PUT", "parts", json=parts)
        assert reply.status_code == 409 and "brow is painted in 1 saved pictures" in reply.json()["error"]
    assert [c["name"] for c in heads.get()["parts"]["classes"]] == names


def test_classes_that_nobody_used_may_go_and_the_drafts_follow(heads: Labelling) -> None:
    (picture,) = ids(heads.add_samples(3))
    read, names = heads.labels(picture), [c["name"] for c in heads.get()["parts"]["classes"]]
    kept = [names[0], names[4], names[3]]
    parts = {"classes": [part(i, name) for i, name in enumerate(kept)]}
    assert heads.ask("PUT", "parts", json=parts).status_code == 200
    assert (heads.labels(picture) == np.select([read == 4, read == 3], [1, 2], 0)).all()


@pytest.mark.parametrize(
    "classes",
    [
        [part(0, "a"), part(1, "a")],
        [part(0, "a"), part(2, "b")],
        [part(0, "a")],
        [part(0, "a"), part(1, "<b>")],
        [part(i, f"p{i}") for i in range(3)] + [{"id": 3, "name": "x", "color": [0, 0, 256]}],
    ],
)
def test_parts_without_sense_are_refused(heads: Labelling, classes: list[dict[str, Any]]) -> None:
    assert heads.ask("PUT", "parts", json={"classes": classes}).status_code == 422
    asked = {"name": "x", "bundle": "tiny-32", "parts": {"classes": classes}}
    assert heads.visit.post("sets", json=asked).status_code == 422


@pytest.mark.usefixtures("hasty")
def test_a_photo_without_a_subject_waits_for_a_frame(heads: Labelling) -> None:
    found = heads.wait(heads.send_photo(grey_photo(), box=None))
    (picture,) = found["pictures"]
    assert picture["error_code"] == "no-subject" and not picture["is_ready"] and found["suggested"] is None
    assert heads.ask("GET", f"pictures/{picture['id']}/labels").status_code == 409
    assert picture["photo_size"] == [80, 60]
    whole = heads.ask("GET", f"pictures/{picture['id']}/photo")
    assert PilImage.open(io.BytesIO(whole.content)).size == (80, 60)
    again = heads.ask("POST", f"pictures/{picture['id']}/reading", json={"box": [5, 5, 50, 50]})
    (picture,) = heads.wait(again)["pictures"]
    assert picture["is_ready"] and picture["error"] is None
    assert heads.ask("GET", f"pictures/{picture['id']}/photo").status_code == 404


def test_a_stopped_reading_can_be_taken_up_again(
    heads: Labelling, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (100, 110, 120):  # each frame is an embedding of its own
        job = heads.send_photo(photo, box=f"164,60,{size},{size}").json()["job"]
    heads.visit.http.delete(f"/api/jobs/{job}")
    assert heads.visit.wait(job)["status"] == "stopped"
    found = heads.get()
    unread = [p for p in found["pictures"] if not p["is_ready"]]
    assert found["job"] is None and unread and {p["error_code"] for p in unread} == {"interrupted"}
    monkeypatch.setattr("editgan.editor.Embedding", partial(Embedding, steps=10))
    again = heads.wait(heads.ask("POST", f"pictures/{unread[0]['id']}/reading", json={}))
    assert all(p["is_ready"] for p in again["pictures"])


def test_pictures_and_sets_can_be_deleted(heads: Labelling, photo: bytes) -> None:
    first, second = ids(heads.add_samples(0, 1))
    assert heads.ask("DELETE", f"pictures/{first}").status_code == 204
    assert ids(heads.get()) == [second]
    assert heads.ask("GET", f"pictures/{first}/image").status_code == 404
    job = heads.send_photo(photo).json()["job"]
    assert heads.visit.http.delete(f"/api/sets/{heads.id}").status_code == 204
    assert heads.visit.wait(job)["status"] == "stopped"
    assert heads.visit.get("sets").json() == []
    assert heads.visit.get(f"sets/{heads.id}").status_code == 404


def test_another_visitors_set_does_not_exist(
    serve: Callable[..., FastAPI], arrive: Callable[[FastAPI], Visit]
) -> None:
    app = serve()
    heads, other = Labelling(arrive(app)), arrive(app)
    (picture,) = ids(heads.add_samples(0))
    assert other.get("sets").json() == []
    for method, path in (
        *(("GET", f"pictures/{picture}/{what}") for what in ("image", "labels", "disagreement", "photo")),
        *(("GET", ""), ("DELETE", ""), ("GET", "archive"), ("DELETE", f"pictures/{picture}")),
    ):
        address = f"/api/sets/{heads.id}/{path}".rstrip("/")
        assert other.http.request(method, address).status_code == 404, address
    for method, path, body in (
        ("PUT", "parts", {"classes": [part(0, "a"), part(1, "b")]}),
        ("POST", "samples", {"seeds": [1]}),
        ("PUT", f"pictures/{picture}/use", {"is_test": True}),
        ("POST", f"pictures/{picture}/reading", {}),
        ("POST", "training", {"bundle": "mine", "max_steps": 1}),
    ):
        assert other.http.request(method, f"/api/sets/{heads.id}/{path}", json=body).status_code == 404, path
    assert len(heads.get()["pictures"]) == 1


@pytest.mark.parametrize("picture", ["..", "%2e%2e", "..%2F..%2Fseen", "x" * 65, "a b", "\u202e"])
def test_a_picture_is_not_a_path(heads: Labelling, picture: str) -> None:
    for what in ("image", "labels", "disagreement", "photo"):
        assert heads.ask("GET", f"pictures/{picture}/{what}").status_code == 404


def test_what_cannot_be_a_photo_is_refused_and_leaves_nothing(heads: Labelling) -> None:
    reply = heads.send_photo(b"no photo at all")
    assert reply.status_code == 422 and reply.json()["code"] == "photo"
    assert heads.send_photo(grey_photo(), box="1,2,x,4").status_code == 422
    assert heads.ask("POST", "samples", json={"seeds": []}).status_code == 422
    assert heads.ask("POST", "samples", json={"seeds": [-1]}).status_code == 422
    assert heads.visit.post("sets", json={"name": "x", "bundle": "../x"}).status_code == 404
    assert heads.get()["pictures"] == [] and heads.get()["job"] is None


def test_there_is_a_limit_to_everything(
    serve: Callable[..., FastAPI], arrive: Callable[[FastAPI], Visit]
) -> None:
    heads = Labelling(arrive(serve(sets=1, pictures=2)))
    assert heads.visit.post("sets", json={"name": "x", "bundle": "tiny-32"}).json()["code"] == "limit"
    assert heads.ask("POST", "samples", json={"seeds": [1, 2, 3]}).json()["code"] == "limit"
    heads.add_samples(1, 2)
    assert heads.send_photo(grey_photo()).json()["code"] == "limit"
    small = Labelling(arrive(serve(disk_bytes=100)))
    assert small.send_photo(grey_photo()).json()["code"] == "limit"
