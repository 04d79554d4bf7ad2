"""From saved labels to a bundle: by archive and command line, or by the studio itself."""

import io
import sys
import time
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from studio.annotating import SIDE, Labelling, part
from studio.visit import Visit

from editgan.bundle.folder import load_draft, save_bundle
from editgan.core.errors import InputError
from editgan.core.labels import LabelSchema
from editgan.data.annotations import load_annotations, load_schema
from editgan.editing.vector import EditVector
from editgan.inversion.embed import Embedding
from editgan.jobs.trainings import train_branch
from editgan.recipes import find_recipe
from editgan.studio.branch_training import copy_for_new_parts, run_training
from editgan.studio.work import Cancelled, Work


@pytest.fixture
def heads(visit: Visit) -> Labelling:
    """Four labelled pictures, the last of which measures."""
    found = Labelling(visit)
    for picture in found.add_samples(0, 1, 2, 3)["pictures"]:
        found.save(picture["id"])
    assert found.use(picture["id"], is_test=True).status_code == 200
    return found


def bundles(visit: Visit) -> dict[str, dict[str, object]]:
    return {bundle["name"]: bundle for bundle in visit.get("about").json()["bundles"] if bundle["own"]}


def test_the_archive_trains_a_branch(
    heads: Labelling, own_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("editgan.inversion.embed.Embedding", partial(Embedding, steps=3))
    reply = heads.ask("GET", "archive")
    assert "attachment" in reply.headers["content-disposition"]
    folder = tmp_path / "labelled"
    with zipfile.ZipFile(io.BytesIO(reply.content)) as file:
        file.extractall(folder)
    schema = load_schema(folder)
    assert len(load_annotations(folder, schema)) == 3 and len(load_annotations(folder / "test", schema)) == 1
    first = load_annotations(folder, schema)[0]
    assert (first.label_map[0].numpy() == heads.labels(heads.get()["pictures"][0]["id"])).all()
    smoke = find_recipe("smoke")
    recipe = replace(smoke, branch=replace(smoke.branch, max_steps=21))
    assert list(train_branch(recipe, own_bundle, folder, folder / "test", device=torch.device("cpu")))
    assert load_draft(own_bundle).facts.branch.annotated_photos == 3


def test_a_pictures_name_cannot_lead_out_of_the_archive(
    visit: Visit, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("editgan.editor.Embedding", partial(Embedding, steps=3))
    found = Labelling(visit)
    for name in ("../../evil.png", "C:\\\\x\\y.jpg", "\u202e..", "a.png", "a.jpg"):
        found.send_photo(photo, name)
    ready = found.wait(found.ask("POST", "samples", json={"seeds": [1]}))
    for picture in ready["pictures"]:
        found.save(picture["id"])
    with zipfile.ZipFile(io.BytesIO(found.ask("GET", "archive").content)) as file:
        names = file.namelist()
    assert len(names) == len(set(names)) == 13
    assert not any(".." in name or "\\" in name or name.startswith("/") for name in names)


def test_training_ends_with_a_bundle_that_can_be_used_at_once(heads: Labelling) -> None:
    """A part of one's own, and one that nobody painted."""
    parts = heads.get()["parts"]
    parts["classes"] += [part(5, "stripe"), part(6, "hat")]
    assert heads.ask("PUT", "parts", json=parts).status_code == 200
    for picture in heads.get()["pictures"]:
        labels = heads.labels(picture["id"])
        labels[:16] = 5
        heads.save(picture["id"], labels)
    reply = heads.train("stripes", 100)
    assert reply.status_code == 202, reply.text
    job = heads.visit.wait(reply.json()["id"], 120)
    assert job["status"] == "done" and (job["kind"], job["total"]) == ("branch", 100), job
    assert job["step"] == 50  # the command's own looks at the held-out pixels
    made = bundles(heads.visit)["stripes"]
    names = [c["name"] for c in made["parts"]["classes"]]  # type: ignore[index]
    assert names[-1] == "stripe" and len(names) == 6
    measured = heads.get()["measured"]
    assert 0 < measured["miou"] <= 1 and set(measured["iou"]) <= set(names)
    assert measured["left_out"] == ["hat"] and (measured["bundle"], measured["pictures"]) == ("stripes", 3)
    assert measured["iou"]["stripe"] > 0.5  # the topmost rows are easy to learn
    sample = heads.visit.post("samples", json={"bundle": "stripes", "seed": 9}).json()
    assert heads.visit.wait(sample["job"])["status"] == "done"
    assert 5 in heads.visit.labels(sample["id"], 0)[:6]
    again = heads.train("stripes", 1)
    assert again.status_code == 409 and "photos are open with stripes" in again.json()["error"]


def test_a_stopped_training_leaves_no_bundle(heads: Labelling) -> None:
    job = heads.train("never", 20_000).json()["id"]
    while heads.visit.get(f"jobs/{job}").json()["note"] != "embedding":
        time.sleep(0.02)
    assert heads.ask("POST", "samples", json={"seeds": [9]}).json()["code"] == "busy"
    assert heads.train("other", 1).json()["code"] == "busy"
    heads.save(heads.get()["pictures"][0]["id"])  # labels can be painted and saved meanwhile
    asked = time.monotonic()
    heads.visit.http.delete(f"/api/jobs/{job}")
    assert heads.visit.wait(job)["status"] == "stopped" and time.monotonic() - asked < 30
    assert bundles(heads.visit) == {} and heads.get()["measured"] is None and heads.get()["job"] is None


def test_a_training_that_fails_says_why_and_leaves_no_bundle(
    heads: Labelling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    job = heads.visit.wait(heads.train("never", 10).json()["id"])
    assert job["status"] == "failed" and "the training failed" in job["error"]
    assert bundles(heads.visit) == {} and heads.get()["job"] is None


def test_a_branch_needs_labels_to_learn_from(visit: Visit) -> None:
    found = Labelling(visit)
    first, second = (p["id"] for p in found.add_samples(0, 1)["pictures"])
    assert found.use(first, is_test=True).status_code == 409
    assert found.ask("GET", "archive").json()["code"] == "labels"
    found.save(first)
    assert "at least 2 labelled pictures, there are 1" in found.train("mine", 10).json()["error"]
    nothing = np.zeros((SIDE, SIDE), np.uint8)
    found.save(first, nothing)
    found.save(second, nothing)
    assert "one part only" in found.train("mine", 10).json()["error"]
    (third,) = (p["id"] for p in found.add_samples(2)["pictures"] if not p["is_labelled"])
    found.save(third, nothing + 3)
    found.use(third, is_test=True)
    assert "only test pictures show brow" in found.train("mine", 10).json()["error"]


@pytest.mark.parametrize("name", ["", "../x", ".hidden", "a b", "x" * 41, "tiny-32", "faces-64"])
def test_a_new_bundle_has_a_name_of_its_own(heads: Labelling, name: str) -> None:
    assert heads.train(name, 1).status_code in (409, 422)


def test_vectors_go_along_if_their_parts_do(saved_bundle: Path, tmp_path: Path, schema: LabelSchema) -> None:
    source = tmp_path / "source"
    bundle = load_draft(saved_bundle)
    save_bundle(bundle, source)
    for name in ("brow", "iris"):
        delta = torch.randn(bundle.generator.config.num_ws, 16)
        vector = EditVector(
            name=name,
            delta=delta,
            classes=(name,),
            bundle=bundle.name,
            fingerprint=bundle.fingerprint,
        )
        vector.save(source / "vectors" / f"{name}.safetensors")
    fewer = LabelSchema(schema.classes[:4])  # without the iris
    copy_for_new_parts(source, tmp_path / "new", "new", fewer)
    assert [path.name for path in (tmp_path / "new" / "vectors").iterdir()] == ["brow.safetensors"]
    copied = load_draft(tmp_path / "new")
    assert copied.name == "new" and copied.fingerprint == bundle.fingerprint


def test_those_who_wait_are_served_while_a_process_trains(tmp_path: Path) -> None:
    """Progress arrives while it runs; other programs' chatter on standard output is passed over."""
    code = 'import time\nprint(\'chatter\'); print(\'{"images": 3, "total": 9, "terms": {"loss": 1.5}}\')'
    work, served = Work("branch", "me", lambda work: None), []
    run_training([sys.executable, "-c", f"{code}\ntime.sleep(0.4)"], tmp_path, work, lambda: served.append(1))
    assert len(served) > 5
    assert work.job.step == 3 and work.steps[0].terms == {"loss": 1.5}


def test_a_process_ends_with_its_work(tmp_path: Path) -> None:
    work = Work("branch", "me", lambda work: None)
    begun = time.monotonic()

    def meanwhile() -> None:
        work.is_stopping = time.monotonic() - begun > 0.3

    with pytest.raises(Cancelled):
        run_training([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, work, meanwhile)
    assert time.monotonic() - begun < 30


def test_a_process_that_complains_is_quoted(tmp_path: Path) -> None:
    code = "import sys; print('a warning\\neditgan: no such thing', file=sys.stderr); sys.exit(2)"
    with pytest.raises(InputError, match="the training failed: no such thing"):
        run_training(
            [sys.executable, "-c", code], tmp_path, Work("branch", "me", lambda work: None), lambda: None
        )
