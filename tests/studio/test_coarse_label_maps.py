"""The studio with a bundle whose label maps are smaller than its pictures."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from PIL import Image as PilImage
from studio.annotating import Labelling
from studio.visit import Visit, pixels, repainted

from editgan.core.labels import LabelSchema
from editgan.data.annotations import load_annotations
from editgan.editing.recipe import EditRecipe
from editgan.editor import Editor
from editgan.studio.settings import Settings

BUNDLE, MAP = "coarse-32", 16


@pytest.fixture
def settings(settings: Settings, saved_coarse_bundle: Path) -> Settings:
    return replace(settings, bundles=(saved_coarse_bundle,), label_px=8)


@pytest.fixture
def visit(serve: Callable[..., FastAPI]) -> Visit:
    return Visit(serve(), BUNDLE, MAP)


def test_the_client_is_told_both_sides(visit: Visit) -> None:
    (told,) = (each for each in visit.get("about").json()["bundles"] if each["name"] == BUNDLE)
    assert (told["resolution"], told["picture_px"]) == (MAP, 32)
    document = visit.sample()
    assert (document["width"], document["height"]) == (32, 32)


def test_repainting_changes_the_photo_only_where_it_may(
    visit: Visit, photo: bytes, saved_coarse_bundle: Path
) -> None:
    document = visit.open(photo)
    target = visit.labels(document["id"], 0)
    target[4:8, 4:12] = (target[4:8, 4:12] + 1) % 5
    assert visit.edit(document["id"], target, steps=10)["status"] == "done"
    assert visit.labels(document["id"], 1).shape == (MAP, MAP)
    figures = visit.document(document["id"])["entries"][1]["figures"]
    assert figures["pasted_outside_max_abs_diff"] == 0 < figures["region_share"]
    changed = (pixels(visit.result(document["id"], 1)) != pixels(photo)).any(2)
    assert changed.any() and not changed[:50].any() and not changed[190:].any()  # far from the face
    for name in ("image", "heat"):
        reply = visit.get(f"documents/{document['id']}/entries/1/{name}")
        assert PilImage.open(io.BytesIO(reply.content)).size == (64, 64)
    vector = visit.document(document["id"])["entries"][1]["vector"]
    assert (
        visit.post(f"documents/{document['id']}/preview", json={"strengths": {vector: 0.5}}).status_code
        == 200
    )
    assert visit.get(f"documents/{document['id']}/vectors/{vector}/thumbnail").status_code == 200
    recipe = visit.get(f"documents/{document['id']}/entries/1/recipe").content
    here = EditRecipe.from_json(json.loads(recipe))
    painted = here.composition.painted
    assert painted is not None and painted.shape == (1, 1, MAP, MAP)
    _, result = Editor.from_pretrained(saved_coarse_bundle, "cpu").replay(here, photo)
    assert np.array_equal(result.pixels[0].numpy(), pixels(visit.result(document["id"], 1)))


def test_a_label_map_of_the_pictures_size_is_refused(visit: Visit) -> None:
    document = visit.sample()
    reply = visit.start_edit(document["id"], repainted(np.zeros((32, 32), np.uint8)))
    assert reply.status_code == 422 and "16x16 bytes, got 1024" in reply.json()["error"]


def test_labels_may_be_coarser_than_the_pictures_they_teach_with(
    visit: Visit, schema: LabelSchema, tmp_path: Path
) -> None:
    """Pictures go to the network as its generator draws them, label maps are the bundle's or finer."""
    heads = Labelling(visit, bundle=BUNDLE)
    found = heads.add_samples(0, 1, 2, 3)
    assert found["label_px"] == MAP
    shown = heads.ask("GET", f"pictures/{found['pictures'][0]['id']}/image")
    assert PilImage.open(io.BytesIO(shown.content)).size == (32, 32)
    for picture in found["pictures"]:
        reply = heads.ask("GET", f"pictures/{picture['id']}/labels", params={"format": "raw"})
        labels = np.frombuffer(reply.content, np.uint8).reshape(MAP, MAP).copy()
        labels[:4] = 4
        heads.save(picture["id"], labels)
    with zipfile.ZipFile(io.BytesIO(heads.ask("GET", "archive").content)) as file:
        file.extractall(tmp_path)
    first = load_annotations(tmp_path, schema)[0]  # photos and label maps there are of one size
    assert first.label_map.shape == (1, 32, 32) and (first.label_map[:, :8] == 4).all()
    job = visit.wait(heads.train("taught", 60).json()["id"])
    assert job["status"] == "done", job
    (made,) = (each for each in visit.get("about").json()["bundles"] if each["name"] == "taught")
    assert (made["resolution"], made["picture_px"]) == (MAP, 32)
