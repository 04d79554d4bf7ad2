"""What must be refused, whoever asks; and what must never be seen by others."""

import io
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from PIL import Image as PilImage
from starlette.testclient import TestClient
from studio.visit import ADDRESS, JPEG, RAW, Visit, repainted

from editgan.core.errors import InputError
from editgan.studio.settings import Settings
from editgan.studio.visitors import Visitors

Serve = Callable[..., FastAPI]
UPLOAD = {"bundle": "tiny-32", "box": "10,10,60,60"}


def refused(reply: Any, status: int, code: str) -> str:
    """One sentence and a code, and nothing of the inside."""
    assert reply.status_code == status, reply.text
    body = reply.json()
    assert set(body) == {"error", "code", "fields"} and body["code"] == code
    assert "Traceback" not in body["error"] and "/" + "tmp" not in body["error"]
    return str(body["error"])


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG whose header promises more than there is."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_a_decompression_bomb_is_refused_before_it_is_decoded(visit: Visit) -> None:
    bomb = png(30_000, 30_000, zlib.compress(bytes(10_000_000)))
    started = time.process_time()  # of this process alone, however busy the machine is
    refused(visit.post("documents", params=UPLOAD, content=bomb, headers=JPEG), 422, "photo")
    assert time.process_time() - started < 2
    assert visit.get("documents").json() == []


@pytest.mark.parametrize(
    "body",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\nshowpage",
        b"GIF89a" + bytes(20),
        b"",
        png(100, 100)[:40],
    ],
    ids=["svg", "html", "eps", "gif", "empty", "cut"],
)
def test_what_is_no_photo_is_refused_and_not_kept(visit: Visit, body: bytes, tmp_path: Path) -> None:
    reply = visit.post("documents", params=UPLOAD, content=body, headers=JPEG)
    assert reply.status_code == 422
    assert visit.get("documents").json() == []
    assert not list((tmp_path / "studio").rglob("original"))


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "..\\..\\x.png", "/etc/passwd", "a" * 200, "\u202egpj.exe"]
)
def test_a_name_is_only_ever_a_name(visit: Visit, photo: bytes, name: str, tmp_path: Path) -> None:
    document = visit.open(photo, name)
    assert "/" not in document["name"] and "\\" not in document["name"]
    result = visit.get(f"documents/{document['id']}/entries/0/result")
    assert ".." not in result.headers["content-disposition"]
    outside = [p for p in tmp_path.rglob("*") if p.is_file() and (tmp_path / "studio") not in p.parents]
    assert outside == []


@pytest.mark.parametrize(
    "path",
    [
        "documents/..%2f..%2fetc",
        "documents/%2e%2e",
        "documents/.%00",
        "documents/nothing",
        "documents/nothing/entries/0/image",
        "documents/nothing/photo",
        "jobs/nothing",
        "jobs/nothing/events",
        "batches/nothing",
        "batches/..%2f../results",
        "vectors/nothing/file",
        "vectors/..%2fx/file",
        "vectors?bundle=../../etc",
        "vectors?bundle=nothing",
    ],
)
def test_unknown_things_do_not_exist_wherever_they_point(visit: Visit, path: str) -> None:
    reply = visit.get(path)
    assert reply.status_code == 404 and set(reply.json()) == {"error", "code", "fields"}


def test_web_files_do_not_lead_out_of_their_folder(visit: Visit) -> None:
    for path in ("/web/../app.py", "/web/%2e%2e/app.py", "/web/..%2fapp.py", "/web//etc/passwd"):
        assert visit.http.get(path).status_code in (404, 405), path


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", "", "127.0.0.1@evil"]
)
def test_another_name_than_its_own_is_refused(visit: Visit, host: str) -> None:
    refused(visit.get("about", headers={"host": host}), 421, "host")


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:9", "[::1]:8000"])
def test_its_own_names_are_taken(visit: Visit, host: str) -> None:
    assert visit.get("about", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:1234", "https://localhost.evil"]
)
def test_another_sites_page_changes_nothing(visit: Visit, origin: str) -> None:
    asked = {"bundle": "tiny-32", "seed": 1}
    refused(visit.post("samples", json=asked, headers={"origin": origin}), 403, "origin")
    assert visit.get("documents").json() == []


def test_another_sites_page_sees_nothing(visit: Visit) -> None:
    refused(visit.get("documents", headers={"sec-fetch-site": "cross-site"}), 403, "origin")
    same = {"origin": ADDRESS, "sec-fetch-site": "same-origin"}
    assert visit.post("samples", json={"bundle": "tiny-32", "seed": 1}, headers=same).status_code == 202


