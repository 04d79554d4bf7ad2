"""How edits come into a photo: what is made, and what a slider shows before."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from studio.visit import Visit, pixels, repainted

from editgan.editing.sliding import Slide, find_slide


def opened_with_a_vector(visit: Visit, photo: bytes) -> tuple[str, str]:
    """A photo, repainted once and back at its beginning; the vector it learnt."""
    document = visit.open(photo)["id"]
    visit.edit(document, repainted(visit.labels(document, 0)), steps=20)
    vector = visit.document(document)["entries"][1]["vector"]
    visit.http.put(f"/api/documents/{document}/current", json={"entry": 0})
    return document, vector


def composed(visit: Visit, document: str, **asked: object) -> dict[str, Any]:
    """The entry that a composition makes."""
    job = visit.post(f"documents/{document}/compositions", json=asked).json()
    assert visit.wait(job["id"])["status"] == "done"
    entry: dict[str, Any] = visit.document(document)["entries"][-1]
    return entry


def preview(visit: Visit, document: str, **asked: object) -> np.ndarray:
    return pixels(visit.post(f"documents/{document}/preview", json=asked).content).astype(int)


def test_what_is_made_moves_the_photos_own_pixels_unless_asked_otherwise(visit: Visit, photo: bytes) -> None:
    document, vector = opened_with_a_vector(visit, photo)
    repainting = visit.document(document)["entries"][1]
    assert repainting["composition"]["paste_mode"] == "geometry"
    assert repainting["figures"]["unmoved_share"] is not None
    assert composed(visit, document, strengths={vector: 0.5})["composition"]["paste_mode"] == "geometry"
    drawn = composed(visit, document, strengths={vector: 0.5}, paste_mode="difference")
    assert drawn["composition"]["paste_mode"] == "difference" and drawn["figures"]["unmoved_share"] is None
    moved, drawn_too = (visit.result(document, entry) for entry in (2, 3))
    assert moved != drawn_too
    target = repainted(visit.labels(document, 3))
    visit.edit(document, target)  # goes on as the current entry is
    visit.edit(document, repainted(visit.labels(document, 4)), paste_mode="replace")
    modes = [entry["composition"]["paste_mode"] for entry in visit.document(document)["entries"]]
    assert modes == ["geometry", "geometry", "geometry", "difference", "difference", "replace"]


def test_an_entry_that_was_saved_with_another_mode_keeps_it(visit: Visit, photo: bytes) -> None:
    document, vector = opened_with_a_vector(visit, photo)
    composed(visit, document, strengths={vector: 1.0}, paste_mode="difference")
    before = visit.result(document, 2)
    asked = {"box": [164, 60, 120, 120]}
    visit.wait(visit.post(f"documents/{document}/opening", json=asked).json()["job"])
    assert visit.document(document)["entries"][2]["composition"]["paste_mode"] == "difference"
    assert visit.result(document, 2) == before


def test_another_mode_does_not_refine_once_more(visit: Visit, photo: bytes, tmp_path: Path) -> None:
    document, vector = opened_with_a_vector(visit, photo)
    asked = {"strengths": {vector: 2.0}, "refine_steps": 3}
    composed(visit, document, **asked)
    drawn = composed(visit, document, **asked, paste_mode="difference")
    assert drawn["kind"] == "refined"
    first, second = (path.read_bytes() for path in sorted(tmp_path.rglob("entries/[23]/refined.safetensors")))
    assert first == second
    composed(visit, document, strengths={vector: 1.0}, refine_steps=3)
    assert next(tmp_path.rglob("entries/4/refined.safetensors")).read_bytes() != first


def test_a_preview_in_motion_is_the_view_moved(visit: Visit, photo: bytes) -> None:
    document, vector = opened_with_a_vector(visit, photo)
    still = preview(visit, document, strengths={vector: 0})
    assert np.array_equal(still, preview(visit, document, strengths={}, paste_mode="difference"))
    little, much = (preview(visit, document, strengths={vector: s}) for s in (0.2, 1.0))
    assert 0 < np.abs(little - still).mean() < np.abs(much - still).mean()
    drawn = preview(visit, document, strengths={vector: 1.0}, paste_mode="difference")
    new = preview(visit, document, strengths={vector: 1.0}, paste_mode="replace")
    assert not np.array_equal(much, drawn) and not np.array_equal(drawn, new)
    composed(visit, document, strengths={vector: 1.0})  # at a stop a preview is the result
    shown = pixels(visit.get(f"documents/{document}/entries/2/image").content).astype(int)
    assert np.abs(much - shown).mean() < np.abs(drawn - shown).mean()


def test_a_preview_reuses_what_it_has_found(
    visit: Visit, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, vector = opened_with_a_vector(visit, photo)
    found: list[float] = []

    def counted(*args: Any) -> Slide:
        found.append(args[3])
        return find_slide(*args)

    monkeypatch.setattr("editgan.studio.opened.find_slide", counted)
    for strength in (0.1, 0.3, 0.2, -0.1):
        preview(visit, document, strengths={vector: strength})
    assert len(found) == 2 and min(found) < 0 < max(found)  # one a side
    visit.http.put(f"/api/documents/{document}/current", json={"entry": 1})  # there it was painted
    preview(visit, document, strengths={vector: 0.1})
    preview(visit, document, strengths={vector: 0.2})
    assert len(found) == 3


def test_a_preview_that_would_have_to_find_much_is_drawn_meanwhile(
    visit: Visit, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("editgan.studio.opened.AT_ONCE", 1)
    document, vector = opened_with_a_vector(visit, photo)
    (known,) = visit.get("vectors", params={"bundle": "tiny-32"}).json()
    asked = {"strengths": {vector: 0.75 * max(1.0, known["strengths"][1])}}  # between two stops
    drawn = preview(visit, document, **asked, paste_mode="difference")
    first, second = (preview(visit, document, **asked) for _ in range(2))
    assert np.array_equal(first, drawn) and not np.array_equal(second, drawn)