def test_a_form_of_another_site_cannot_speak_json(visit: Visit) -> None:
    """A form can only send these types without asking first; none of them is taken for JSON."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        reply = visit.post(
            "samples", content=b'{"bundle":"tiny-32","seed":1}', headers={"content-type": kind}
        )
        assert reply.status_code in (400, 422), kind


def test_oversized_bodies_are_refused_with_or_without_a_length(serve: Serve) -> None:
    visit = Visit(serve(upload_bytes=10_000, json_bytes=1_000))
    refused(visit.post("documents", params=UPLOAD, content=bytes(10_001), headers=JPEG), 413, "too-large")

    def chunks() -> Iterator[bytes]:
        for _ in range(20):
            yield bytes(1_000)

    assert visit.post("documents", params=UPLOAD, content=chunks(), headers=JPEG).status_code == 413
    refused(
        visit.post("samples", content=b"[" * 1_001, headers={"content-type": "application/json"}),
        413,
        "too-large",
    )


def test_deeply_nested_json_is_a_mistake_not_a_crash(visit: Visit) -> None:
    reply = visit.post("samples", content=b"[" * 400_000, headers={"content-type": "application/json"})
    assert reply.status_code in (400, 422)


@pytest.mark.parametrize(
    "asked",
    [
        {"strengths": {"x": 1e9}},
        {"strengths": {"x": "NaN"}},
        {"strengths": {"../x": 1}},
        {"strengths": {f"v{i}": 1 for i in range(65)}},
        {"strengths": {}, "refine_steps": 10**9},
        {"strengths": {}, "unknown": 1},
        {"strengths": []},
    ],
)
def test_absurd_requests_are_refused(visit: Visit, asked: dict[str, Any]) -> None:
    document = visit.sample()
    refused(visit.post(f"documents/{document['id']}/compositions", json=asked), 422, "request")


def test_label_maps_that_do_not_fit_are_refused(visit: Visit) -> None:
    document = visit.sample()
    labels = visit.labels(document["id"], 0)
    strange = labels.copy()
    strange[0, 0] = 200
    where = f"documents/{document['id']}/edits"
    assert "200" in refused(visit.post(where, content=strange.tobytes(), headers=RAW), 422, "labels")
    refused(visit.post(where, content=b"short", headers=RAW), 422, "labels")
    refused(visit.post(where, content=bytes(32 * 32), headers={"content-type": "text/html"}), 422, "labels")
    bomb = {"content-type": "image/png"}
    refused(visit.post(where, content=png(20_000, 20_000), headers=bomb), 422, "labels")
    reply = visit.post(where, content=labels.tobytes(), headers=RAW)  # nothing repainted
    assert visit.wait(reply.json()["id"])["status"] == "failed"


def test_a_vector_that_is_none_is_refused_and_not_kept(visit: Visit, tmp_path: Path) -> None:
    for body in (b"\x80\x04\x95cos\nsystem\n", b"<html>", bytes(100), b'{"__metadata__":{}}' * 10):
        reply = visit.post("vectors", params={"bundle": "tiny-32"}, content=body, headers=RAW)
        refused(reply, 422, "vector")
    assert not [p for p in (tmp_path / "studio").rglob("*.safetensors")]


def test_nobody_sees_what_is_another_visitors(serve: Serve) -> None:
    app = serve()
    one, other = Visit(app), Visit(app)
    document = one.sample(1)
    job = one.start_edit(document["id"], repainted(one.labels(document["id"], 0)), steps=3).json()["id"]
    assert other.get(f"jobs/{job}").status_code == 404
    one.wait(job)
    vector = one.document(document["id"])["entries"][1]["vector"]
    where = f"documents/{document['id']}"
    for path in (where, f"{where}/entries/0/image", f"{where}/entries/1/result", f"vectors/{vector}/file"):
        assert one.get(path).status_code == 200 and other.get(path).status_code == 404, path
    assert other.http.delete(f"/api/{where}").status_code == 404
    assert other.get("documents").json() == []
    mine = other.sample(2)
    stolen = other.post(f"documents/{mine['id']}/compositions", json={"strengths": {vector: 1.0}})
    assert stolen.status_code == 404


def test_without_a_cookie_there_is_no_visitor(serve: Serve) -> None:
    stranger = TestClient(serve(), base_url=ADDRESS)
    refused(stranger.get("/api/documents"), 401, "visitor")
    stranger.cookies.set("editgan_visitor", "../../etc")
    refused(stranger.get("/api/documents"), 401, "visitor")
    assert stranger.get("/api/about").status_code == 200


def test_leaving_deletes_everything(visit: Visit, tmp_path: Path) -> None:
    visit.sample(1)
    assert visit.http.delete("/api/visitors/me").status_code == 204
    assert not list((tmp_path / "studio" / "visitors").iterdir())
    assert visit.get("documents").status_code == 401


def test_those_who_stay_away_are_forgotten(tmp_path: Path) -> None:
    visitors = Visitors(tmp_path, max_visitors=2)
    token = visitors.create()
    assert visitors.prune(kept_hours=1) == [] and visitors.find(token) is not None
    assert len(visitors.prune(kept_hours=-1)) == 1 and visitors.find(token) is None


def test_only_a_hash_of_a_visitors_token_is_on_disk(tmp_path: Path) -> None:
    visitors = Visitors(tmp_path, max_visitors=2)
    token = visitors.create()
    assert token not in "".join(str(path) for path in tmp_path.rglob("*"))


def test_limits_on_what_one_visitor_keeps(serve: Serve, photo: bytes) -> None:
    visit = Visit(serve(documents=1))
    visit.sample(1)
    reply = visit.post("samples", json={"bundle": "tiny-32", "seed": 2})
    refused(reply, 409, "limit")
    crowded = Visit(serve(disk_bytes=1_000))
    refused(crowded.post("documents", params=UPLOAD, content=photo, headers=JPEG), 409, "limit")


def test_every_reply_carries_the_security_headers(visit: Visit) -> None:
    document = visit.sample(1)
    paths = (
        "/",
        "/api/about",
        "/web/main.js",
        f"/api/documents/{document['id']}/entries/0/image",
        "/api/nothing",
    )
    for path in paths:
        headers = visit.http.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"
    assert visit.get("about").headers["cache-control"] == "no-store"


def test_others_are_let_in_with_the_token_only(serve: Serve) -> None:
    app = serve(host="0.0.0.0", token="open-sesame")
    stranger = TestClient(app, base_url="http://192.168.1.5:8000")
    refused(stranger.get("/api/about"), 401, "token")
    refused(stranger.get("/"), 401, "token")
    refused(stranger.get("/?token=guess"), 401, "token")
    assert stranger.get("/api/about", headers={"authorization": "Bearer open-sesame"}).status_code == 200
    link = stranger.get("/?token=open-sesame", follow_redirects=False)
    assert link.status_code == 303 and link.headers["location"] == "/"
    assert "httponly" in link.headers["set-cookie"].lower()
    assert stranger.get("/api/about").status_code == 200  # the cookie now does
    refused(TestClient(app, base_url="http://evil.example").get("/api/about"), 421, "host")


def test_a_studio_that_others_can_reach_needs_a_token() -> None:
    with pytest.raises(InputError, match="token"):
        Settings(host="0.0.0.0")


def test_a_restart_forgets_jobs_but_no_photos(serve: Serve, photo: bytes, settings: Settings) -> None:
    visit = Visit(serve())
    document = visit.open(photo)
    visit.edit(document["id"], repainted(visit.labels(document["id"], 0)))
    waiting = visit.start_edit(document["id"], repainted(visit.labels(document["id"], 1)), steps=1000).json()
    again = Visit(serve())  # another process with the same folder, as it were
    again.http.cookies = visit.http.cookies
    found = again.document(document["id"])
    assert found["job"] is None and len(found["entries"]) == 2
    assert again.get(f"jobs/{waiting['id']}").status_code == 404
    assert again.result(document["id"], 1) == visit.result(document["id"], 1)
    assert again.post(f"documents/{document['id']}/preview", json={"strengths": {}}).status_code == 200


def test_a_picture_that_is_not_rgb_is_a_photo_too(visit: Visit) -> None:
    for mode, format_ in (("L", "PNG"), ("RGBA", "PNG"), ("CMYK", "JPEG"), ("P", "GIF")):
        buffer = io.BytesIO()
        PilImage.effect_noise((64, 64), 50).convert("RGB").convert(mode).save(buffer, format_)
        reply = visit.post("documents", params=UPLOAD, content=buffer.getvalue(), headers=JPEG)
        assert reply.status_code == 202, mode
